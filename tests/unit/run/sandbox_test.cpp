// What a confined process can and cannot do. Each case is a process of its own: confinement is for good.
#include "run/sandbox.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "../temp_folder.h"

namespace filrouge {
namespace {

struct Folder {
  TempFolder temporary;
  const fs::path path = temporary.path();
  Folder() {
    for (const char* name : {"in", "out", "other"}) make_folder(path / name), write_file(path / name / "file", "text");
  }
};

/// Runs `body` in a confined child; its answer.
int confined(const Permissions& permissions, const std::function<int()>& body) {
  pid_t child = fork();
  if (child == 0) {
    enter_sandbox(permissions);
    _exit(body());
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

bool opens(const fs::path& path, int flags) {
  int fd = open(path.c_str(), flags, 0600);
  if (fd >= 0) close(fd);
  return fd >= 0;
}

TEST(Sandbox, FilesThatTheRequestNamesAndNoOthers) {
  if (sandbox_facts().landlock_abi == 0) GTEST_SKIP() << "this kernel has no Landlock";
  Folder folder;
  Permissions permissions{{folder.path / "in" / "file"}, {folder.path / "out"}, false};
  const fs::path in = folder.path / "in", out = folder.path / "out", other = folder.path / "other";
  EXPECT_EQ(confined(permissions, [&] { return opens(in / "file", O_RDONLY) ? 0 : 1; }), 0);
  EXPECT_EQ(confined(permissions, [&] { return opens(in / "file", O_WRONLY) ? 1 : 0; }), 0);
  EXPECT_EQ(confined(permissions, [&] { return opens(in / "new", O_WRONLY | O_CREAT) ? 1 : 0; }), 0);
  EXPECT_EQ(confined(permissions, [&] { return opens(out / "new", O_RDWR | O_CREAT) ? 0 : 1; }), 0);
  EXPECT_EQ(confined(permissions, [&] { return rename((out / "new").c_str(), (out / "newer").c_str()); }), 0);
  EXPECT_EQ(confined(permissions, [&] { return rename((out / "newer").c_str(), (in / "x").c_str()) ? 0 : 1; }), 0);
  EXPECT_EQ(confined(permissions, [&] { return opens(other / "file", O_RDONLY) ? 1 : 0; }), 0);
  EXPECT_EQ(confined(permissions, [&] { return opens("/etc/passwd", O_RDONLY) ? 1 : 0; }), 0);
  EXPECT_EQ(confined(permissions, [&] { return truncate((in / "file").c_str(), 0) ? 0 : 1; }), 0);
  EXPECT_TRUE(fs::exists(out / "newer"));
  EXPECT_EQ(read_file(in / "file"), "text");
}

TEST(Sandbox, NoNetworkUnlessAskedFor) {
  if (!sandbox_facts().seccomp) GTEST_SKIP() << "this kernel filters no system calls";
  auto has_socket = [] { return socket(AF_INET, SOCK_STREAM, 0) >= 0 || socket(AF_UNIX, SOCK_DGRAM, 0) >= 0 ? 1 : 0; };
  EXPECT_EQ(confined({}, has_socket), 0);
  Permissions network;
  network.network = true;
  EXPECT_EQ(confined(network, has_socket), 1);
}

TEST(Sandbox, NoNewProgramsAndProcessesButThreads) {
  if (!sandbox_facts().seccomp) GTEST_SKIP() << "this kernel filters no system calls";
  EXPECT_EQ(confined({}, [] { return execl("/bin/true", "true", nullptr) ? 7 : 8; }), 7);
  EXPECT_EQ(confined({}, [] { return fork() < 0 ? 7 : 8; }), 7);
  EXPECT_EQ(confined({},
                     [] {
                       int seen = 0;
                       std::thread([&] { seen = 7; }).join();
                       return seen;
                     }),
            7);
}

TEST(Sandbox, ProgramsReachTheMachineButNotWhatIsHidden) {
  if (sandbox_facts().landlock_abi == 0) GTEST_SKIP() << "this kernel has no Landlock";
  Folder folder;
  const fs::path hidden = folder.path / "other";
  write_file(hidden / "named", "text");
  fs::create_symlink(hidden / "file", folder.path / "link");
  Permissions permissions;
  permissions.programs = true;
  permissions.hidden = {hidden};
  permissions.list = {hidden};
  permissions.read = {hidden / "named"};
  permissions.write = {folder.path / "out"};
  auto runs = [&](const std::string& command) {
    return confined(permissions, [&] { return execl("/bin/sh", "sh", "-c", command.c_str(), nullptr); });
  };
  const std::string in = folder.path / "in", out = folder.path / "out", other = hidden;
  EXPECT_EQ(runs("cat " + in + "/file > /dev/null && cat /etc/passwd > /dev/null"), 0);
  EXPECT_EQ(runs("cat " + other + "/named > /dev/null && ls " + other + " > /dev/null"), 0);
  EXPECT_NE(runs("cat " + other + "/file 2> /dev/null"), 0);
  EXPECT_NE(runs("cat " + folder.path.string() + "/link 2> /dev/null"), 0);
  EXPECT_EQ(runs("echo x > " + out + "/new && mkfifo " + out + "/pipe"), 0);
  EXPECT_NE(runs("(echo x > " + in + "/new) 2> /dev/null"), 0);
  EXPECT_NE(runs("(echo x > " + other + "/named) 2> /dev/null"), 0);
  EXPECT_EQ(runs("sh -c 'exit 5'"), 5);
}

TEST(Sandbox, ProgramsHaveNoNamespacesOfTheirOwn) {
  if (!sandbox_facts().seccomp) GTEST_SKIP() << "this kernel filters no system calls";
  Permissions permissions;
  permissions.programs = true;
  EXPECT_EQ(confined(permissions, [] { return unshare(CLONE_NEWUSER) < 0 ? 7 : 8; }), 7);
  EXPECT_EQ(confined(permissions, [] { return syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0) < 0 ? 7 : 0; }),
            7);
  EXPECT_EQ(confined(permissions, [] { return socket(AF_INET, SOCK_STREAM, 0) < 0 ? 7 : 8; }), 7);
}

}  // namespace
}  // namespace filrouge
