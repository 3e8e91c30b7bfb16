#include "run/keeper_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cerrno>
#include <climits>
#include <cstring>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "run/sandbox.h"

extern char** environ;

namespace filrouge {
namespace {

constexpr size_t kLargestCommand = 64 << 10, kSaid = 3000;
constexpr size_t kFiles = 3;

struct ReplyHead {
  int32_t reason, status;
  int64_t cpu_us;
};

/// A command as it came from the worker.
struct Command {
  std::string file;
  std::vector<std::string> words;
  Descriptor input, output, reply;
};

/// A program that runs.
struct Running {
  pid_t process;
  Descriptor reply, errors;
  std::string said;  ///< the end of its standard error
};

/// What programs get of the environment. The worker's own has no secrets.
std::vector<std::string> environment_for(const fs::path& place, bool network) {
  constexpr std::string_view kNames[] = {"PATH", "HOME", "USER", "LD_LIBRARY_PATH"};
  std::vector<std::string> kept = {"LC_ALL=C.UTF-8",
                                   "LANG=C.UTF-8",
                                   "TZ=UTC",
                                   "PYTHONHASHSEED=0",
                                   "PYTHONIOENCODING=utf-8:surrogateescape",
                                   "TMPDIR=" + (place / "tmp").string(),
                                   "FILROUGE_INPUT=" + (place / "in").string()};
  for (char** entry = environ; *entry; ++entry) {
    std::string_view text = *entry, name = text.substr(0, text.find('='));
    bool keep = std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
    keep = keep || name.starts_with("OMP_");
    keep = keep || (network && (name.ends_with("_proxy") || name.ends_with("_PROXY") || name.starts_with("SSL_CERT_")));
    if (keep) kept.emplace_back(text);
  }
  return kept;
}

class KeeperProcess {
 public:
  KeeperProcess(Descriptor socket, std::vector<std::string> environment, uint64_t memory_bytes)
      : socket_(std::move(socket)), environment_(std::move(environment)), memory_bytes_(memory_bytes) {
    sigset_t children;
    sigemptyset(&children);
    sigaddset(&children, SIGCHLD);
    ::sigprocmask(SIG_BLOCK, &children, nullptr);
    signals_ = Descriptor(::signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK));
    FR_CHECK(signals_.is_open());
  }

  /// Until the worker closes its end.
  void serve() {
    while (true) {
      std::vector<pollfd> places = {{socket_.number(), POLLIN, 0}, {signals_.number(), POLLIN, 0}};
      for (const Running& program : running_) places.push_back({program.errors.number(), POLLIN, 0});
      if (::poll(places.data(), places.size(), -1) < 0) continue;
      for (size_t i = 0; i < running_.size(); ++i)
        if (places[2 + i].revents) listen(running_[i]);
      if (places[1].revents) reap();
      if (places[0].revents && !take_command()) return;
    }
  }

  /// Kills everything below this process, whatever group or session it made for itself.
  void end_all() {
    for (const Running& program : running_) ::kill(-program.process, SIGKILL);
    for (int attempt = 0; attempt < 2500; ++attempt) {
      for (pid_t child : children()) ::kill(child, SIGKILL);
      pid_t gone;
      while ((gone = ::waitpid(-1, nullptr, WNOHANG)) > 0) {
      }
      if (gone < 0 && errno == ECHILD) return;
      ::usleep(attempt < 50 ? 200 : 2000);
    }
  }

 private:
  bool take_command() {
    std::optional<Command> command = receive();
    if (!command) return false;
    start(std::move(*command));
    return true;
  }

  std::optional<Command> receive() {
    static char text[kLargestCommand];
    iovec block{text, sizeof text};
    alignas(cmsghdr) char control[CMSG_SPACE(kFiles * sizeof(int))];
    msghdr message{};
    message.msg_iov = &block, message.msg_iovlen = 1;
    message.msg_control = control, message.msg_controllen = sizeof control;
    ssize_t got;
    while ((got = ::recvmsg(socket_.number(), &message, MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR) {
    }
    cmsghdr* head = CMSG_FIRSTHDR(&message);
    if (got <= 0 || !head || head->cmsg_len != CMSG_LEN(kFiles * sizeof(int))) return std::nullopt;
    int files[kFiles];
    memcpy(files, CMSG_DATA(head), sizeof files);
    std::vector<std::string> words = split(std::string_view(text, static_cast<size_t>(got) - 1), '\0');
    std::string file = words.front();
    words.erase(words.begin());
    return Command{file, std::move(words), Descriptor(files[0]), Descriptor(files[1]), Descriptor(files[2])};
  }

  void start(Command command) {
    int errors[2], failure[2];
    if (::pipe2(errors, O_CLOEXEC) != 0) return answer(command.reply, {errno, 0, 0}, "");
    Descriptor errors_in(errors[0]), errors_out(errors[1]);
    if (::pipe2(failure, O_CLOEXEC) != 0) return answer(command.reply, {errno, 0, 0}, "");
    Descriptor failure_in(failure[0]), failure_out(failure[1]);
    pid_t child = ::fork();
    if (child == 0) become(command, errors_out.number(), failure_out.number());
    if (child < 0) return answer(command.reply, {errno, 0, 0}, "");
    failure_out.close();
    int reason = 0;
    ssize_t got;
    while ((got = ::read(failure_in.number(), &reason, sizeof reason)) < 0 && errno == EINTR) {
    }
    if (got == sizeof reason) {
      ::waitpid(child, nullptr, 0);
      return answer(command.reply, {reason, 0, 0}, "");
    }
    ::fcntl(errors_in.number(), F_SETFL, O_NONBLOCK);
    running_.push_back({child, std::move(command.reply), std::move(errors_in), ""});
  }

  /// In the child.
  [[noreturn]] void become(const Command& command, int errors, int failure) {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (int number : {SIGPIPE, SIGXFSZ, SIGINT, SIGTERM, SIGHUP, SIGQUIT}) ::signal(number, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    if (memory_bytes_ > 0) {
      const rlimit data{memory_bytes_, memory_bytes_};
      ::setrlimit(RLIMIT_DATA, &data);
    }
    ::dup2(command.input.number(), STDIN_FILENO);
    ::dup2(command.output.number(), STDOUT_FILENO);
    ::dup2(errors, STDERR_FILENO);
    constexpr unsigned kCloseOnExec = 1 << 2;
    ::syscall(SYS_close_range, 3u, UINT_MAX, kCloseOnExec);
    std::vector<char*> words, entries;
    for (const std::string& word : command.words) words.push_back(const_cast<char*>(word.c_str()));
    for (const std::string& entry : environment_) entries.push_back(const_cast<char*>(entry.c_str()));
    words.push_back(nullptr);
    entries.push_back(nullptr);
    ::execve(command.file.c_str(), words.data(), entries.data());
    int reason = errno;
    static_cast<void>(!::write(failure, &reason, sizeof reason));
    ::_exit(127);
  }

  /// Keeps the end of what a program says. A gigabyte of it costs time, not memory.
  static void listen(Running& program) {
    char block[1 << 16];
    ssize_t got;
    while ((got = ::read(program.errors.number(), block, sizeof block)) > 0) {
      program.said.append(block, static_cast<size_t>(got));
      if (program.said.size() > kSaid) program.said.erase(0, program.said.size() - kSaid);
      if (got < static_cast<ssize_t>(sizeof block)) return;
    }
    if (got == 0) program.errors.close();  // poll() passes over it from now on
  }

  void reap() {
    signalfd_siginfo ignored[8];
    while (::read(signals_.number(), ignored, sizeof ignored) > 0) {
    }
    siginfo_t info{};
    while (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid > 0) {
      finish(info.si_pid);
      info = {};
    }
  }

  void finish(pid_t process) {
    auto program = std::find_if(running_.begin(), running_.end(),
                                [&](const Running& candidate) { return candidate.process == process; });
    if (program != running_.end()) ::kill(-process, SIGKILL);  // what it leaves behind; it is not reaped yet
    int status = 0;
    rusage usage{};
    ::wait4(process, &status, 0, &usage);
    if (program == running_.end()) return;  // adopted
    if (program->errors.is_open()) listen(*program);
    auto micros = [](const timeval& time) { return time.tv_sec * int64_t{1'000'000} + time.tv_usec; };
    answer(program->reply, {0, status, micros(usage.ru_utime) + micros(usage.ru_stime)}, program->said);
    running_.erase(program);
  }

  /// One write of less than a page: it is whole, and never waits.
  static void answer(const Descriptor& reply, const ReplyHead& head, const std::string& said) {
    std::string text(reinterpret_cast<const char*>(&head), sizeof head);
    text += said;
    static_cast<void>(!::write(reply.number(), text.data(), text.size()));
  }

  static std::vector<pid_t> children() {
    std::vector<pid_t> found;
    std::ifstream list(fmt::format("/proc/self/task/{}/children", ::getpid()));
    for (pid_t child; list >> child;) found.push_back(child);
    return found;
  }

  Descriptor socket_, signals_;
  std::vector<std::string> environment_;
  uint64_t memory_bytes_;
  std::vector<Running> running_;
};

Permissions permissions_for(const ProgramRoom& room, const fs::path& place, const std::vector<fs::path>& input_files) {
  Permissions permissions;
  permissions.programs = true;
  permissions.network = room.network;
  permissions.read = room.read;
  permissions.read.insert(permissions.read.end(), input_files.begin(), input_files.end());
  permissions.write = {place};
  permissions.list = {room.folder};
  permissions.hidden = room.hidden;
  permissions.hidden.push_back(room.folder);
  permissions.hidden.push_back(place.parent_path().parent_path().parent_path());  // store/tmp/STAGING/place
  return permissions;
}

}  // namespace

bool send_command(int socket, const ProgramCall& call, int input, int output, int reply) {
  std::string text = call.file + '\0';
  for (const std::string& word : call.words) text += word + '\0';
  if (text.size() > kLargestCommand) return errno = E2BIG, false;
  iovec block{text.data(), text.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(kFiles * sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &block, message.msg_iovlen = 1;
  message.msg_control = control, message.msg_controllen = sizeof control;
  cmsghdr* head = CMSG_FIRSTHDR(&message);
  head->cmsg_level = SOL_SOCKET, head->cmsg_type = SCM_RIGHTS, head->cmsg_len = CMSG_LEN(kFiles * sizeof(int));
  const int files[kFiles] = {input, output, reply};
  memcpy(CMSG_DATA(head), files, sizeof files);
  ssize_t sent;
  while ((sent = ::sendmsg(socket, &message, MSG_NOSIGNAL)) < 0 && errno == EINTR) {
  }
  return sent >= 0;
}

std::optional<KeeperReply> read_reply(int pipe) {
  std::string text;
  char block[4096];
  ssize_t got;
  while ((got = ::read(pipe, block, sizeof block)) > 0 || (got < 0 && errno == EINTR))
    if (got > 0) text.append(block, static_cast<size_t>(got));
  ReplyHead head;
  if (text.size() < sizeof head) return std::nullopt;
  memcpy(&head, text.data(), sizeof head);
  return KeeperReply{head.reason, head.status, head.cpu_us, text.substr(sizeof head)};
}

std::string hear_ready(int socket) {
  char text[1000];
  ssize_t got;
  while ((got = ::recv(socket, text, sizeof text, 0)) < 0 && errno == EINTR) {
  }
  if (got <= 0) return "the process that starts programs ended";
  return std::string(text, static_cast<size_t>(got) - 1);
}

void be_the_keeper(Descriptor socket, const ProgramRoom& room, const fs::path& place,
                   const std::vector<fs::path>& input_files, const Limits& limits) {
  ::setpgid(0, 0);  // a signal to the worker's group must not end the one who cleans up
  ::prctl(PR_SET_PDEATHSIG, 0);
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  std::string refusal;
  try {
    if (::chdir(room.folder.c_str()) != 0)
      throw Error(ErrorKind::environment, "FR0501", room.folder.string() + ": " + std::strerror(errno));
    enter_sandbox(permissions_for(room, place, input_files));
  } catch (const Error& error) {
    refusal = error.message;
  }
  int number = socket.number();
  KeeperProcess keeper(std::move(socket), environment_for(place, room.network), limits.memory_bytes);
  static_cast<void>(!::send(number, refusal.c_str(), refusal.size() + 1, MSG_NOSIGNAL));
  if (refusal.empty()) keeper.serve();
  keeper.end_all();
  ::_exit(0);
}

}  // namespace filrouge
