// One long-lived Spark driver: spark-submit runs spark_driver.py, which connects back to this process and answers
// requests, JSON lines over one connection. It is started by the first request and ends with this process.
#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>

#include "base/json.h"

namespace filrouge {

/// How a Spark is reached: an entry of engines.yaml of kind spark.
struct SparkPlace {
  std::string submit;              ///< path of spark-submit
  std::string master;              ///< spark://host:7077, yarn, local[2]
  std::string host = "127.0.0.1";  ///< where the driver finds this process
  std::map<std::string, std::string> conf;
  uint64_t start_timeout_ms = 300'000;
};
SparkPlace spark_place(const Json& engine);

/// A socket that listens on any free port of `host`, an address of this machine. Throws Error(environment, FR0331).
int listen_on(const std::string& host, int& port);

/// Used by one thread at a time, but for progress().
class SparkDriver {
 public:
  /// `scratch`: an existing folder for the script and the log.
  SparkDriver(SparkPlace place, std::filesystem::path scratch);
  ~SparkDriver();  ///< ends the driver
  SparkDriver(const SparkDriver&) = delete;
  SparkDriver& operator=(const SparkDriver&) = delete;

  /// Starts the driver if need be, sends the request and waits for its answer. Throws Error(data, FR0330) with Spark's
  /// condition and message, Error(environment, FR0331) when the driver cannot be started, Error(engine, FR0332) when it
  /// is lost.
  Json ask(Json request);
  std::string version() const { return version_; }  ///< "4.3.0" once it is started
  double progress() const { return progress_; }

 private:
  void start();
  void spawn(int port, const std::string& token);
  void accept_driver(int listener, const std::string& token);
  std::string read_line(uint64_t timeout_ms);
  void send(const std::string& line);
  void end();
  bool is_running();
  /// ": " and the last line of its log that is more than a notice; empty where there is none.
  std::string last_words(bool errors_only) const;
  [[noreturn]] void lost(const std::string& how);

  SparkPlace place_;
  std::filesystem::path scratch_;
  int connection_ = -1;
  int pid_ = -1;
  int64_t next_id_ = 1;
  std::string buffer_, version_;
  std::atomic<double> progress_ = -1;
};

}  // namespace filrouge
