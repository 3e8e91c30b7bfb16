// Little languages inside SQL: regular expressions, and the formats of dates.
//
// RE2 (DuckDB) and java.util.regex (Spark) agree on most of the syntax. They differ in what `.`, `$`, `\s` and `\Z`
// match at line ends, and Java has more (look-around, back references, possessive quantifiers) that RE2 refuses, so a
// pattern that DuckDB has bound needs only those few mended.
#include "base/text.h"
#include "engines/spark_walk.h"

namespace filrouge {
namespace {

/// What an escape of RE2 is in Java; letters that are not here stay (\d \w \b \B \D \W \n \t \r \f \v, \xHH).
std::string java_escape(char letter, bool in_class) {
  if (letter == 's') return in_class ? R"(\t\n\f\r )" : R"([\t\n\f\r ])";
  if (letter == 'S' && !in_class) return R"([^\t\n\f\r ])";
  static constexpr std::string_view kSame = "dDwWbBntrfx";
  bool punctuation = !std::isalnum(static_cast<unsigned char>(letter));
  if (punctuation || kSame.find(letter) != std::string_view::npos) return std::string("\\") + letter;
  if (letter == 'A' || letter == 'z') return std::string("\\") + letter;
  throw NotPortable{fmt::format("\\{} in a regular expression", letter), "Java and RE2 read it differently",
                    "write the characters out"};
}

/// The class that opens at `at`; afterwards `at` is just behind it.
std::string java_class(std::string_view pattern, size_t& at) {
  std::string out = "[";
  for (++at; at < pattern.size(); ++at) {
    char c = pattern[at];
    bool first = out == "[" || out == "[^";
    if (c == ']' && !first) return ++at, out + "]";
    if (c == '[' && at + 1 < pattern.size() && pattern[at + 1] == ':')
      throw NotPortable{"a class like [:alpha:]", "Java writes it differently", "write a-zA-Z and the like"};
    if (c == '\\' && at + 1 < pattern.size()) {
      out += java_escape(pattern[++at], true);
    } else {
      if (c == '[' || c == '&' || (c == ']' && first)) out += '\\';
      out += c;
    }
  }
  throw NotPortable{"a class that is not closed", "", ""};
}

}  // namespace

std::string java_pattern(std::string_view pattern) {
  std::string out;
  for (size_t at = 0; at < pattern.size();) {
    char c = pattern[at];
    if (c == '[') {
      out += java_class(pattern, at);
      continue;
    }
    ++at;
    if (c == '(' && at < pattern.size() && pattern[at] == '?') {
      if (!pattern.substr(at).starts_with("?:"))
        throw NotPortable{"(? in a regular expression", "flags and names differ",
                          "write (?: or the option of the call"};
    }
    if (c == '\\' && at < pattern.size())
      out += java_escape(pattern[at++], false);
    else if (c == '.')
      out += "[^\\n]";
    else if (c == '$')
      out += "\\z";
    else
      out += c;
  }
  return out;
}

std::string java_replacement(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size(); ++at) {
    char c = text[at];
    if (c == '$') {
      out += "\\$";
    } else if (c == '\\' && at + 1 < text.size()) {
      char next = text[++at];
      if (std::isdigit(static_cast<unsigned char>(next)))
        out += std::string("$") + next;
      else if (next == '\\')
        out += "\\\\";
      else
        throw NotPortable{"\\ in a replacement", "", "write \\\\ or a group's number behind it"};
    } else {
      out += c;
    }
  }
  return out;
}

std::string date_format_pattern(std::string_view format) {
  struct Part {
    char letter;
    std::string_view spark;
  };
  static constexpr Part kParts[] = {{'Y', "yyyy"}, {'m', "MM"},     {'d', "dd"},  {'H', "HH"},  {'M', "mm"},
                                    {'S', "ss"},   {'f', "SSSSSS"}, {'j', "DDD"}, {'b', "MMM"}, {'B', "MMMM"},
                                    {'a', "EEE"},  {'A', "EEEE"},   {'y', "yy"},  {'I', "hh"},  {'p', "a"}};
  std::string out, literal;
  auto flush = [&] {
    if (!literal.empty()) out += "'" + literal + "'";
    literal.clear();
  };
  for (size_t at = 0; at < format.size(); ++at) {
    if (format[at] != '%') {
      literal += format[at] == '\'' ? std::string("''") : std::string(1, format[at]);
      continue;
    }
    char name = ++at < format.size() ? format[at] : '\0';
    const Part* part =
        std::find_if(std::begin(kParts), std::end(kParts), [&](const Part& p) { return p.letter == name; });
    if (name == '%') {
      literal += "%";
      continue;
    }
    if (part == std::end(kParts))
      throw NotPortable{fmt::format("%{} in a format", name), "Spark has none like it",
                        "use %Y %m %d %H %M %S %f %j %b %B"};
    flush();
    out += part->spark;
  }
  flush();
  return out;
}

}  // namespace filrouge
