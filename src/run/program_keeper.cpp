#include "run/program_keeper.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <atomic>
#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "run/keeper_process.h"
#include "run/worker_process.h"

namespace filrouge {
namespace {

/// The last lines of what a program said, without empty ones; of a long line its end.
std::vector<std::string> last_lines(const std::string& said) {
  constexpr size_t kMost = 6, kLongest = 300;
  std::vector<std::string> lines;
  for (const std::string& line : split(said, '\n'))
    if (!trim(line).empty())
      lines.push_back(line.size() > kLongest ? ".." + line.substr(line.size() - kLongest) : line);
  if (lines.size() > kMost) lines.erase(lines.begin(), lines.end() - kMost);
  return lines;
}

Error not_started(const ProgramCall& call, const fs::path& folder, int reason) {
  std::string message = fmt::format("`{}` cannot be started: {}", call.shown(), std::strerror(reason));
  fs::path file = fs::path(call.file).is_absolute() ? fs::path(call.file) : folder / call.file;
  std::string hint;
  if (reason == ENOEXEC)
    hint = "a script begins with the line that names its interpreter, such as #!/usr/bin/env python3";
  if (reason == ENOENT && fs::exists(file)) hint = "its first line names an interpreter that is not there";
  if (reason == E2BIG) hint = "its arguments are too long";
  return Error(ErrorKind::data, "FR0441", message, hint);
}

Error failed(const ProgramCall& call, const KeeperReply& reply) {
  std::vector<std::string> lines = last_lines(reply.said);
  std::string how = ending_of(reply.status);
  if (lines.empty())
    return Error(ErrorKind::data, "FR0442", fmt::format("`{}` {}", call.shown(), how),
                 "it said nothing on standard error");
  std::string message = fmt::format("`{}` {}: {}", call.shown(), how, lines.back());
  if (lines.size() == 1) return Error(ErrorKind::data, "FR0442", message);
  return Error(ErrorKind::data, "FR0442", message, "\n" + join(lines, "\n"));
}

class Started : public StartedProgram {
 public:
  Started(ProgramCall call, fs::path folder, Descriptor reply, std::atomic<int64_t>& cpu_us)
      : call_(std::move(call)), folder_(std::move(folder)), reply_(std::move(reply)), cpu_us_(cpu_us) {}

  void wait() override {
    std::optional<KeeperReply> reply = read_reply(reply_.number());
    if (!reply) throw Error(ErrorKind::engine, "FR0442", fmt::format("`{}` was ended", call_.shown()));
    cpu_us_ += reply->cpu_us;
    if (reply->reason != 0) throw not_started(call_, folder_, reply->reason);
    if (reply->status != 0) throw failed(call_, *reply);
  }

  int ended() const override { return reply_.number(); }

 private:
  ProgramCall call_;
  fs::path folder_;
  Descriptor reply_;
  std::atomic<int64_t>& cpu_us_;
};

class Keeper : public Programs {
 public:
  Keeper(fs::path thread_folder, fs::path place, Descriptor socket, pid_t process)
      : thread_folder_(std::move(thread_folder)),
        place_(std::move(place)),
        socket_(std::move(socket)),
        process_(process) {}
  ~Keeper() override { end(); }

  const fs::path& folder() const override { return place_; }

  std::unique_ptr<StartedProgram> start(const ProgramCall& call, const Descriptor& input,
                                        const Descriptor& output) override {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0)
      throw Error(ErrorKind::environment, "FR0521", fmt::format("cannot make a pipe: {}", std::strerror(errno)));
    Descriptor ours(ends[0]), theirs(ends[1]);
    std::lock_guard lock(mutex_);
    if (!socket_.is_open()) throw Error(ErrorKind::engine, "FR0442", fmt::format("`{}` was ended", call.shown()));
    if (!send_command(socket_.number(), call, input.number(), output.number(), theirs.number()))
      throw not_started(call, thread_folder_, errno == EMSGSIZE ? E2BIG : errno);
    return std::make_unique<Started>(call, thread_folder_, std::move(ours), cpu_us_);
  }

  void end() override {
    std::lock_guard lock(mutex_);
    if (!socket_.is_open()) return;
    socket_.close();
    while (::waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }

  double cpu_seconds() const override { return static_cast<double>(cpu_us_) / 1e6; }

 private:
  fs::path thread_folder_, place_;
  std::mutex mutex_;
  Descriptor socket_;  ///< open until end()
  pid_t process_;
  std::atomic<int64_t> cpu_us_ = 0;
};

}  // namespace

std::unique_ptr<Programs> keep_programs(const ProgramRoom& room, const fs::path& place,
                                        const std::vector<fs::path>& input_files, const Limits& limits) {
  make_folder(place / "in");
  make_folder(place / "tmp");
  int ends[2];
  pid_t process = -1;
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    throw Error(ErrorKind::environment, "FR0521", fmt::format("cannot make a socket: {}", std::strerror(errno)));
  Descriptor ours(ends[0]), theirs(ends[1]);
  process = ::fork();
  if (process == 0) {
    ours.close();
    be_the_keeper(std::move(theirs), room, place, input_files, limits);
  }
  theirs.close();
  if (process < 0)
    throw Error(ErrorKind::environment, "FR0521", fmt::format("cannot start a process: {}", std::strerror(errno)));
  std::string refusal = hear_ready(ours.number());
  auto keeper = std::make_unique<Keeper>(room.folder, place, std::move(ours), process);
  if (!refusal.empty()) throw Error(ErrorKind::environment, "FR0523", refusal, "next: filrouge doctor");
  return keeper;
}

}  // namespace filrouge
