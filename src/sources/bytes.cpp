#include "sources/bytes.h"

#include <errno.h>
#include <iconv.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "sources/unpack.h"

namespace filrouge {
namespace {

constexpr uint64_t kFreeBytes = 64'000'000;

class ViewSource : public ByteSource {
 public:
  explicit ViewSource(std::string_view text) : left_(text) {}
  size_t read(char* into, size_t size) override {
    size = left_.copy(into, size);
    left_.remove_prefix(size);
    return size;
  }
  std::string_view ahead() const override { return left_; }

 private:
  std::string_view left_;
};

class TextSource : public ViewSource {
 public:
  explicit TextSource(std::unique_ptr<std::string> text) : ViewSource(*text), text_(std::move(text)) {}

 private:
  std::unique_ptr<std::string> text_;
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
  std::string_view ahead = source->ahead();
  if (!ahead.empty() && static_cast<unsigned char>(ahead[0]) < 0xEF) return source;  // no mark begins so
  std::string start = take(*source, 3);
  if (start == "\xEF\xBB\xBF") return source;
  bool utf16 = start.substr(0, 2) == "\xFF\xFE" || start.substr(0, 2) == "\xFE\xFF";
  auto whole = std::make_unique<StartSource>(start, std::move(source));
  if (utf16 && encoding.empty()) return decoded(std::move(whole), "UTF-16");
  return whole;
}

}  // namespace

std::unique_ptr<ByteSource> open_source(const SourceFile& file, const std::string& encoding, Unpacking unpacking) {
  return decoded(unpacked(file, unpacking), encoding);
}

std::unique_ptr<ByteSource> text_source(std::string text) {
  return std::make_unique<TextSource>(std::make_unique<std::string>(std::move(text)));
}

std::unique_ptr<ByteSource> view_source(std::string_view text) {
  return std::make_unique<ViewSource>(text);
}

bool is_plain(const SourceFile& file, const std::string& encoding) {
  if (!is_utf8_name(encoding) || packing_of(file.path) != Packing::none) return false;
  std::string start = take(*file_source(file.path), 3);
  return start != "\xEF\xBB\xBF" && !(start.starts_with("\xFF\xFE") || start.starts_with("\xFE\xFF"));
}

void write_all(ByteSource& source, const fs::path& path, const std::string& shown) {
  std::ofstream out(path, std::ios::binary);
  std::string block(kBlockBytes, '\0');
  for (size_t blocks = 0; size_t got = source.read(block.data(), block.size()); ++blocks) {
    if (blocks % 64 == 0 && fs::space(path.parent_path()).available < kFreeBytes)
      throw Error(ErrorKind::environment, "FR0305", fmt::format("the disk is full while unpacking `{}`", shown),
                  "free some space, or put the store on another disk with --store");
    if (!out.write(block.data(), static_cast<std::streamsize>(got)))
      throw Error(ErrorKind::environment, "FR0502", fmt::format("{}: {}", path.string(), strerror(errno)));
  }
}

}  // namespace filrouge
