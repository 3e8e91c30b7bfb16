// SQL as text, without an engine: parameters, and the canonical form that goes into a step's key.
// A small scanner that knows strings, quoted identifiers, dollar quotes and comments; nothing else of the grammar.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/json.h"

namespace filrouge {

enum class SqlTokenKind { blank, comment, string, quoted_name, word, number, parameter, other };
struct SqlToken {
  SqlTokenKind kind;
  size_t offset, length;
};
/// The whole text in pieces, none left out. A string, quoted name or comment that is not closed reaches to the end.
std::vector<SqlToken> sql_tokens(std::string_view sql);

struct ParameterUse {
  std::string name;
  size_t offset, length;  ///< bytes, with the dollar sign
};
/// Every `$name` outside strings, quoted names and comments, in order.
std::vector<ParameterUse> find_parameters(std::string_view sql);

/// SQL with each $name replaced by a literal (a list by [..], a negative number in parentheses); remembers which byte
/// came from where. An offset inside a literal maps to its dollar sign.
class BoundSql {
 public:
  /// Throws Error(user, FR0205, text_offset) for a $name that `params` lacks, with the nearest name as hint.
  BoundSql(std::string_view sql, const std::map<std::string, Json>& params);
  const std::string& text() const { return text_; }
  size_t original_offset(size_t offset_in_text) const;
  const std::vector<std::string>& used() const { return used_; }  ///< each once, sorted

 private:
  struct Piece {
    size_t bound, original;
    bool literal;
  };
  std::string text_;
  std::vector<Piece> pieces_;
  std::vector<std::string> used_;
};

/// Without comments, each run of white space one blank and none next to ( ) or a comma, no trailing semicolons. Equal
/// for texts that differ in layout only.
std::string canonical_sql(std::string_view sql);

}  // namespace filrouge
