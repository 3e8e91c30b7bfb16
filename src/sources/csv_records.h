// Records of a CSV file, one after another, whatever their shape: our own count of what is in the file.
//
// DuckDB's reader stays the one that parses values and fills columns; this one decides what a record is. So `kept +
// rejected = records` holds by construction, every reject has the line of the original file, and what DuckDB would
// refuse or guess (mixed line ends, backslash escapes, lines before the header, broken quotes) is rewritten into plain
// RFC 4180 first.
//
// Rejected: taking DuckDB's own structural rejects. It stops at mixed line ends, and a stray quote swallows the rows up
// to the next.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "sources/bytes.h"

namespace filrouge {

struct Dialect {
  std::string delimiter = ",";
  std::string quote = "\"";   ///< empty = no quoting
  std::string escape = "\"";  ///< the quote itself, or a backslash
  bool header = true;
  uint64_t skip = 0;         ///< lines before the header (or before the first record where there is none)
  uint64_t header_line = 0;  ///< where the header is not the first record: its line; the records before it are rejected
  bool operator==(const Dialect&) const = default;
};
Json to_json(const Dialect& dialect);
Dialect dialect_from_json(const Json& json);

enum class Flaw { none, unterminated_quote, text_after_quote, not_utf8 };
std::string to_text(Flaw flaw);

struct Record {
  std::vector<std::string_view> fields;  ///< decoded; valid until the next call
  std::string_view text;                 ///< as it stands in the file, without its line end
  uint64_t line = 0;                     ///< of its first byte, from 1
  uint64_t lines = 1;                    ///< how many lines it spans
  uint64_t offset = 0;                   ///< of its first byte in the decoded stream
  Flaw flaw = Flaw::none;
  bool blank = false;  ///< an empty line: a record of a table of one column, else nothing
};

class CsvRecords {
 public:
  /// `source` must outlive it. Dialect::header and Dialect::skip are left to the caller, but `skip` lines are passed
  /// over. A record of more bytes than `longest` is none: its quote was never meant to open.
  CsvRecords(ByteSource& source, const Dialect& dialect, size_t longest = kLongestRecord);
  static constexpr size_t kLongestRecord = 64 << 20;
  /// False at the end. A record whose quotes are broken counts as its first line; reading goes on with the next line.
  bool next(Record& record);

  /// True as long as DuckDB reads all records so far just as we do.
  bool regular() const { return regular_; }
  uint64_t longest() const { return longest_; }      ///< bytes of the longest record
  uint64_t position() const { return offset_; }      ///< of the next record in the decoded stream
  char line_ending() const { return line_ending_; }  ///< 'n' = \n, 'r' = \r\n, 'c' = \r, of the first record; 0 = none
  bool gave_up() const { return gave_up_; }          ///< on a record longer than it may be
  void allow(size_t longest) { longest_allowed_ = longest; }

 private:
  enum class Step { done, need_more };
  Step parse(Record& record);
  Step parse_field(Record& record, size_t& at, bool& last);
  Step parse_quoted(Record& record, size_t& at);
  bool end_line(size_t& at);
  size_t next_special(size_t at);
  void look_at_block(size_t at);
  bool ends_field(char byte) const { return byte == delimiter_ || byte == '\n' || byte == '\r'; }
  bool fill();
  void finish(Record& record, size_t end);
  void fall_back_to_line(Record& record, Flaw flaw);
  size_t line_end(size_t from) const;

  ByteSource& source_;
  char delimiter_, quote_, escape_;
  bool quoting_;
  std::string buffer_;
  size_t begin_ = 0, end_ = 0;  ///< of what is not yet consumed, in buffer_
  size_t block_;           ///< where the block of bytes begins that `specials_` and `highs_` tell of, a bit for each
  uint64_t specials_ = 0;  ///< delimiters, line ends, quotes and escapes
  uint64_t highs_ = 0;     ///< bytes over 127
  uint64_t offset_ = 0;    ///< of buffer_[begin_] in the stream
  uint64_t line_ = 1;
  bool at_end_ = false;
  std::vector<std::string> pool_;  ///< fields that had escapes
  size_t pooled_ = 0;
  uint64_t inner_lines_ = 0;  ///< line ends inside quotes of this record
  bool high_ = false;         ///< there may be a byte over 127 in this record
  bool regular_ = true;
  char line_ending_ = 0;
  uint64_t longest_ = 0;
  size_t longest_allowed_;
  bool gave_up_ = false;
};

/// Appends fields as one RFC 4180 line.
void append_record(std::string& out, const std::vector<std::string_view>& fields);

}  // namespace filrouge
