#include "run/line_worker.h"

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <thread>

#include "base/descriptor.h"
#include "base/error.h"
#include "base/files.h"
#include "base/removed_folder.h"
#include "base/text.h"
#include "base/version.h"
#include "engines/find_program.h"
#include "engines/hadoop_job.h"
#include "run/program_keeper.h"
#include "run/serve.h"
#include "steps/run_elsewhere.h"
#include "steps/run_lines.h"
#include "steps/run_tags.h"

namespace filrouge {
namespace {

constexpr size_t kBlock = 1 << 20;

/// Lines of standard input, which this process alone reads.
class LinesIn {
 public:
  /// Without its line feed; valid until the next call. False at the end.
  bool next(std::string_view& line) {
    while (true) {
      if (const void* feed = memchr(buffer_.data() + searched_, '\n', end_ - searched_)) {
        size_t at = static_cast<size_t>(static_cast<const char*>(feed) - buffer_.data());
        line = {buffer_.data() + begin_, at - begin_};
        begin_ = searched_ = at + 1;
        return true;
      }
      searched_ = end_;
      if (fill()) continue;
      line = {buffer_.data() + begin_, end_ - begin_};
      begin_ = searched_ = end_;
      return !line.empty();
    }
  }
  /// What is not asked for is read all the same: Hadoop takes a closed pipe for a failure.
  void drain() {
    do begin_ = searched_ = end_;
    while (fill());
  }

 private:
  bool fill() {
    if (begin_ > 0) {
      memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
      end_ -= begin_, searched_ -= begin_, begin_ = 0;
    }
    if (end_ == buffer_.size()) buffer_.resize(std::max(kBlock, 2 * buffer_.size()));
    ssize_t got;
    while ((got = ::read(STDIN_FILENO, buffer_.data() + end_, buffer_.size() - end_)) < 0 && errno == EINTR) {
    }
    if (got <= 0) return false;
    end_ += static_cast<size_t>(got);
    return true;
  }

  std::string buffer_;
  size_t begin_ = 0, searched_ = 0, end_ = 0;
};

/// Lines to standard output.
class LinesOut {
 public:
  /// So many TABs go behind each line.
  void set_tabs(size_t tabs) { end_ = std::string(tabs, '\t') + '\n'; }
  void add(std::string_view line) {
    buffer_ += line;
    buffer_ += end_;
    if (buffer_.size() >= kBlock / 4) flush();
  }
  void flush() {
    if (!write_whole(STDOUT_FILENO, buffer_)) ::_exit(1);  // Hadoop's side is gone
    buffer_.clear();
  }

 private:
  std::string buffer_, end_ = "\n";
};

/// The number at the end of the name of the file that Hadoop gave this mapper.
uint64_t part_number() {
  for (const char* name : {"mapreduce_map_input_file", "map_input_file"})
    if (const char* file = std::getenv(name)) {
      std::string_view text(file);
      return std::strtoull(std::string(text.substr(text.rfind('-') + 1)).c_str(), nullptr, 10);
    }
  throw Error(ErrorKind::environment, "FR0334", "Hadoop does not say which part a mapper got: mapreduce_map_input_file",
              "next: filrouge doctor --engine NAME");
}

class LineTask {
 public:
  LineTask(const fs::path& own, const std::string& role) : role_(role) {
    fs::path job = fs::canonical("job");
    tasks_ = line_tasks_from_json(Json::parse(read_file(job / "job.json")));
    if (tasks_.program != kVersion)
      throw Error(ErrorKind::environment, "FR0334",
                  fmt::format("the worker on the cluster is filrouge {}, and this is {}", kVersion, tasks_.program),
                  "take `worker:` out of engines.yaml: then this program is sent there");
    ProgramRoom room = tasks_.room;
    room.folder = job / "thread";
    room.hidden = {config_folder()};
    for (fs::path& file : room.read) file = room.folder / file;
    const auto& call = role == "map" ? tasks_.map : role == "combine" ? tasks_.combine : tasks_.reduce;
    FR_CHECK(call.has_value());
    call_ = found(*call, room.folder);
    programs_ = keep_programs(room, own / "run/programs", {}, {tasks_.memory_bytes, 1, 0});
  }

  void run() {
    role_ == "map" ? map() : role_ == "combine" ? combine() : reduce();
    programs_->end();
  }

 private:
  static ProgramCall found(ProgramCall call, const fs::path& folder) {
    if (call.file.find('/') != std::string::npos || fs::exists(folder / call.file)) {
      call.file = (folder / call.file).string();
      return call;
    }
    auto file = find_program(call.file);
    if (!file)
      throw Error(
          ErrorKind::data, "FR0441", fmt::format("there is no program `{}` on PATH", call.file),
          "install it on all machines of the cluster, or send it along: beside thread.yaml it begins with `./`");
    call.file = file->string();
    return call;
  }

  void map() {
    TaskReceipt receipt;
    receipt.part = part_number();
    receipt.maps = 1;
    bool reduces = tasks_.reduce.has_value();
    LineTagger tagger(std::min(tasks_.key_fields, kMostTaggedFields), receipt.part);
    Pipe pipe;
    auto program = programs_->start(call_, Descriptor(::dup(STDIN_FILENO)), pipe.write_end);
    pipe.write_end.close();
    read_lines(pipe.read_end, *program, [&](std::string_view line) {
      ++receipt.lines_out;
      check(line);
      if (!reduces || !tasks_.tagged) return out_.add(line);
      std::optional<std::string_view> tagged = tagger.tagged(line);
      if (!tagged) refuse(receipt.lines_out, "a byte below 9 in its key, which sorts otherwise there than here");
      out_.add(*tagged);
    });
    program->wait();
    in_.drain();
    receipt.lines_mapped = receipt.lines_out;
    receipt.cpu_seconds = programs_->cpu_seconds();
    out_.add(to_line(receipt));
    out_.flush();
  }

  void combine() {
    std::string_view line;
    bool any = in_.next(line);
    for (; any && receipt_from_line(without_tab(line)); any = in_.next(line)) out_.add(line);
    if (any) pass(line);
    out_.flush();
  }

  void reduce() {
    TaskReceipt receipt;
    if (tasks_.combine) out_.set_tabs(tasks_.tabs_behind());
    double mappers = 0;
    std::string_view line;
    bool any = in_.next(line);
    for (; any; any = in_.next(line)) {
      auto of_map = receipt_from_line(without_tab(line));
      if (!of_map) break;
      receipt.maps += of_map->maps, receipt.lines_mapped += of_map->lines_mapped;
      mappers += of_map->cpu_seconds;
    }
    if (any || tasks_.reducers == 1) pass(any ? std::optional(line) : std::nullopt);
    receipt.lines_in = lines_in_, receipt.lines_out = lines_out_;
    receipt.cpu_seconds = mappers + programs_->cpu_seconds();
    out_.add(to_line(receipt));
    out_.flush();
  }

  /// This line and all further ones go through the program.
  void pass(std::optional<std::string_view> first) {
    Pipe to, from;
    auto program = programs_->start(call_, to.read_end, from.write_end);
    to.read_end.close(), from.write_end.close();
    std::exception_ptr failure;
    std::thread reader([&] {
      try {
        read_lines(from.read_end, *program, [&](std::string_view line) {
          ++lines_out_;
          check(line);
          out_.add(line);
        });
      } catch (...) {
        failure = std::current_exception();
        from.read_end.close();
      }
    });
    LineFeed feed(std::move(to.write_end), *program);
    try {
      feed_all(first, feed);
    } catch (...) {
      programs_->end();
      reader.join();
      throw;
    }
    feed.finish();
    reader.join();
    if (failure) std::rethrow_exception(failure);
    program->wait();
    in_.drain();
  }

  void feed_all(std::optional<std::string_view> first, LineFeed& feed) {
    std::string plain;
    std::string_view line = first.value_or("");
    for (bool any = first.has_value(); any; any = in_.next(line)) {
      ++lines_in_;
      if (role_ == "reduce" && tasks_.tagged) {
        if (!untag(line, tasks_.key_fields, plain))
          throw Error(ErrorKind::engine, "FR0335", "a line came out of Hadoop's sort otherwise than it went in",
                      "run again");
        line = plain;
      }
      feed.add(line, false);
    }
  }

  static std::string_view without_tab(std::string_view line) {
    return line.ends_with('\t') ? line.substr(0, line.size() - 1) : line;
  }

  void check(std::string_view line) const {
    if (std::string_view problem = line_problem(line); !problem.empty())
      refuse(0, fmt::format("{}, at which Hadoop streaming would cut it", problem));
    if (!line.empty() && line[0] == kReceiptMark && tasks_.reduce) refuse(0, "a key that begins with a byte 1");
  }

  [[noreturn]] void refuse(uint64_t number, const std::string& has) const {
    throw Error(ErrorKind::data, "FR0447",
                fmt::format("a line that `{}` printed{} has {}", call_.shown(),
                            number > 0 ? fmt::format(", number {},", number) : "", has),
                "mend the program, or run the step here: --engine duckdb");
  }

  std::string role_;
  LineTasks tasks_;
  ProgramCall call_;
  std::unique_ptr<Programs> programs_;
  LinesIn in_;
  LinesOut out_;
  uint64_t lines_in_ = 0, lines_out_ = 0;
};

std::string host_name() {
  char name[256] = "?";
  ::gethostname(name, sizeof name - 1);
  return name;
}

int tell(const std::string& role, const Error& error) {
  Json event = error_event(0, error);
  event["where"] = fmt::format("{} task on {}", role, host_name());
  static_cast<void>(write_whole(STDERR_FILENO, kTaskError + dump(event) + "\n"));
  return 1;
}

}  // namespace

int line_worker_main(const fs::path& scratch, const std::string& role) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // with the task that started it
  ::signal(SIGPIPE, SIG_IGN);
  const RemovedFolder own(fs::absolute(scratch) / fmt::format("filrouge-{}", ::getpid()));
  int code = 0;
  try {
    make_folder(own.path / "run");
    LineTask(own.path, role).run();
  } catch (const Error& error) {
    code = tell(role, error);
  } catch (const std::exception& error) {
    code = tell(role, Error(ErrorKind::environment, "FR0334", error.what(), "next: filrouge doctor --engine NAME"));
  }
  return code;
}

}  // namespace filrouge
