#include "sources/unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <libdeflate.h>
#include <minizip/unzip.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "base/error.h"
#include "base/text.h"

namespace filrouge {
namespace {

constexpr uint64_t kBombBytes = 1'000'000'000, kBombRatio = 1000;
constexpr uint64_t kSmallBytes = 128'000'000;  // packed files up to here are unpacked in one go, in memory

[[noreturn]] void fail(const std::string& code, const std::string& message, const std::string& hint = "") {
  throw Error(ErrorKind::data, code, message, hint);
}

[[noreturn]] void damaged(const std::string& shown, const std::string& how) {
  fail("FR0319", fmt::format("`{}` is damaged: {}", shown, how));
}

/// Opens a regular file only: a FIFO or a device would hang or never end.
int open_regular(const fs::path& path) {
  int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) throw Error(ErrorKind::environment, "FR0501", fmt::format("{}: {}", path.string(), strerror(errno)));
  struct stat info {};
  if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode)) return fd;
  close(fd);
  fail("FR0304", fmt::format("`{}` is not a regular file", path.string()), "only regular files can be read");
}

class FileSource : public ByteSource {
 public:
  explicit FileSource(const fs::path& path, uint64_t from = 0) : path_(path), fd_(open_regular(path)) {
    if (from > 0) lseek(fd_, static_cast<off_t>(from), SEEK_SET);  // of a regular file: cannot fail
  }
  ~FileSource() override { close(fd_); }
  FileSource(const FileSource&) = delete;
  FileSource& operator=(const FileSource&) = delete;
  size_t read(char* into, size_t size) override {
    ssize_t got = ::read(fd_, into, size);
    if (got < 0) throw Error(ErrorKind::environment, "FR0501", fmt::format("{}: {}", path_.string(), strerror(errno)));
    return static_cast<size_t>(got);
  }

 private:
  fs::path path_;
  int fd_;
};

/// A .gz file: one or more gzip members one after another; zeros after the last are padding.
class GzipSource : public ByteSource {
 public:
  GzipSource(std::unique_ptr<ByteSource> below, std::string shown) : shown_(std::move(shown)) {
    input_.below = std::move(below);
    FR_CHECK(inflateInit2(&stream_, 15 + 16) == Z_OK);
  }
  ~GzipSource() override { inflateEnd(&stream_); }

  size_t read(char* into, size_t size) override {
    stream_.next_out = reinterpret_cast<Bytef*>(into);
    stream_.avail_out = static_cast<uInt>(size);
    while (stream_.avail_out == size && !done_) {
      if (input_.begin == input_.end && !input_.more()) {
        if (!between_members_) damaged(shown_, "the gzip data ends too early");
        break;
      }
      step();
    }
    return size - stream_.avail_out;
  }

 private:
  void step() {
    if (between_members_ && input_.block[input_.begin] == '\0') {
      done_ = true;
      return;
    }
    between_members_ = false;
    stream_.next_in = reinterpret_cast<Bytef*>(input_.block.data() + input_.begin);
    stream_.avail_in = static_cast<uInt>(input_.end - input_.begin);
    int status = inflate(&stream_, Z_NO_FLUSH);
    input_.begin = input_.end - stream_.avail_in;
    if (status == Z_STREAM_END) {
      between_members_ = true;
      inflateReset(&stream_);
    } else if (status != Z_OK && status != Z_BUF_ERROR) {
      fail("FR0319", fmt::format("`{}` is damaged: {}", shown_, stream_.msg ? stream_.msg : "not gzip data"));
    }
  }

  std::string shown_;
  Input input_;
  z_stream stream_{};
  bool between_members_ = false, done_ = false;
};

class ZstdSource : public ByteSource {
 public:
  ZstdSource(std::unique_ptr<ByteSource> below, std::string shown) : shown_(std::move(shown)) {
    input_.below = std::move(below);
  }
  ~ZstdSource() override { ZSTD_freeDStream(stream_); }

  size_t read(char* into, size_t size) override {
    ZSTD_outBuffer out{into, size, 0};
    while (out.pos == 0) {
      if (input_.begin == input_.end && !input_.more()) {
        if (pending_ != 0) damaged(shown_, "the zstd data ends too early");
        return 0;
      }
      ZSTD_inBuffer in{input_.block.data(), input_.end, input_.begin};
      pending_ = ZSTD_decompressStream(stream_, &out, &in);
      if (ZSTD_isError(pending_))
        fail("FR0319", fmt::format("`{}` is damaged: {}", shown_, ZSTD_getErrorName(pending_)));
      input_.begin = in.pos;
    }
    return out.pos;
  }

 private:
  std::string shown_;
  Input input_;
  ZSTD_DStream* stream_ = ZSTD_createDStream();
  size_t pending_ = 0;
};

/// Where each member of a zip file begins. Looking one up by name reads all names before it: of thousands of members
/// that would be millions of names. The last archive's is kept; it is read anew when the file has changed.
class ZipDirectory {
 public:
  static bool go_to(unzFile zip, const SourceFile& file) {
    static std::mutex mutex;
    static ZipDirectory last;
    std::lock_guard lock(mutex);
    FileStat now = stat_file(file.path);
    if (last.path_ != file.path || !(last.stat_ == now)) last = ZipDirectory(zip, file.path, now);
    auto found = last.places_.find(file.member);
    return found != last.places_.end() && unzGoToFilePos64(zip, &found->second) == UNZ_OK;
  }

 private:
  ZipDirectory() = default;
  ZipDirectory(unzFile zip, const fs::path& path, const FileStat& stat) : path_(path), stat_(stat) {
    for (int status = unzGoToFirstFile(zip); status == UNZ_OK; status = unzGoToNextFile(zip)) {
      char name[4096] = {};
      unz64_file_pos place{};
      unzGetCurrentFileInfo64(zip, nullptr, name, sizeof name - 1, nullptr, 0, nullptr, 0);
      if (unzGetFilePos64(zip, &place) == UNZ_OK) places_.emplace(name, place);
    }
  }

  fs::path path_;
  FileStat stat_{};
  std::unordered_map<std::string, unz64_file_pos> places_;
};

class ZipSource : public ByteSource {
 public:
  ZipSource(const SourceFile& file) : shown_(file.shown), zip_(unzOpen64(file.path.c_str())) {
    if (!zip_) fail("FR0319", fmt::format("`{}` is damaged: not a readable zip file", file.path.string()));
    if (!ZipDirectory::go_to(zip_, file)) {
      std::vector<std::string> members = zip_members(file.path);
      unzClose(zip_);
      auto near = nearest(file.member, members);
      fail("FR0301", fmt::format("`{}` has no member `{}`", file.path.filename().string(), file.member),
           near ? fmt::format("did you mean `{}`?", *near) : "it holds " + join(members, ", "));
    }
    unz_file_info64 info{};
    unzGetCurrentFileInfo64(zip_, &info, nullptr, 0, nullptr, 0, nullptr, 0);
    if (info.flag & 1) {
      unzClose(zip_);
      fail("FR0320", fmt::format("`{}` is encrypted", shown_), "unpack it with its password first");
    }
    if (unzOpenCurrentFile(zip_) != UNZ_OK) {
      unzClose(zip_);
      fail("FR0319", fmt::format("`{}` is packed in a way that cannot be read", shown_), "pack it with deflate");
    }
  }
  ~ZipSource() override {
    unzCloseCurrentFile(zip_);
    unzClose(zip_);
  }
  ZipSource(const ZipSource&) = delete;
  ZipSource& operator=(const ZipSource&) = delete;

  size_t read(char* into, size_t size) override {
    int got = unzReadCurrentFile(zip_, into, static_cast<unsigned>(size));
    if (got < 0) damaged(shown_, "the zip data cannot be unpacked");
    if (got == 0 && unzCloseCurrentFile(zip_) == UNZ_CRCERROR) damaged(shown_, "its check sum is wrong");
    return static_cast<size_t>(got);
  }

 private:
  std::string shown_;
  unzFile zip_;
};

/// Counts what comes out against the size of the file, and stops a decompression bomb.
class BombGuard : public ByteSource {
 public:
  BombGuard(std::unique_ptr<ByteSource> below, uint64_t packed_bytes, std::string shown)
      : below_(std::move(below)), limit_(std::max(kBombBytes, packed_bytes * kBombRatio)), shown_(std::move(shown)) {}
  size_t read(char* into, size_t size) override {
    size_t got = below_->read(into, size);
    total_ += got;
    if (total_ > limit_)
      fail("FR0305",
           fmt::format("`{}` unpacks to more than {}, over 1,000 times its size", shown_, human_bytes(limit_)),
           "unpack it yourself if it is what you expect");
    return got;
  }

 private:
  std::unique_ptr<ByteSource> below_;
  uint64_t limit_, total_ = 0;
  std::string shown_;
};

struct FreeDecompressor {
  void operator()(libdeflate_decompressor* decompressor) const { libdeflate_free_decompressor(decompressor); }
};
using Decompressor = std::unique_ptr<libdeflate_decompressor, FreeDecompressor>;

/// A small .gz of one member, unpacked in one go (libdeflate is three times as fast as zlib's stream); nothing when it
/// is large, has several members or is damaged: then the stream tells.
std::unique_ptr<ByteSource> small_gzip(const fs::path& path) {
  uint64_t size = fs::file_size(path);
  if (size < 18 || size > kSmallBytes) return nullptr;
  std::string packed = read_file(path);
  uint32_t length;
  memcpy(&length, packed.data() + packed.size() - 4, 4);
  if (length > kSmallBytes || length / kBombRatio > size) return nullptr;
  std::string text(length, '\0');
  size_t used = 0, made = 0;
  Decompressor decompressor(libdeflate_alloc_decompressor());
  auto status = libdeflate_gzip_decompress_ex(decompressor.get(), packed.data(), packed.size(), text.data(),
                                              text.size(), &used, &made);
  if (status != LIBDEFLATE_SUCCESS || used != packed.size() || made != length) return nullptr;
  return text_source(std::move(text));
}

/// The same for a member of a .zip.
std::unique_ptr<ByteSource> small_zip(const SourceFile& file) {
  std::unique_ptr<void, int (*)(void*)> zip(unzOpen64(file.path.c_str()), unzClose);
  unz_file_info64 info{};
  if (!zip || !ZipDirectory::go_to(zip.get(), file) ||
      unzGetCurrentFileInfo64(zip.get(), &info, nullptr, 0, nullptr, 0, nullptr, 0) != UNZ_OK)
    return nullptr;
  bool small = info.uncompressed_size <= kSmallBytes && info.compressed_size <= kSmallBytes;
  if (!small || info.compression_method != Z_DEFLATED || (info.flag & 1)) return nullptr;
  int method = 0, level = 0;
  if (unzOpenCurrentFile2(zip.get(), &method, &level, 1) != UNZ_OK) return nullptr;
  std::string packed(info.compressed_size, '\0'), text(info.uncompressed_size, '\0');
  int got = unzReadCurrentFile(zip.get(), packed.data(), static_cast<unsigned>(packed.size()));
  if (got != static_cast<int>(packed.size())) return nullptr;
  Decompressor decompressor(libdeflate_alloc_decompressor());
  auto status = libdeflate_deflate_decompress(decompressor.get(), packed.data(), packed.size(), text.data(),
                                              text.size(), nullptr);
  if (status != LIBDEFLATE_SUCCESS || libdeflate_crc32(0, text.data(), text.size()) != info.crc) return nullptr;
  return text_source(std::move(text));
}

}  // namespace

std::unique_ptr<ByteSource> unpacked(const SourceFile& file, Unpacking unpacking) {
  Packing packing = packing_of(file.path);
  if (packing == Packing::none) return file_source(file.path);
  bool at_once = unpacking == Unpacking::at_once;
  std::unique_ptr<ByteSource> source;
  if (packing == Packing::gzip) {
    if (auto small = at_once ? small_gzip(file.path) : nullptr) return small;
    source = std::make_unique<GzipSource>(file_source(file.path), file.shown);
  }
  if (packing == Packing::zstd) source = std::make_unique<ZstdSource>(file_source(file.path), file.shown);
  if (packing == Packing::zip) {
    if (auto small = at_once ? small_zip(file) : nullptr) return small;
    source = std::make_unique<ZipSource>(file);
  }
  return std::make_unique<BombGuard>(std::move(source), fs::file_size(file.path), file.shown);
}

std::unique_ptr<ByteSource> file_source(const fs::path& path, uint64_t from) {
  return std::make_unique<FileSource>(path, from);
}

std::string take(ByteSource& source, size_t size) {
  std::string start(size, '\0');
  size_t have = 0;
  while (have < size) {
    size_t got = source.read(start.data() + have, size - have);
    if (got == 0) break;
    have += got;
  }
  start.resize(have);
  return start;
}

Packing packing_of(const fs::path& path) {
  FileSource file(path);
  std::string start = take(file, 4);
  if (start.substr(0, 2) == "\x1F\x8B") return Packing::gzip;
  if (start == "\x28\xB5\x2F\xFD") return Packing::zstd;
  if (start == "PK\x03\x04" || start == "PK\x05\x06") return Packing::zip;
  return Packing::none;
}

std::vector<std::string> zip_members(const fs::path& path) {
  unzFile zip = unzOpen64(path.c_str());
  if (!zip) fail("FR0319", fmt::format("`{}` is damaged: not a readable zip file", path.string()));
  std::vector<std::string> names;
  for (int status = unzGoToFirstFile(zip); status == UNZ_OK; status = unzGoToNextFile(zip)) {
    char name[4096] = {};
    unzGetCurrentFileInfo64(zip, nullptr, name, sizeof name - 1, nullptr, 0, nullptr, 0);
    std::string text = name, last = fs::path(text).filename().string();
    if (text.ends_with('/') || text.starts_with("__MACOSX/") || last.starts_with('.')) continue;
    names.push_back(text);
  }
  unzClose(zip);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace filrouge
