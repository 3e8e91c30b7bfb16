#include "sources/bytes.h"

#include <errno.h>
#include <fcntl.h>
#include <iconv.h>
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

constexpr size_t kBlock = 1 << 18;
constexpr uint64_t kBombBytes = 1'000'000'000, kBombRatio = 1000, kFreeBytes = 64'000'000;

[[noreturn]] void fail(const std::string& code, const std::string& message, const std::string& hint = "") {
  throw Error(ErrorKind::data, code, message, hint);
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
  explicit FileSource(const fs::path& path) : path_(path), fd_(open_regular(path)) {}
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

class TextSource : public ByteSource {
 public:
  explicit TextSource(std::string text) : text_(std::move(text)) {}
  size_t read(char* into, size_t size) override {
    size = std::min(size, text_.size() - at_);
    memcpy(into, text_.data() + at_, size);
    at_ += size;
    return size;
  }

 private:
  std::string text_;
  size_t at_ = 0;
};

/// What a decoder keeps of the stream under it: a block of input.
struct Input {
  std::unique_ptr<ByteSource> below;
  std::string block = std::string(kBlock, '\0');
  size_t begin = 0, end = 0;

  /// Makes sure there is input, keeping what is left; false at the end.
  bool more() {
    if (begin > 0) memmove(block.data(), block.data() + begin, end - begin);
    end -= begin, begin = 0;
    size_t got = below->read(block.data() + end, block.size() - end);
    end += got;
    return got > 0;
  }
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
        if (!between_members_) fail("FR0319", fmt::format("`{}` is damaged: the gzip data ends too early", shown_));
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
        if (pending_ != 0) fail("FR0319", fmt::format("`{}` is damaged: the zstd data ends too early", shown_));
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

class ZipSource : public ByteSource {
 public:
  ZipSource(const SourceFile& file) : shown_(file.shown), zip_(unzOpen64(file.path.c_str())) {
    if (!zip_) fail("FR0319", fmt::format("`{}` is damaged: not a readable zip file", file.path.string()));
    if (unzLocateFile(zip_, file.member.c_str(), 1) != UNZ_OK) {
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
    if (got < 0) fail("FR0319", fmt::format("`{}` is damaged: the zip data cannot be unpacked", shown_));
    if (got == 0 && unzCloseCurrentFile(zip_) == UNZ_CRCERROR)
      fail("FR0319", fmt::format("`{}` is damaged: its check sum is wrong", shown_));
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

/// Any encoding to UTF-8. A byte that the encoding does not have becomes U+FFFD.
class DecodedSource : public ByteSource {
 public:
  DecodedSource(std::unique_ptr<ByteSource> below, const std::string& encoding)
      : converter_(iconv_open("UTF-8", encoding.c_str())) {
    input_.below = std::move(below);
    if (converter_ == reinterpret_cast<iconv_t>(-1))
      throw Error(ErrorKind::user, "FR0317", fmt::format("unknown encoding `{}`", encoding),
                  "for example utf-8, latin-1, windows-1252, utf-16, shift_jis");
  }
  ~DecodedSource() override { iconv_close(converter_); }
  DecodedSource(const DecodedSource&) = delete;
  DecodedSource& operator=(const DecodedSource&) = delete;

  size_t read(char* into, size_t size) override {
    char* out = into;
    size_t room = size;
    while (out == into) {
      if ((input_.begin == input_.end || starved_) && !input_.more()) {
        if (input_.begin == input_.end) return 0;
        input_.begin = input_.end;  // half a character at the end of the file
        replace(out, room);
        break;
      }
      starved_ = false;
      char* in = input_.block.data() + input_.begin;
      size_t left = input_.end - input_.begin;
      size_t status = iconv(converter_, &in, &left, &out, &room);
      input_.begin = input_.end - left;
      if (status != static_cast<size_t>(-1)) continue;
      if (errno == EINVAL) starved_ = true;
      if (errno == EILSEQ) {
        if (room < 3) break;
        ++input_.begin;
        replace(out, room);
      }
    }
    return static_cast<size_t>(out - into);
  }

 private:
  static void replace(char*& out, size_t& room) {
    memcpy(out, "\xEF\xBF\xBD", 3);
    out += 3, room -= 3;
  }

  Input input_;
  iconv_t converter_;
  bool starved_ = false;
};

/// Removes a byte order mark; with no encoding given, a UTF-16 mark switches the decoder on.
class StartSource : public ByteSource {
 public:
  StartSource(std::string start, std::unique_ptr<ByteSource> rest) : start_(std::move(start)), rest_(std::move(rest)) {}
  size_t read(char* into, size_t size) override {
    if (at_ == start_.size()) return rest_->read(into, size);
    size = std::min(size, start_.size() - at_);
    memcpy(into, start_.data() + at_, size);
    at_ += size;
    return size;
  }

 private:
  std::string start_;
  std::unique_ptr<ByteSource> rest_;
  size_t at_ = 0;
};

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

bool is_utf8_name(const std::string& encoding) {
  std::string name = lower(encoding);
  return name.empty() || name == "utf-8" || name == "utf8" || name == "utf-8-sig" || name == "ascii";
}

/// Names that people use for what iconv calls otherwise. "latin-1" as browsers read it would be windows-1252; here it
/// is itself.
std::string iconv_name(const std::string& encoding) {
  std::string name = lower(encoding);
  if (name == "latin-1" || name == "latin1") return "ISO-8859-1";
  if (name == "latin-9" || name == "latin9") return "ISO-8859-15";
  return encoding;
}

std::unique_ptr<ByteSource> decoded(std::unique_ptr<ByteSource> source, const std::string& encoding) {
  if (!is_utf8_name(encoding)) {
    auto text = std::make_unique<DecodedSource>(std::move(source), iconv_name(encoding));
    std::string start = take(*text, 3);
    return std::make_unique<StartSource>(start == "\xEF\xBB\xBF" ? "" : start, std::move(text));
  }
  std::string start = take(*source, 3);
  if (start == "\xEF\xBB\xBF") start.clear();
  bool utf16 = start.substr(0, 2) == "\xFF\xFE" || start.substr(0, 2) == "\xFE\xFF";
  auto whole = std::make_unique<StartSource>(start, std::move(source));
  if (utf16 && encoding.empty()) return decoded(std::move(whole), "UTF-16");
  return whole;
}

std::unique_ptr<ByteSource> unpacked(const SourceFile& file) {
  Packing packing = packing_of(file.path);
  if (packing == Packing::none) return std::make_unique<FileSource>(file.path);
  std::unique_ptr<ByteSource> source;
  if (packing == Packing::gzip)
    source = std::make_unique<GzipSource>(std::make_unique<FileSource>(file.path), file.shown);
  if (packing == Packing::zstd)
    source = std::make_unique<ZstdSource>(std::make_unique<FileSource>(file.path), file.shown);
  if (packing == Packing::zip) source = std::make_unique<ZipSource>(file);
  return std::make_unique<BombGuard>(std::move(source), fs::file_size(file.path), file.shown);
}

}  // namespace

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

std::unique_ptr<ByteSource> open_source(const SourceFile& file, const std::string& encoding) {
  return decoded(unpacked(file), encoding);
}

std::unique_ptr<ByteSource> text_source(std::string text) {
  return std::make_unique<TextSource>(std::move(text));
}

bool is_plain(const SourceFile& file, const std::string& encoding) {
  if (!is_utf8_name(encoding) || packing_of(file.path) != Packing::none) return false;
  FileSource source(file.path);
  std::string start = take(source, 3);
  return start != "\xEF\xBB\xBF" && !(start.starts_with("\xFF\xFE") || start.starts_with("\xFE\xFF"));
}

void write_all(ByteSource& source, const fs::path& path, const std::string& shown) {
  std::ofstream out(path, std::ios::binary);
  std::string block(kBlock, '\0');
  for (size_t blocks = 0; size_t got = source.read(block.data(), block.size()); ++blocks) {
    if (blocks % 64 == 0 && fs::space(path.parent_path()).available < kFreeBytes)
      throw Error(ErrorKind::environment, "FR0305", fmt::format("the disk is full while unpacking `{}`", shown),
                  "free some space, or put the store on another disk with --store");
    if (!out.write(block.data(), static_cast<std::streamsize>(got)))
      throw Error(ErrorKind::environment, "FR0502", fmt::format("{}: {}", path.string(), strerror(errno)));
  }
}

}  // namespace filrouge
