#include "run/part_worker.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <iostream>

#include "base/descriptor.h"
#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "base/version.h"
#include "engines/engine.h"
#include "run/serve.h"
#include "run/worker_process.h"
#include "steps/step.h"

namespace filrouge {
namespace {

std::string host_name() {
  char name[256] = "?";
  ::gethostname(name, sizeof name - 1);
  return name;
}

/// A name that no other attempt has, on whatever machine.
std::string attempt_name() {
  uint64_t number = 0;
  FR_CHECK(::getrandom(&number, sizeof number, 0) == sizeof number);
  return fmt::format("{:016x}", number);
}

void say(Json receipt) {
  receipt["host"] = host_name();
  if (!write_whole(STDOUT_FILENO, dump(receipt) + "\n")) ::_exit(0);  // whoever asked is gone
}

void say_error(uint64_t part, const Error& error) {
  say(error_event(static_cast<int64_t>(part), error));
}

/// The request of one part, as the worker's protocol has it.
Json request_of(uint64_t part, const fs::path& file) {
  Json request = Json::parse(read_file(file));
  if (request.at("program") != kVersion)
    throw Error(ErrorKind::environment, "FR0334",
                fmt::format("the worker on the cluster is filrouge {}, and this is {}", kVersion,
                            request.at("program").get<std::string>()),
                "take `worker:` out of engines.yaml: then this program is sent there");
  Json of_part = request.value("parts", Json::array()).at(part);
  request.erase("parts");
  request["id"] = part;
  request["first_row"] = of_part.at("first_row");
  for (Json& table : request.at("inputs"))
    if (table.at("name") == of_part.at("input").at("name")) table = of_part.at("input");
  return request;
}

/// Gives the files of a finished part the names by which they are taken.
void name_files(Json& result, const fs::path& attempt) {
  WorkResult work = work_result_from_json(result);
  for (WrittenTable& table : work.tables)
    for (size_t i = 0; i < table.files.size(); ++i) {
      fs::path named = attempt.parent_path() / fmt::format("{}-{}.parquet", attempt.stem().string(), i);
      fs::rename(table.files[i], named);
      table.files[i] = named;
    }
  result = to_json(work);
  std::error_code ignored;
  fs::remove_all(attempt, ignored);
}

void do_part(uint64_t part, const fs::path& file, Engine& engine, const fs::path& own) {
  Json receipt;
  fs::path attempt;
  try {
    Json request = request_of(part, file);
    attempt = fs::path(request.at("folder").get<std::string>()) / fmt::format("part-{}-{}.tmp", part, attempt_name());
    make_folder(attempt);
    request["staging"] = attempt.string();
    serve(request, engine, own, true, [&](const Json& event) {
      if (event.at("event") == "done" || event.at("event") == "error") receipt = event;
    });
    if (receipt.at("event") == "done") name_files(receipt.at("result"), attempt);
    say(std::move(receipt));
  } catch (const Error& error) {
    say_error(part, error);
  } catch (const std::exception& error) {
    say_error(part, Error(ErrorKind::environment, "FR0334", error.what(), "next: filrouge doctor --engine NAME"));
  }
}

/// Does a part in a copy of this process.
void do_line(const std::string& line, Engine& engine, const fs::path& own) {
  char* end = nullptr;
  uint64_t part = std::strtoull(line.c_str(), &end, 10);
  fs::path file(std::string(trim(end)));
  const pid_t maker = ::getpid();
  pid_t copy = ::fork();
  if (copy == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != maker) ::_exit(1);
    do_part(part, file, engine, own);
    ::_exit(0);
  }
  int status = 0;
  while (copy > 0 && ::waitpid(copy, &status, 0) < 0 && errno == EINTR) {
  }
  if (copy < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
    say_error(part, Error(ErrorKind::engine, "FR0334",
                          copy < 0 ? "a worker on the cluster could not be started"
                                   : "the worker on the cluster " + ending_of(status),
                          "where it was ended for want of memory: spark.executor.memoryOverhead, or "
                          "mapreduce.map.memory.mb, in engines.yaml"));
}

}  // namespace

int part_worker_main(const fs::path& scratch) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // with the executor that started it
  ::signal(SIGPIPE, SIG_IGN);
  std::vector<std::string> lines;
  for (std::string line; std::getline(std::cin, line);)
    if (!trim(line).empty()) lines.push_back(line);
  fs::path own = fs::absolute(scratch) / fmt::format("worker-{}", ::getpid());
  std::error_code failed;
  fs::create_directories(own, failed);
  if (failed) {
    for (const std::string& line : lines)
      say_error(std::strtoull(line.c_str(), nullptr, 10),
                Error(ErrorKind::environment, "FR0334",
                      fmt::format("cannot write into {}: {}", own.string(), failed.message()), ""));
    return 0;
  }
  ::setenv("TMPDIR", own.c_str(), 1);
  std::unique_ptr<Engine> engine = make_duckdb_engine(own);
  for (const std::string& line : lines) do_line(line, *engine, own);
  fs::remove_all(own, failed);
  ::_exit(0);  // DuckDB's threads were left behind by no copy, and there is nothing to keep
}

}  // namespace filrouge
