// try_disk (machine.h): what a disk really does, not what it is said to do.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/files.h"
#include "base/machine.h"

namespace filrouge {
namespace {

struct FileSystem {
  uint32_t number;  ///< statfs(2), f_type
  const char* name;
  bool over_network;
};
constexpr FileSystem kFileSystems[] = {
    {0xEF53, "ext4", false},         {0x58465342, "xfs", false},    {0x9123683E, "btrfs", false},
    {0x01021994, "tmpfs", false},    {0x9FA0, "proc", false},       {0x794C7630, "overlay", false},
    {0x2FC12FC1, "zfs", false},      {0xF2F52010, "f2fs", false},   {0x4D44, "fat", false},
    {0x2011BAB0, "exfat", false},    {0x5346544E, "ntfs", false},   {0x7366746E, "ntfs", false},
    {0xCA451A4E, "bcachefs", false}, {0x858458F6, "ramfs", false},  {0x73717368, "squashfs", false},
    {0x6969, "nfs", true},           {0xFF534D42, "cifs", true},    {0xFE534D42, "smb", true},
    {0x517B, "smb", true},           {0x01021997, "9p", true},      {0x65735546, "fuse", true},
    {0x00C36400, "ceph", true},      {0x0BD00BD0, "lustre", true},  {0x47504653, "gpfs", true},
    {0x5346414F, "afs", true},       {0x6A656A63, "virtiofs", true}};

/// One file that is written, renamed, synced, locked and removed; what is refused goes to `refused`.
class Trial {
 public:
  Trial(const fs::path& folder, Disk& disk)
      : folder_(folder), file_(folder / fmt::format(".filrouge-doctor-{}", ::getpid())), disk_(disk) {}
  ~Trial() {
    if (fd_ >= 0) ::close(fd_);
    ::unlink(file_.c_str());
  }
  Trial(const Trial&) = delete;
  Trial& operator=(const Trial&) = delete;

  void run() {
    fd_ = ::open(file_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (!holds("create a file", fd_ >= 0)) return;
    holds("write", ::write(fd_, "filrouge", 8) == 8);
    look_at_clock();
    holds("fsync", ::fsync(fd_) == 0);
    lock();
    fs::path renamed = file_;
    renamed += ".renamed";
    if (holds("rename", ::rename(file_.c_str(), renamed.c_str()) == 0)) file_ = renamed;
    int folder = ::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    holds("fsync of a folder", folder >= 0 && ::fsync(folder) == 0);
    if (folder >= 0) ::close(folder);
    holds("remove a file", ::unlink(file_.c_str()) == 0);
  }

 private:
  bool holds(const char* what, bool done) {
    if (!done) disk_.refused.push_back(fmt::format("{}: {}", what, std::strerror(errno)));
    return done;
  }

  /// Two holders of one lock, as two runs would be (store/lock.h).
  void lock() {
    struct flock whole {};
    whole.l_type = F_WRLCK, whole.l_whence = SEEK_SET;
    if (!holds("lock", ::fcntl(fd_, F_OFD_SETLK, &whole) == 0)) return;
    int other = ::open(file_.c_str(), O_RDWR | O_CLOEXEC);
    if (other >= 0 && ::fcntl(other, F_OFD_SETLK, &whole) == 0)
      disk_.refused.emplace_back("lock: two processes get it at once");
    if (other >= 0) ::close(other);
  }

  void look_at_clock() {
    struct stat info {};
    timespec now{};
    if (::fstat(fd_, &info) != 0 || ::clock_gettime(CLOCK_REALTIME, &now) != 0) return;
    disk_.clock_ahead_seconds = static_cast<double>(info.st_mtim.tv_sec - now.tv_sec) +
                                static_cast<double>(info.st_mtim.tv_nsec - now.tv_nsec) / 1e9;
  }

  fs::path folder_, file_;
  Disk& disk_;
  int fd_ = -1;
};

}  // namespace

Disk try_disk(const fs::path& folder) {
  Disk disk;
  struct statfs info {};
  if (::statfs(folder.c_str(), &info) != 0) {
    disk.file_system = "unknown";
    disk.refused.push_back(fmt::format("look at it: {}", std::strerror(errno)));
    return disk;
  }
  auto number = static_cast<uint32_t>(info.f_type);
  disk.file_system = fmt::format("{:#x}", number);
  for (const FileSystem& known : kFileSystems)
    if (known.number == number) disk.file_system = known.name, disk.over_network = known.over_network;
  disk.free_bytes = static_cast<uint64_t>(info.f_bavail) * static_cast<uint64_t>(info.f_bsize);
  Trial(folder, disk).run();
  return disk;
}

}  // namespace filrouge
