#include "tables/portable.h"

#include <array>
#include <utility>

namespace filrouge {
namespace {

constexpr std::pair<const char*, const char*> kPortable[] = {{"HUGEINT", "DECIMAL(38,0)"},
                                                             {"UHUGEINT", "DECIMAL(38,0)"},
                                                             {"UTINYINT", "SMALLINT"},
                                                             {"USMALLINT", "INTEGER"},
                                                             {"UINTEGER", "BIGINT"},
                                                             {"UBIGINT", "DECIMAL(20,0)"},
                                                             {"TIMESTAMP_S", "TIMESTAMP"},
                                                             {"TIMESTAMP_MS", "TIMESTAMP"},
                                                             {"TIMESTAMP_NS", "TIMESTAMP"},
                                                             {"BIGNUM", "VARCHAR"},
                                                             {"BIT", "VARCHAR"},
                                                             {"\"NULL\"", "INTEGER"},
                                                             {"JSON", "VARCHAR"}};

bool is_word(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

}  // namespace

std::string portable_type(const std::string& type) {
  if (type.starts_with("ENUM(")) return "VARCHAR";
  std::string out;
  for (size_t at = 0; at < type.size();) {
    if (type[at] == '"') {  // a field's name: copied as it stands
      size_t end = type.find('"', at + 1);
      end = end == std::string::npos ? type.size() : end + 1;
      std::string name = type.substr(at, end - at);
      out += name == "\"NULL\"" ? "INTEGER" : name;
      at = end;
      continue;
    }
    if (!is_word(type[at])) {
      out += type[at++];
      continue;
    }
    size_t end = at;
    while (end < type.size() && is_word(type[end])) ++end;
    std::string word = type.substr(at, end - at);
    for (const auto& [from, to] : kPortable)
      if (word == from) word = to;
    out += word;
    at = end;
  }
  return out;
}

}  // namespace filrouge
