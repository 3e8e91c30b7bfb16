#include "sources/csv_records.h"

#include <string.h>

#include <bit>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/error.h"
#include "base/text.h"

namespace filrouge {
namespace {

constexpr size_t kBlock = 1 << 20;
constexpr size_t kBits = 64;            // bytes that are looked at together; buffer_ has as many behind its end
constexpr size_t kNoBlock = 0 - kBits;  // further than a block away from any place

}  // namespace

Json to_json(const Dialect& dialect) {
  return {{"delimiter", dialect.delimiter}, {"quote", dialect.quote}, {"escape", dialect.escape},
          {"header", dialect.header},       {"skip", dialect.skip},   {"header_line", dialect.header_line}};
}

Dialect dialect_from_json(const Json& json) {
  return {json.at("delimiter"), json.at("quote"), json.at("escape"),
          json.at("header"),    json.at("skip"),  json.at("header_line")};
}

std::string to_text(Flaw flaw) {
  switch (flaw) {
    case Flaw::unterminated_quote:
      return "unterminated quote";
    case Flaw::text_after_quote:
      return "text after a closing quote";
    case Flaw::not_utf8:
      return "not valid UTF-8";
    case Flaw::none:
      break;
  }
  return "";
}

CsvRecords::CsvRecords(ByteSource& source, const Dialect& dialect, size_t longest)
    : source_(source),
      delimiter_(dialect.delimiter.at(0)),
      quote_(dialect.quote.empty() ? '\0' : dialect.quote[0]),
      escape_(dialect.escape.empty() ? quote_ : dialect.escape[0]),
      quoting_(!dialect.quote.empty()),
      block_(kNoBlock),
      longest_allowed_(longest) {
  for (uint64_t skipped = 0; skipped < dialect.skip; ++skipped) {
    size_t end;
    while ((end = line_end(begin_)) == std::string::npos && fill()) {
    }
    if (end == std::string::npos) end = end_;
    size_t at = end;
    end_line(at);
    offset_ += at - begin_, begin_ = at, ++line_;
  }
  line_ending_ = 0;
}

bool CsvRecords::fill() {
  if (at_end_) return false;
  if (begin_ > 0) memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  end_ -= begin_, begin_ = 0;
  if (buffer_.size() < end_ + kBlock + kBits) buffer_.resize(std::max(end_ + kBlock + kBits, 2 * buffer_.size()));
  block_ = kNoBlock;
  size_t got = source_.read(buffer_.data() + end_, buffer_.size() - kBits - end_);
  end_ += got;
  at_end_ = got == 0;
  return !at_end_;
}

/// Where the line that holds `from` ends (at its \n or \r), or npos when that is not in the buffer yet.
size_t CsvRecords::line_end(size_t from) const {
  for (size_t at = from; at < end_; ++at)
    if (buffer_[at] == '\n' || (buffer_[at] == '\r' && (at + 1 < end_ || at_end_))) return at;
  return at_end_ ? end_ : std::string::npos;
}

/// Passes over one line end at `at`. False when the next byte must be seen first.
bool CsvRecords::end_line(size_t& at) {
  if (at >= end_) return true;
  char kind = 'n';
  if (buffer_[at] == '\r') {
    if (at + 1 == end_ && !at_end_) return false;
    bool pair = at + 1 < end_ && buffer_[at + 1] == '\n';
    kind = pair ? 'r' : 'c';
    at += pair ? 2 : 1;
  } else {
    ++at;
  }
  if (line_ending_ == 0) line_ending_ = kind;
  if (kind != line_ending_ || kind == 'c') regular_ = false;
  return true;
}

bool CsvRecords::next(Record& record) {
  for (;;) {
    if (begin_ == end_ && !fill()) return false;
    if (parse(record) == Step::done) return true;
    const bool too_long = end_ - begin_ > longest_allowed_;
    gave_up_ = gave_up_ || too_long;
    if (too_long || !fill()) {
      if (parse(record) == Step::done) return true;
      fall_back_to_line(record, Flaw::unterminated_quote);
      return true;
    }
  }
}

void CsvRecords::look_at_block(size_t at) {
  block_ = at;
  specials_ = highs_ = 0;
  const char quote = quoting_ ? quote_ : delimiter_, escape = quoting_ ? escape_ : delimiter_;
#ifdef __SSE2__
  for (size_t part = 0; part < kBits; part += 16) {
    __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(buffer_.data() + at + part));
    auto equal = [&](char byte) { return _mm_cmpeq_epi8(bytes, _mm_set1_epi8(byte)); };
    __m128i found = _mm_or_si128(_mm_or_si128(_mm_or_si128(equal('\n'), equal('\r')), equal(delimiter_)),
                                 _mm_or_si128(equal(quote), equal(escape)));
    specials_ |= static_cast<uint64_t>(static_cast<uint32_t>(_mm_movemask_epi8(found))) << part;
    highs_ |= static_cast<uint64_t>(static_cast<uint32_t>(_mm_movemask_epi8(bytes))) << part;
  }
#else
  for (size_t bit = 0; bit < kBits; ++bit) {
    char byte = buffer_[at + bit];
    bool special = ends_field(byte) || byte == quote || byte == escape;
    specials_ |= static_cast<uint64_t>(special) << bit;
    highs_ |= static_cast<uint64_t>(static_cast<unsigned char>(byte) >> 7) << bit;
  }
#endif
}

/// The first byte from `at` on that is special, or end_.
inline size_t CsvRecords::next_special(size_t at) {
  while (at < end_) {
    if (at - block_ >= kBits) look_at_block(at);
    if (highs_) high_ = true;  // perhaps the neighbours': then they are looked at for nothing
    if (uint64_t ahead = specials_ >> (at - block_))
      return std::min(at + static_cast<size_t>(std::countr_zero(ahead)), end_);
    at = block_ + kBits;
  }
  return end_;
}

/// Reads one field; `at` is then on the line end, or after the delimiter.
inline CsvRecords::Step CsvRecords::parse_field(Record& record, size_t& at, bool& last) {
  const char* bytes = buffer_.data();
  if (quoting_ && at < end_ && bytes[at] == quote_) {
    if (parse_quoted(record, at) == Step::need_more) return Step::need_more;
    if (record.flaw != Flaw::none) return Step::done;
  } else {
    size_t start = at;
    while ((at = next_special(at)) < end_ && !ends_field(bytes[at])) {
      if (bytes[at] == quote_) regular_ = false;  // a quote inside an unquoted field is taken as it is
      ++at;
    }
    record.fields.emplace_back(bytes + start, at - start);
  }
  if (at >= end_) {
    last = true;
    return at_end_ ? Step::done : Step::need_more;
  }
  last = bytes[at] == '\n' || bytes[at] == '\r';
  if (!last) ++at;
  return Step::done;
}

CsvRecords::Step CsvRecords::parse(Record& record) {
  record.fields.clear();
  record.flaw = Flaw::none;
  record.blank = false;
  pooled_ = 0, inner_lines_ = 0, high_ = false;
  size_t at = begin_;
  for (bool last = false; !last;) {
    if (parse_field(record, at, last) == Step::need_more) return Step::need_more;
    if (record.flaw != Flaw::none) {
      if (line_end(begin_) == std::string::npos) return Step::need_more;
      fall_back_to_line(record, record.flaw);
      return Step::done;
    }
  }
  size_t end = at;
  if (!end_line(at)) return Step::need_more;
  record.text = std::string_view(buffer_).substr(begin_, end - begin_);
  record.blank = end == begin_;
  finish(record, at);
  return Step::done;
}

/// `at` is on the opening quote; afterwards on what follows the closing one.
CsvRecords::Step CsvRecords::parse_quoted(Record& record, size_t& at) {
  size_t start = ++at;
  std::string* copy = nullptr;
  for (;; ++at) {
    at = next_special(at);
    if (at >= end_) return Step::need_more;  // at the end of the file: the quote is never closed
    char byte = buffer_[at];
    if (byte == '\n' || (byte == '\r' && at + 1 < end_ && buffer_[at + 1] != '\n')) ++inner_lines_;
    bool closing = byte == quote_;
    if (!closing && byte != escape_) continue;
    if (at + 1 >= end_ && !at_end_) return Step::need_more;
    char following = at + 1 < end_ ? buffer_[at + 1] : '\n';
    if (following == quote_ || (byte == escape_ && !closing && following == escape_)) {
      if (!copy) {
        if (pooled_ == pool_.size()) pool_.emplace_back();
        copy = &pool_[pooled_++];
        copy->clear();
      }
      copy->append(buffer_, start, at - start);
      start = ++at;  // the escaped byte itself is the first of the next piece
      if (byte != quote_) regular_ = false;
      continue;
    }
    if (closing) break;
  }
  size_t close = at++;
  while (at < end_ && buffer_[at] == ' ' && delimiter_ != ' ') ++at, regular_ = false;
  if (at >= end_ && !at_end_) return Step::need_more;
  if (at < end_ && !ends_field(buffer_[at])) record.flaw = Flaw::text_after_quote;
  if (copy) copy->append(buffer_, start, close - start);
  // pool_ may move while the record is read, so views into it are made in finish().
  record.fields.push_back(copy ? std::string_view(nullptr, pooled_)
                               : std::string_view(buffer_).substr(start, close - start));
  return Step::done;
}

void CsvRecords::finish(Record& record, size_t end) {
  for (std::string_view& field : record.fields)
    if (!field.data() && field.size() > 0) field = pool_[field.size() - 1];
  if (high_ && first_invalid_utf8(record.text)) record.flaw = Flaw::not_utf8, regular_ = false;
  record.line = line_;
  record.lines = 1 + inner_lines_;
  record.offset = offset_;
  line_ += record.lines;
  longest_ = std::max<uint64_t>(longest_, end - begin_);
  offset_ += end - begin_;
  begin_ = end;
}

void CsvRecords::fall_back_to_line(Record& record, Flaw flaw) {
  size_t end = line_end(begin_);
  if (end == std::string::npos) end = end_;
  size_t at = end;
  end_line(at);
  record.fields.clear();
  record.text = std::string_view(buffer_).substr(begin_, end - begin_);
  inner_lines_ = 0;
  high_ = false;
  finish(record, at);
  record.flaw = flaw;
  record.blank = false;
  regular_ = false;
}

void append_record(std::string& out, const std::vector<std::string_view>& fields) {
  bool first = true;
  for (std::string_view field : fields) {
    if (!first) out += ',';
    first = false;
    bool plain = field.find_first_of("\",\n\r") == std::string_view::npos &&
                 (field.empty() || (field.front() != ' ' && field.back() != ' '));
    if (plain && !(field.empty() && fields.size() == 1)) {
      out += field;
      continue;
    }
    out += '"';
    for (char byte : field) {
      if (byte == '"') out += '"';
      out += byte;
    }
    out += '"';
  }
  out += '\n';
}

}  // namespace filrouge
