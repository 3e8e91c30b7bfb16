#include "run/sandbox.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>

#include "base/error.h"
#include "models/lightgbm.h"

namespace filrouge {

namespace fs = std::filesystem;

namespace {

// From linux/landlock.h, in its newest form: what the kernel's headers on the building machine lack is asked for all
// the same, as far as the running kernel's version (its ABI) goes.
struct Ruleset {
  uint64_t fs, net, scoped;
};
struct PathRule {
  uint64_t allowed;
  int32_t parent;
} __attribute__((packed));
constexpr int kRulePathBeneath = 1;
constexpr uint32_t kAskVersion = 1;

enum FsRight : uint64_t {
  kExecute = 1 << 0,
  kWriteFile = 1 << 1,
  kReadFile = 1 << 2,
  kReadDir = 1 << 3,
  kRemoveDir = 1 << 4,
  kRemoveFile = 1 << 5,
  kMakeChar = 1 << 6,
  kMakeDir = 1 << 7,
  kMakeReg = 1 << 8,
  kMakeSock = 1 << 9,
  kMakeFifo = 1 << 10,
  kMakeBlock = 1 << 11,
  kMakeSym = 1 << 12,
  kRefer = 1 << 13,     // ABI 2
  kTruncate = 1 << 14,  // ABI 3
  kIoctl = 1 << 15      // ABI 5
};
constexpr uint64_t kOnFiles = kExecute | kWriteFile | kReadFile | kTruncate | kIoctl;
constexpr uint64_t kReading = kReadFile | kReadDir;
constexpr uint64_t kWriting =
    kReading | kWriteFile | kRemoveDir | kRemoveFile | kMakeDir | kMakeReg | kRefer | kTruncate;
constexpr uint64_t kOfPrograms = kExecute | kMakeSym | kMakeFifo | kMakeSock;  // where programs may write

/// What the program itself needs, whatever the request: libraries that are opened late, character sets, time zones,
/// fonts, the number of processors, and its own memory as the kernel sees it.
constexpr const char* kSystem[] = {"/usr/lib",
                                   "/usr/lib32",
                                   "/usr/lib64",
                                   "/usr/local/lib",
                                   "/lib",
                                   "/lib64",
                                   "/usr/share",
                                   "/usr/local/share/fonts",
                                   "/etc/ld.so.cache",
                                   "/etc/fonts",
                                   "/etc/localtime",
                                   "/var/cache/fontconfig",
                                   "/sys/devices/system/cpu",
                                   "/proc/self",
                                   "/proc/meminfo",
                                   "/proc/stat",
                                   "/proc/cpuinfo",
                                   "/proc/sys/vm/overcommit_memory",
                                   "/dev/null",
                                   "/dev/zero",
                                   "/dev/random",
                                   "/dev/urandom"};
constexpr const char* kFontFolders[] = {".fonts", ".local/share/fonts", ".cache/fontconfig", ".config/fontconfig"};
constexpr const char* kNetwork[] = {"/etc/ssl",
                                    "/etc/pki",
                                    "/etc/ca-certificates",
                                    "/etc/crypto-policies",
                                    "/etc/gnutls",
                                    "/etc/resolv.conf",
                                    "/etc/hosts",
                                    "/etc/host.conf",
                                    "/etc/nsswitch.conf",
                                    "/etc/gai.conf",
                                    "/etc/services",
                                    "/etc/protocols",
                                    "/run/systemd/resolve",
                                    "/usr/local/share/ca-certificates"};

[[noreturn]] void refused(const char* what) {
  throw Error(ErrorKind::environment, "FR0523",
              fmt::format("the worker cannot be confined: {}: {}", what, std::strerror(errno)),
              "next: filrouge doctor");
}

uint64_t rights_of_abi(int abi) {
  uint64_t rights = kRefer - 1;
  if (abi >= 2) rights |= kRefer;
  if (abi >= 3) rights |= kTruncate;
  if (abi >= 5) rights |= kIoctl;
  return rights;
}

/// A Landlock ruleset: what it handles is forbidden but for what is allowed.
class Rules {
 public:
  Rules(int abi, bool network) : rights_(rights_of_abi(abi)) {
    constexpr uint64_t kTcp = 3, kAbstractSocketsAndSignals = 3;
    Ruleset ruleset{rights_, abi >= 4 && !network ? kTcp : 0, abi >= 6 ? kAbstractSocketsAndSignals : 0};
    size_t size = abi >= 6 ? sizeof ruleset : abi >= 4 ? 2 * sizeof(uint64_t) : sizeof(uint64_t);
    fd_ = static_cast<int>(::syscall(SYS_landlock_create_ruleset, &ruleset, size, 0));
    if (fd_ < 0) refused("landlock_create_ruleset");
  }
  ~Rules() { ::close(fd_); }
  Rules(const Rules&) = delete;
  Rules& operator=(const Rules&) = delete;

  void allow(const fs::path& path, uint64_t rights) {
    int place = ::open(path.c_str(), O_PATH | O_CLOEXEC);
    if (place < 0) return;  // what is not there cannot be read either
    struct stat info {};
    if (::fstat(place, &info) == 0 && !S_ISDIR(info.st_mode)) rights &= kOnFiles;
    PathRule rule{rights & rights_, place};
    long failed = ::syscall(SYS_landlock_add_rule, fd_, kRulePathBeneath, &rule, 0);
    ::close(place);
    if (failed) refused("landlock_add_rule");
  }

  void enforce() {
    if (::syscall(SYS_landlock_restrict_self, fd_, 0)) refused("landlock_restrict_self");
  }

 private:
  uint64_t rights_;
  int fd_ = -1;
};

bool is_below(const fs::path& path, const fs::path& folder) {
  auto [end, ignored] = std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
  return end == folder.end();
}

/// Allows to read and run everything in `place` but what is hidden, by naming what stands beside it: Landlock can allow
/// a folder, but not take a part of it back. Links are passed over, for where they lead is named by itself.
void allow_all_but(Rules& rules, const fs::path& place, const std::vector<fs::path>& hidden) {
  std::error_code ignored;
  bool leads_there = false;
  for (const fs::path& path : hidden) {
    if (path == place) return;
    leads_there = leads_there || is_below(path, place);
  }
  if (!leads_there) return rules.allow(place, kReading | kExecute);
  for (auto entry = fs::directory_iterator(place, ignored); entry != fs::directory_iterator(); entry.increment(ignored))
    if (!entry->is_symlink(ignored)) allow_all_but(rules, entry->path(), hidden);
}

/// What programs may touch: the whole machine, as far as the user may, but for what is hidden.
void confine_files_of_programs(int abi, const Permissions& permissions) {
  Rules rules(abi, permissions.network);
  std::vector<fs::path> hidden;
  for (const fs::path& path : permissions.hidden) {
    std::error_code failed;
    fs::path real = fs::canonical(path, failed);
    if (!failed) hidden.push_back(real);
  }
  allow_all_but(rules, "/", hidden);
  for (const char* path : {"/dev/null", "/dev/zero", "/dev/full"}) rules.allow(path, kReading | kWriteFile);
  rules.allow("/dev/shm", kWriting);  // locks and memory that processes share
  for (const fs::path& path : permissions.list) rules.allow(path, kReadDir);
  for (const fs::path& path : permissions.read) rules.allow(path, kReading | kExecute);
  for (const fs::path& path : permissions.write) rules.allow(path, kWriting | kOfPrograms);
  rules.enforce();
}

void confine_files(int abi, const Permissions& permissions) {
  Rules rules(abi, permissions.network);
  for (const char* path : kSystem) rules.allow(path, kReading);
  rules.allow("/dev/null", kReading | kWriteFile);
  if (const char* home = std::getenv("HOME"); home && *home)
    for (const char* folder : kFontFolders) rules.allow(fs::path(home) / folder, kReading);
  if (fs::path library = lightgbm_file(); !library.empty()) rules.allow(library, kReading);
  if (permissions.network) {
    for (const char* path : kNetwork) rules.allow(path, kReading);
    for (const char* name : {"SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE"})
      if (const char* path = std::getenv(name)) rules.allow(path, kReading);
  }
  for (const fs::path& path : permissions.read) rules.allow(path, kReading);
  for (const fs::path& path : permissions.write) rules.allow(path, kWriting);
  rules.enforce();
}

#if defined(__x86_64__)
constexpr uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
constexpr uint32_t kArchitecture = 0;
#endif

/// Calls that no step needs: other processes, mounts and namespaces, keys, tracing, and io_uring, which goes past
/// filters.
constexpr long kForbidden[] = {SYS_ptrace,
                               SYS_process_vm_readv,
                               SYS_process_vm_writev,
                               SYS_mount,
                               SYS_umount2,
                               SYS_pivot_root,
                               SYS_chroot,
                               SYS_unshare,
                               SYS_setns,
                               SYS_keyctl,
                               SYS_add_key,
                               SYS_request_key,
                               SYS_bpf,
                               SYS_perf_event_open,
                               SYS_userfaultfd,
                               SYS_kexec_load,
                               SYS_init_module,
                               SYS_finit_module,
                               SYS_delete_module,
                               SYS_io_uring_setup,
                               SYS_io_uring_enter,
                               SYS_io_uring_register,
                               SYS_open_by_handle_at,
                               SYS_reboot,
                               SYS_swapon,
                               SYS_swapoff,
                               SYS_quotactl,
                               SYS_acct,
                               SYS_settimeofday,
                               SYS_clock_settime,
                               SYS_sethostname,
                               SYS_setdomainname,
                               SYS_personality,
                               SYS_pidfd_getfd,
                               SYS_kcmp,
                               SYS_move_pages,
                               SYS_migrate_pages};

class Filter {
 public:
  void confine_calls(const Permissions& permissions) {
    const uint32_t denied = SECCOMP_RET_ERRNO | EPERM;
    load(offsetof(seccomp_data, arch));
    when_not(kArchitecture, SECCOMP_RET_KILL_PROCESS);
    load(offsetof(seccomp_data, nr));
#if defined(__x86_64__)
    constexpr uint32_t kX32 = 0x40000000;
    add(BPF_JMP | BPF_JGE | BPF_K, kX32, 0, 1);
    add(BPF_RET | BPF_K, denied);
    if (!permissions.programs)
      for (long call : {SYS_fork, SYS_vfork, SYS_mknod}) when(call, denied);
#endif
    if (!permissions.programs)
      for (long call : {SYS_execve, SYS_execveat, SYS_mknodat}) when(call, denied);
    for (long call : kForbidden) when(call, denied);
    when(SYS_clone3, SECCOMP_RET_ERRNO | ENOSYS);  // its flags cannot be seen: libc then takes clone
    if (!permissions.network) when(SYS_socket, SECCOMP_RET_ERRNO | EACCES);
    confine_clone(permissions.programs);
    add(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    sock_fprog program{static_cast<unsigned short>(lines_.size()), lines_.data()};
    if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) refused("seccomp");
  }

 private:
  /// New threads only; with programs also new processes, but no new namespaces.
  void confine_clone(bool programs) {
    constexpr uint32_t kThread = 0x00010000;      // CLONE_THREAD
    constexpr uint32_t kNamespaces = 0x7e020000;  // CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET
    add(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 3);
    load(offsetof(seccomp_data, args));
    if (programs)
      add(BPF_JMP | BPF_JSET | BPF_K, kNamespaces, 0, 1);
    else
      add(BPF_JMP | BPF_JSET | BPF_K, kThread, 1, 0);
    add(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
  }

  void add(int code, uint32_t k, int if_true = 0, int if_false = 0) {
    lines_.push_back({static_cast<uint16_t>(code), static_cast<uint8_t>(if_true), static_cast<uint8_t>(if_false), k});
  }
  void load(size_t offset) {
    add(BPF_LD | BPF_W | BPF_ABS, static_cast<uint32_t>(offset));
  }
  void when(long value, uint32_t result) {
    add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<uint32_t>(value), 0, 1);
    add(BPF_RET | BPF_K, result);
  }
  void when_not(uint32_t value, uint32_t result) {
    add(BPF_JMP | BPF_JEQ | BPF_K, value, 1, 0);
    add(BPF_RET | BPF_K, result);
  }

  std::vector<sock_filter> lines_;
};

}  // namespace

SandboxFacts sandbox_facts() {
  SandboxFacts facts;
  facts.landlock_abi = std::max(0, static_cast<int>(::syscall(SYS_landlock_create_ruleset, nullptr, 0, kAskVersion)));
  uint32_t action = SECCOMP_RET_ERRNO;
  constexpr int kActionAvailable = 2;
  facts.seccomp = kArchitecture != 0 && ::syscall(SYS_seccomp, kActionAvailable, 0, &action) == 0;
  const char* said = std::getenv("FILROUGE_SANDBOX");
  facts.switched_off = said && std::string_view(said) == "off";
  return facts;
}

void enter_sandbox(const Permissions& permissions) {
  SandboxFacts facts = sandbox_facts();
  if (facts.switched_off) return;
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) refused("no_new_privs");
  if (facts.landlock_abi > 0)
    (permissions.programs ? confine_files_of_programs : confine_files)(facts.landlock_abi, permissions);
  if (facts.seccomp) Filter().confine_calls(permissions);
}

}  // namespace filrouge
