/* Loaded with LD_PRELOAD. Two uses, chosen by the environment:
 *
 * TRUST_LOG=FILE TRUST_ROOT=FOLDER   writes down every call that changes something below FOLDER, with its bytes, after it has
 *                                    succeeded; and what the owner says on stdout and stderr. power.py makes disks of it.
 * TRUST_CLOCK=SECONDS[,JUMP,AFTER]   shifts the clock of the wall by SECONDS, and by JUMP more from the AFTER-th look on.
 *
 * A record: one byte for the call, 4 bytes each for the lengths of two paths, 8 for an offset, 8 for the number of bytes,
 * then the paths and the bytes (little-endian). One write each: records of two processes never mix.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static int log_fd = -1, is_worker;
static char root[PATH_MAX];
static size_t root_size;
static long clock_shift, clock_jump, clock_after, clock_looks;

__attribute__((constructor)) static void begin(void) {
  const char *log = getenv("TRUST_LOG"), *folder = getenv("TRUST_ROOT"), *clock = getenv("TRUST_CLOCK");
  if (clock) sscanf(clock, "%ld,%ld,%ld", &clock_shift, &clock_jump, &clock_after);
  if (!log || !folder) return;
  root_size = strlen(strncpy(root, folder, sizeof root - 1));
  char words[4096] = "";
  int fd = syscall(SYS_openat, AT_FDCWD, "/proc/self/cmdline", O_RDONLY, 0);
  if (fd >= 0) {
    ssize_t got = syscall(SYS_read, fd, words, sizeof words - 1);
    syscall(SYS_close, fd);
    size_t first = strlen(words) + 1;
    is_worker = got > (ssize_t)first && strcmp(words + first, "worker") == 0;
  }
  int opened = syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND, 0644);
  log_fd = fcntl(opened, F_DUPFD_CLOEXEC, 500);
  syscall(SYS_close, opened);
}

static int below_root(const char* path) {
  return log_fd >= 0 && strncmp(path, root, root_size) == 0 && (path[root_size] == '/' || path[root_size] == 0);
}

static void record(char call, const char* path, const char* other, uint64_t offset, const void* bytes, uint64_t size) {
  int saved = errno;
  char head[25 + 2 * PATH_MAX];
  uint32_t path_size = strlen(path), other_size = other ? strlen(other) : 0;
  head[0] = call;
  memcpy(head + 1, &path_size, 4);
  memcpy(head + 5, &other_size, 4);
  memcpy(head + 9, &offset, 8);
  memcpy(head + 17, &size, 8);
  memcpy(head + 25, path, path_size);
  if (other) memcpy(head + 25 + path_size, other, other_size);
  struct iovec parts[2] = {{head, 25 + path_size + other_size}, {(void*)bytes, bytes ? size : 0}};
  syscall(SYS_writev, log_fd, parts, 2);
  errno = saved;
}

/* Where the descriptor's file is; 0 when that is none of ours. */
static int path_of(int fd, char* path) {
  if (log_fd < 0) return 0;
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t size = readlink(link, path, PATH_MAX - 1);
  if (size <= 0) return 0;
  path[size] = 0;
  return below_root(path) && !(size > 10 && strcmp(path + size - 10, " (deleted)") == 0);
}

static void absolute(int folder, const char* path, char* whole) {
  if (path[0] == '/') {
    snprintf(whole, PATH_MAX, "%s", path);
    return;
  }
  char at[PATH_MAX] = "";
  if (folder == AT_FDCWD) {
    if (!getcwd(at, sizeof at)) at[0] = 0;
  } else {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
    ssize_t size = readlink(link, at, sizeof at - 1);
    at[size > 0 ? size : 0] = 0;
  }
  snprintf(whole, PATH_MAX, "%.2000s/%.2000s", at, path);
}

#define REAL(name) ((__typeof__(&name))({ static void* real; if (!real) real = dlsym(RTLD_NEXT, #name); real; }))

static void wrote(int fd, const void* bytes, ssize_t size, int64_t offset) {
  if (size <= 0 || log_fd < 0) return;
  if ((fd == 1 || fd == 2) && !is_worker) record('s', "", 0, 0, bytes, size);
  char path[PATH_MAX];
  if (!path_of(fd, path)) return;
  if (offset < 0) offset = (fcntl(fd, F_GETFL) & O_APPEND) ? lseek(fd, 0, SEEK_END) - size : lseek(fd, 0, SEEK_CUR) - size;
  record('w', path, 0, offset, bytes, size);
}

ssize_t write(int fd, const void* bytes, size_t size) {
  ssize_t done = REAL(write)(fd, bytes, size);
  wrote(fd, bytes, done, -1);
  return done;
}
ssize_t pwrite64(int fd, const void* bytes, size_t size, off64_t offset) {
  ssize_t done = REAL(pwrite64)(fd, bytes, size, offset);
  wrote(fd, bytes, done, offset);
  return done;
}
ssize_t pwrite(int fd, const void* bytes, size_t size, off_t offset) { return pwrite64(fd, bytes, size, offset); }
ssize_t writev(int fd, const struct iovec* parts, int count) {
  ssize_t done = REAL(writev)(fd, parts, count);
  if (done > 0 && log_fd >= 0) {
    char* all = malloc(done);
    size_t at = 0;
    for (int i = 0; i < count && at < (size_t)done; ++i) {
      size_t some = parts[i].iov_len < done - at ? parts[i].iov_len : done - at;
      memcpy(all + at, parts[i].iov_base, some);
      at += some;
    }
    wrote(fd, all, done, -1);
    free(all);
  }
  return done;
}

static void truncated(int fd, off64_t size) {
  char path[PATH_MAX];
  if (path_of(fd, path)) record('t', path, 0, size, 0, 0);
}
int ftruncate64(int fd, off64_t size) {
  int result = REAL(ftruncate64)(fd, size);
  if (result == 0) truncated(fd, size);
  return result;
}
int ftruncate(int fd, off_t size) { return ftruncate64(fd, size); }

static int opened(int fd, int folder, const char* path, int flags) {
  char whole[PATH_MAX];
  if (fd < 0 || log_fd < 0 || !(flags & (O_CREAT | O_TRUNC))) return fd;
  absolute(folder, path, whole);
  if (below_root(whole)) record((flags & O_TRUNC) ? 'O' : 'o', whole, 0, 0, 0, 0);
  return fd;
}
#define MODE(flags, last) \
  mode_t mode = 0; \
  if ((flags) & (O_CREAT | O_TMPFILE)) { va_list more; va_start(more, last); mode = va_arg(more, mode_t); va_end(more); }
int open(const char* path, int flags, ...) {
  MODE(flags, flags)
  return opened(REAL(open)(path, flags, mode), AT_FDCWD, path, flags);
}
int open64(const char* path, int flags, ...) {
  MODE(flags, flags)
  return opened(REAL(open64)(path, flags, mode), AT_FDCWD, path, flags);
}
int openat(int folder, const char* path, int flags, ...) {
  MODE(flags, flags)
  return opened(REAL(openat)(folder, path, flags, mode), folder, path, flags);
}
int openat64(int folder, const char* path, int flags, ...) {
  MODE(flags, flags)
  return opened(REAL(openat64)(folder, path, flags, mode), folder, path, flags);
}

FILE* fopen64(const char* path, const char* mode) {
  FILE* file = REAL(fopen64)(path, mode);
  int flags = mode[0] == 'w' ? O_CREAT | O_TRUNC : mode[0] == 'a' ? O_CREAT : 0;
  if (file) opened(fileno(file), AT_FDCWD, path, flags);
  return file;
}
FILE* fopen(const char* path, const char* mode) { return fopen64(path, mode); }

static int named(char call, int result, int folder, const char* path, const char* other) {
  char whole[PATH_MAX], whole_other[PATH_MAX] = "";
  if (result != 0 || log_fd < 0) return result;
  absolute(folder, path, whole);
  if (other) absolute(AT_FDCWD, other, whole_other);
  if (below_root(whole) || (other && below_root(whole_other))) record(call, whole, other ? whole_other : 0, 0, 0, 0);
  return result;
}
int rename(const char* from, const char* to) { return named('r', REAL(rename)(from, to), AT_FDCWD, from, to); }
int link(const char* from, const char* to) { return named('l', REAL(link)(from, to), AT_FDCWD, from, to); }
int unlink(const char* path) { return named('u', REAL(unlink)(path), AT_FDCWD, path, 0); }
int rmdir(const char* path) { return named('u', REAL(rmdir)(path), AT_FDCWD, path, 0); }
int remove(const char* path) { return named('u', REAL(remove)(path), AT_FDCWD, path, 0); }
int unlinkat(int folder, const char* path, int flags) {
  return named('u', REAL(unlinkat)(folder, path, flags), folder, path, 0);
}
int mkdir(const char* path, mode_t mode) { return named('m', REAL(mkdir)(path, mode), AT_FDCWD, path, 0); }

static int synced(int fd, int result) {
  char path[PATH_MAX];
  if (result == 0 && path_of(fd, path)) record('f', path, 0, 0, 0, 0);
  return result;
}
int fsync(int fd) { return synced(fd, REAL(fsync)(fd)); }
int fdatasync(int fd) { return synced(fd, REAL(fdatasync)(fd)); }

static long shift(void) {
  return clock_shift + (clock_after && __atomic_add_fetch(&clock_looks, 1, __ATOMIC_RELAXED) >= clock_after ? clock_jump : 0);
}
int clock_gettime(clockid_t clock, struct timespec* at) {
  int result = REAL(clock_gettime)(clock, at);
  if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) at->tv_sec += shift();
  return result;
}
int gettimeofday(struct timeval* at, void* zone) {
  int result = REAL(gettimeofday)(at, zone);
  if (result == 0) at->tv_sec += shift();
  return result;
}
time_t time(time_t* at) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (at) *at = now.tv_sec;
  return now.tv_sec;
}
