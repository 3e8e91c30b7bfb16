#include "tables/portable.h"

#include "base/text.h"

namespace filrouge {
namespace {

struct TypeRow {
  std::string_view type, portable;
};
constexpr TypeRow kTypes[] = {{"HUGEINT", "DECIMAL(38,0)"},  {"UHUGEINT", "DECIMAL(38,0)"},
                              {"UTINYINT", "SMALLINT"},      {"USMALLINT", "INTEGER"},
                              {"UINTEGER", "BIGINT"},        {"UBIGINT", "DECIMAL(20,0)"},
                              {"TIMESTAMP_S", "TIMESTAMP"},  {"TIMESTAMP_MS", "TIMESTAMP"},
                              {"TIMESTAMP_NS", "TIMESTAMP"}, {"TIME WITH TIME ZONE", "TIME"},
                              {"TIME_NS", "TIME"},           {"BIT", "VARCHAR"},
                              {"BIGNUM", "VARCHAR"},         {"\"NULL\"", "INTEGER"},
                              {"NULL", "INTEGER"},           {"GEOMETRY", "BLOB"},
                              {"JSON", "VARCHAR"},           {"VARIANT", "VARCHAR"}};

/// Offset just after the quoted text that starts at `at`.
size_t after_quoted(std::string_view text, size_t at) {
  char quote = text[at];
  for (++at; at < text.size(); ++at) {
    if (text[at] != quote) continue;
    if (at + 1 < text.size() && text[at + 1] == quote)
      ++at;
    else
      return at + 1;
  }
  return text.size();
}

/// "a INTEGER, b MAP(x, y)" -> its parts at the outermost commas.
std::vector<std::string_view> parts_of(std::string_view text) {
  std::vector<std::string_view> parts;
  size_t begin = 0;
  int depth = 0;
  for (size_t at = 0; at < text.size();) {
    if (text[at] == '"' || text[at] == '\'') {
      at = after_quoted(text, at);
      continue;
    }
    if (text[at] == '(') ++depth;
    if (text[at] == ')') --depth;
    if (text[at] == ',' && depth == 0) parts.push_back(trim(text.substr(begin, at - begin))), begin = at + 1;
    ++at;
  }
  parts.push_back(trim(text.substr(begin)));
  return parts;
}

std::string portable_fields(std::string_view fields) {
  std::vector<std::string> out;
  for (std::string_view field : parts_of(fields)) {
    size_t end = !field.empty() && field[0] == '"' ? after_quoted(field, 0) : std::min(field.find(' '), field.size());
    out.push_back(std::string(field.substr(0, end)) + " " + portable_type(trim(field.substr(end))));
  }
  return join(out, ", ");
}

}  // namespace

std::string portable_type(std::string_view type) {
  type = trim(type);
  if (type.ends_with("]")) return portable_type(type.substr(0, type.rfind('['))) + "[]";
  size_t open = type.find('(');
  std::string_view base = trim(type.substr(0, open));
  if (open != std::string_view::npos && type.ends_with(")")) {
    std::string_view inside = type.substr(open + 1, type.size() - open - 2);
    if (base == "STRUCT") return "STRUCT(" + portable_fields(inside) + ")";
    if (base == "ENUM" || base == "UNION") return "VARCHAR";
    if (base == "MAP") {
      std::vector<std::string> out;
      for (std::string_view part : parts_of(inside)) out.push_back(portable_type(part));
      return "MAP(" + join(out, ", ") + ")";
    }
  }
  for (const TypeRow& row : kTypes)
    if (type == row.type || base == row.type) return std::string(row.portable);
  return std::string(type);
}

}  // namespace filrouge
