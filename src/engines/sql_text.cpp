#include "engines/sql_text.h"

#include <optional>

#include "base/error.h"
#include "base/text.h"
#include "tables/schema.h"

namespace filrouge {
namespace {

bool is_blank(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool starts_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}
bool continues_word(char c) {
  return starts_word(c) || is_digit(c);
}

class Scanner {
 public:
  explicit Scanner(std::string_view sql) : sql_(sql) {}

  std::vector<SqlToken> scan() {
    std::vector<SqlToken> tokens;
    while (at_ < sql_.size()) {
      size_t begin = at_;
      SqlTokenKind kind = next();
      tokens.push_back({kind, begin, at_ - begin});
    }
    return tokens;
  }

 private:
  char peek(size_t ahead = 0) const { return at_ + ahead < sql_.size() ? sql_[at_ + ahead] : '\0'; }
  void to_end_of(std::string_view closing, size_t from) {
    size_t close = sql_.find(closing, from);
    at_ = close == std::string_view::npos ? sql_.size() : close + closing.size();
  }

  SqlTokenKind next() {
    char c = peek();
    if (is_blank(c)) {
      while (at_ < sql_.size() && is_blank(sql_[at_])) ++at_;
      return SqlTokenKind::blank;
    }
    if (c == '-' && peek(1) == '-') {
      at_ = std::min(sql_.find_first_of("\r\n", at_), sql_.size());
      return SqlTokenKind::comment;
    }
    if (c == '/' && peek(1) == '*') return block_comment();
    if (c == '\'') return quoted('\'', false), SqlTokenKind::string;
    if (c == '"') return quoted('"', false), SqlTokenKind::quoted_name;
    if ((c == 'e' || c == 'E') && peek(1) == '\'') return ++at_, quoted('\'', true), SqlTokenKind::string;
    if (c == '$') return dollar();
    if (is_digit(c)) {
      while (continues_word(peek()) || peek() == '.') ++at_;
      return SqlTokenKind::number;
    }
    if (starts_word(c)) {  // a dollar sign inside a word is part of it
      while (continues_word(peek()) || peek() == '$') ++at_;
      return SqlTokenKind::word;
    }
    ++at_;
    return SqlTokenKind::other;
  }

  /// Comments nest.
  SqlTokenKind block_comment() {
    int depth = 0;
    do {
      if (peek() == '/' && peek(1) == '*')
        ++depth, at_ += 2;
      else if (peek() == '*' && peek(1) == '/')
        --depth, at_ += 2;
      else
        ++at_;
    } while (depth > 0 && at_ < sql_.size());
    at_ = std::min(at_, sql_.size());
    return SqlTokenKind::comment;
  }

  /// A doubled quote is one that belongs to the text; with `escapes` (E'..'), so is whatever follows a backslash.
  void quoted(char quote, bool escapes) {
    for (++at_; at_ < sql_.size(); ++at_) {
      if (escapes && sql_[at_] == '\\')
        ++at_;
      else if (sql_[at_] == quote && peek(1) == quote)
        ++at_;
      else if (sql_[at_] == quote)
        break;
    }
    at_ = std::min(at_ + 1, sql_.size());
  }

  /// $name, or the $$ or $tag$ that opens a string.
  SqlTokenKind dollar() {
    size_t begin = at_++;
    if (starts_word(peek()))
      while (continues_word(peek())) ++at_;
    if (peek() == '$') {
      std::string_view tag = sql_.substr(begin, at_ + 1 - begin);
      to_end_of(tag, at_ + 1);
      return SqlTokenKind::string;
    }
    return at_ - begin > 1 ? SqlTokenKind::parameter : SqlTokenKind::other;
  }

  std::string_view sql_;
  size_t at_ = 0;
};

std::string sql_literal(const Json& value) {
  if (value.is_string()) return quote_text(value.get<std::string>());
  if (value.is_null()) return "NULL";
  if (value.is_boolean()) return value.get<bool>() ? "TRUE" : "FALSE";
  if (value.is_array()) {
    std::vector<std::string> items;
    for (const Json& item : value) items.push_back(sql_literal(item));
    return "[" + join(items, ", ") + "]";
  }
  std::string text = dump(value);
  return text.starts_with('-') ? "(" + text + ")" : text;
}

[[noreturn]] void unknown_parameter(const ParameterUse& use, const std::map<std::string, Json>& params) {
  std::vector<std::string> names;
  for (const auto& [name, value] : params) names.push_back(name);
  std::string hint = fmt::format("name it in params: `{}: VALUE`", use.name);
  if (auto near = nearest(use.name, names)) hint = fmt::format("did you mean `${}`?", *near);
  Error error(ErrorKind::user, "FR0205", fmt::format("no parameter `${}`", use.name), hint);
  error.text_offset = static_cast<long>(use.offset);
  throw error;
}

}  // namespace

std::vector<SqlToken> sql_tokens(std::string_view sql) {
  return Scanner(sql).scan();
}

std::vector<ParameterUse> find_parameters(std::string_view sql) {
  std::vector<ParameterUse> uses;
  if (sql.find('$') == std::string_view::npos) return uses;
  for (const SqlToken& token : sql_tokens(sql))
    if (token.kind == SqlTokenKind::parameter)
      uses.push_back({std::string(sql.substr(token.offset + 1, token.length - 1)), token.offset, token.length});
  return uses;
}

BoundSql::BoundSql(std::string_view sql, const std::map<std::string, Json>& params) {
  std::set<std::string> used;
  size_t done = 0;
  auto copy_up_to = [&](size_t end) {
    if (end > done) pieces_.push_back({text_.size(), done, false});
    text_ += sql.substr(done, end - done);
  };
  for (const ParameterUse& use : find_parameters(sql)) {
    auto value = params.find(use.name);
    if (value == params.end()) unknown_parameter(use, params);
    copy_up_to(use.offset);
    pieces_.push_back({text_.size(), use.offset, true});
    text_ += sql_literal(value->second);
    done = use.offset + use.length;
    used.insert(use.name);
  }
  copy_up_to(sql.size());
  used_.assign(used.begin(), used.end());
}

size_t BoundSql::original_offset(size_t offset) const {
  auto after = std::upper_bound(pieces_.begin(), pieces_.end(), offset,
                                [](size_t wanted, const Piece& piece) { return wanted < piece.bound; });
  if (after == pieces_.begin()) return offset;
  const Piece& piece = *std::prev(after);
  return piece.literal ? piece.original : piece.original + (offset - piece.bound);
}

std::string canonical_sql(std::string_view sql) {
  std::string out;
  bool blank = false;
  for (const SqlToken& token : sql_tokens(sql)) {
    if (token.kind == SqlTokenKind::blank || token.kind == SqlTokenKind::comment) {
      blank = true;
      continue;
    }
    std::string_view text = sql.substr(token.offset, token.length);
    auto is_bracket = [](char c) { return c == '(' || c == ')' || c == ','; };
    if (blank && !out.empty() && !is_bracket(out.back()) && !is_bracket(text[0])) out += ' ';
    out += text;
    blank = false;
  }
  while (!out.empty() && (out.back() == ';' || out.back() == ' ')) out.pop_back();
  return out;
}

}  // namespace filrouge
