// The stand-in for HDFS of tests/support/webhdfs.py, in a process of its own while the object lives.
#pragma once

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sstream>

#include "../temp_folder.h"
#include "base/files.h"
#include "base/json.h"
#include "store/http_exchange.h"
#include "store/webhdfs.h"

namespace filrouge {

class WebHdfsServer {
 public:
  explicit WebHdfsServer(std::vector<std::string> options = {}) {
    const std::string script = std::string(FILROUGE_SOURCE_DIR) + "/tests/support/webhdfs.py";
    const fs::path ports = folder_.path() / "ports";
    std::vector<std::string> words = {"python3", script, ports.string()};
    words.insert(words.end(), options.begin(), options.end());
    pid_ = ::fork();
    if (pid_ == 0) {
      std::vector<char*> arguments;
      for (std::string& word : words) arguments.push_back(word.data());
      arguments.push_back(nullptr);
      ::execvp("python3", arguments.data());
      ::_exit(127);
    }
    constexpr int kTries = 1000;
    for (int i = 0; i < kTries && !fs::exists(ports); ++i) ::usleep(20'000);
    std::istringstream(read_file(ports)) >> port >> data_port;
  }
  ~WebHdfsServer() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  WebHdfsServer(const WebHdfsServer&) = delete;
  WebHdfsServer& operator=(const WebHdfsServer&) = delete;

  /// Something goes wrong from now on; see the script.
  void fault(const Json& order) { tell("fault", order); }
  void tell(const std::string& what, const Json& order) {
    std::istringstream body(dump(order));
    HttpRequest request{"PUT", url(what)};
    request.body = &body;
    request.body_bytes = dump(order).size();
    ASSERT_EQ(connections_.exchange(request).status, 200);
  }
  std::string ask(const std::string& what) { return connections_.exchange({"GET", url(what)}).body; }
  /// How many requests of this kind there were: "nn RENAME".
  size_t asked(const std::string& kind) {
    std::istringstream log(ask("log"));
    size_t count = 0;
    for (std::string line; std::getline(log, line);) count += line.starts_with(kind + " ");
    return count;
  }

  std::string address(const std::string& path = "/data/late") const {
    return "webhdfs://tester@127.0.0.1:" + std::to_string(port) + path;
  }

  int port = 0, data_port = 0;

 private:
  std::string url(const std::string& what) const {
    return "http://127.0.0.1:" + std::to_string(port) + "/test/" + what;
  }

  TempFolder folder_;
  pid_t pid_ = -1;
  HttpConnections connections_;
};

}  // namespace filrouge
