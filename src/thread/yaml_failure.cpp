#include "thread/yaml_failure.h"

#include "base/text.h"

namespace filrouge {

namespace {

constexpr std::string_view kBlank = " \t";

/// What is known when the parser gave up, with the questions that the explanations below ask of it.
struct Scene {
  const YamlFailure& failure;
  const Lines& lines;
  const std::string& file;

  bool problem_has(std::string_view words) const { return failure.problem.find(words) != std::string::npos; }
  bool context_has(std::string_view words) const { return failure.context.find(words) != std::string::npos; }
  std::string_view line() const { return lines.line(failure.place.line); }
  /// The line before the place, in bytes.
  std::string_view before() const { return line().substr(0, column_byte(failure.place)); }
  std::string_view after() const { return line().substr(column_byte(failure.place)); }
  size_t column_byte(const Place& place) const {
    std::string_view text = lines.line(place.line);
    size_t at = 0;
    for (int column = 1; column < place.column && at < text.size(); ++column) do
        ++at;
      while (at < text.size() && (text[at] & 0xC0) == 0x80);
    return at;
  }

  Diagnostic at(int line_number, size_t byte, size_t length, std::string code, std::string message, std::string hint,
                std::string note = "") const {
    std::string_view text = lines.line(line_number);
    byte = std::min(byte, text.size());
    Diagnostic d;
    d.code = std::move(code), d.file = file, d.line = line_number;
    d.column = static_cast<int>(count_code_points(text.substr(0, byte))) + 1;
    d.length = std::max(1, static_cast<int>(count_code_points(text.substr(byte, length))));
    d.message = std::move(message), d.hint = std::move(hint), d.note = std::move(note);
    return d;
  }
  Diagnostic here(std::string code, std::string message, std::string hint, std::string note = "",
                  size_t length = 1) const {
    return at(failure.place.line, column_byte(failure.place), length, std::move(code), std::move(message),
              std::move(hint), std::move(note));
  }
};

using Explained = std::optional<Diagnostic>;

size_t indent_of(std::string_view line) {
  return std::min(line.find_first_not_of(kBlank), line.size());
}

bool is_empty_line(std::string_view line) {
  std::string_view text = trim(line);
  return text.empty() || text.front() == '#';
}

/// The last line before `number` that says something; 0 = there is none.
int line_above(const Lines& lines, int number) {
  while (--number > 0)
    if (!is_empty_line(lines.line(number))) return number;
  return 0;
}

/// Where the first key or value of a line begins, behind `- ` signs.
size_t content_of(std::string_view line) {
  size_t at = indent_of(line);
  while (line.substr(at, 2) == "- ") at = std::min(line.find_first_not_of(kBlank, at + 1), line.size());
  return at;
}

/// Length of a name at `at`, as a key of thread.yaml would be written.
size_t name_length(std::string_view line, size_t at) {
  size_t end = at;
  while (end < line.size() &&
         (std::isalnum(static_cast<unsigned char>(line[end])) || line[end] == '_' || line[end] == '-'))
    ++end;
  return end - at;
}

/// `query:SELECT 1` -> "query": a key whose colon has no blank behind it.
std::string key_without_blank(std::string_view line) {
  size_t at = content_of(line), length = name_length(line, at);
  size_t colon = at + length;
  if (length == 0 || colon + 1 >= line.size() || line[colon] != ':') return {};
  if (kBlank.find(line[colon + 1]) != std::string_view::npos || line.substr(colon, 3) == "://") return {};
  return std::string(line.substr(at, length));
}

std::string key_of(std::string_view line) {
  size_t at = content_of(line), length = name_length(line, at);
  return line.substr(at + length, 1) == ":" ? std::string(line.substr(at, length)) : std::string();
}

Diagnostic missing_blank(const Scene& s, int number, const std::string& key) {
  std::string_view line = s.lines.line(number);
  return s.at(number, content_of(line), key.size() + 1, "FR0101", fmt::format("a blank is missing after `{}:`", key),
              fmt::format("write `{}: {}`", key, trim(line.substr(content_of(line) + key.size() + 1))),
              "without the blank YAML takes the whole line for one text");
}

Explained explain_tab(const Scene& s) {
  std::string_view line = s.line();
  size_t indent = line.find_first_not_of(kBlank);
  size_t tab = line.substr(0, indent).find('\t');
  if (tab == std::string_view::npos) {
    if (s.after().empty() || s.after().front() != '\t') return std::nullopt;
    tab = s.column_byte(s.failure.place);
  }
  return s.at(s.failure.place.line, tab, 1, "FR0102", "a tab stands in the indentation", "use blanks instead",
              "YAML allows only blanks at the start of a line; most editors can replace tabs by blanks");
}

Explained explain_end_of_quote(const Scene& s) {
  if (!s.context_has("quoted scalar")) return std::nullopt;
  const Place& open = s.failure.context_place;
  size_t at = s.column_byte(open);
  std::string_view line = s.lines.line(open.line);
  char quote = at < line.size() ? line[at] : '"';
  if (s.problem_has("unknown escape") || s.problem_has("hexdecimal") || s.problem_has("hexadecimal"))
    return s.here("FR0101", fmt::format("`{}` means nothing between double quotes", s.after().substr(0, 2)),
                  "use single quotes, in which a backslash is a backslash",
                  "between double quotes YAML reads \\n, \\t, \\\", \\\\, \\u00e9 and a few more", 2);
  if (!s.problem_has("unexpected end of stream") && !s.problem_has("document indicator")) return std::nullopt;
  return s.at(open.line, at, 1, "FR0103", fmt::format("the quote `{}` that opens here is never closed", quote),
              fmt::format("add the closing `{}`", quote),
              quote == '\'' ? "inside single quotes an apostrophe is written twice: 'it''s'" : "");
}

Explained explain_open_bracket(const Scene& s) {
  if (!s.context_has("flow sequence") && !s.context_has("flow mapping")) return std::nullopt;
  const Place& open = s.failure.context_place;
  char bracket = s.context_has("sequence") ? '[' : '{';
  char closing = bracket == '[' ? ']' : '}';
  size_t at = s.column_byte(open);
  if (s.before().size() >= 1 && s.before().back() == '$' && !s.after().empty() && s.after().front() == '{')
    return s.at(s.failure.place.line, s.before().size() - 1, 2, "FR0101", "`${...}` needs quotes inside [ ] or { }",
                "put it in quotes: \"${secret:name}\"");
  return s.at(open.line, at, 1, "FR0103", fmt::format("the bracket `{}` that opens here is never closed", bracket),
              fmt::format("add the closing `{}`, or a comma between two items", closing),
              fmt::format("line {} cannot belong to it", s.failure.place.line));
}

Explained explain_alias(const Scene& s) {
  if (!s.context_has("an alias") && !s.context_has("an anchor")) return std::nullopt;
  const Place& begin = s.failure.context_place;
  size_t at = s.column_byte(begin);
  std::string_view text = trim(s.lines.line(begin.line).substr(at));
  return s.at(begin.line, at, text.size(), "FR0101",
              fmt::format("a text that begins with `{}` needs quotes", text.substr(0, 1)),
              fmt::format("write \"{}\"", text), "in YAML `*name` repeats the value that `&name` marked");
}

Explained explain_directive(const Scene& s) {
  if (!s.context_has("directive")) return std::nullopt;
  return s.at(s.failure.context_place.line, 0, 1, "FR0101", "a line cannot begin with `%`", "put the text in quotes");
}

Explained explain_first_character(const Scene& s) {
  if (!s.problem_has("cannot start any token") || s.after().empty()) return std::nullopt;
  std::string_view text = trim(s.after());
  return s.here("FR0101", fmt::format("a text cannot begin with `{}` unless it stands in quotes", text.substr(0, 1)),
                fmt::format("write \"{}\"", text), "", text.size());
}

Explained explain_block_header(const Scene& s) {
  if (!s.context_has("block scalar")) return std::nullopt;
  if (s.problem_has("comment or line break")) {
    size_t sign = s.column_byte(s.failure.context_place);
    return s.here("FR0101", fmt::format("nothing may stand behind `{}` on its line", s.line().substr(sign, 1)),
                  "begin the text on the next line, indented deeper", "", s.after().size());
  }
  return std::nullopt;
}

Explained explain_list_in_line(const Scene& s) {
  if (!s.problem_has("block sequence entries are not allowed")) return std::nullopt;
  std::string key = key_of(s.line());
  if (key.empty() || s.before().find(':') == std::string_view::npos)
    return s.here("FR0101", "a list item `-` cannot stand here", "begin each item on a line of its own");
  return s.here("FR0101", fmt::format("a list item `-` cannot stand on the line of `{}:`", key),
                "begin it on the next line", fmt::format("for a list of names on one line write `{}: [a, b]`", key));
}

Explained explain_missing_colon(const Scene& s) {
  if (!s.context_has("simple key")) return std::nullopt;
  int number = s.failure.context_place.line;
  std::string_view line = s.lines.line(number);
  if (std::string key = key_without_blank(line); !key.empty()) return missing_blank(s, number, key);
  size_t at = s.column_byte(s.failure.context_place);
  std::string_view text = trim(line.substr(at));
  bool one_word = name_length(line, at) == text.size();
  return s.at(
      number, at, text.size(), "FR0101", "this line is no `key: value`",
      one_word ? fmt::format("is a colon missing: `{}:`?", text) : "a key, a colon and a blank are expected",
      one_word ? "" : "a text of several lines begins with `|` behind its key, and is indented deeper than the key");
}

/// "mapping values are not allowed": a colon where no key can be.
Explained explain_unexpected_colon(const Scene& s) {
  if (!s.problem_has("mapping values are not allowed")) return std::nullopt;
  int number = s.failure.place.line, above = line_above(s.lines, number);
  std::string_view line = s.line();
  size_t content = content_of(line), colon = s.column_byte(s.failure.place);
  std::string key = key_of(line);
  size_t first_colon = content + key.size();
  if (!key.empty() && first_colon < colon) {
    std::string_view value = trim(line.substr(first_colon + 1));
    return s.here("FR0101", fmt::format("the value of `{}` has a colon with a blank behind it", key),
                  "put the value in quotes, or on its own lines after `|`",
                  fmt::format("such as  {}: \"{}\"", key, value));
  }
  if (above > 0) {
    std::string_view upper = s.lines.line(above);
    if (std::string joined = key_without_blank(upper); !joined.empty()) return missing_blank(s, above, joined);
    if (!key.empty() && content > content_of(upper) && !key_of(upper).empty())
      return s.at(number, content, key.size(), "FR0101",
                  fmt::format("`{}` is indented deeper than `{}` of line {}, which has a value already", key,
                              key_of(upper), above),
                  fmt::format("begin it in column {}", count_code_points(upper.substr(0, content_of(upper))) + 1));
    if (key_of(upper).empty() && !upper.substr(content_of(upper)).starts_with('-'))
      return s.at(above, content_of(upper), trim(upper).size(), "FR0101", "this line is no `key: value`",
                  "a key, a colon and a blank are expected");
  }
  return s.here("FR0101", "a colon cannot stand here", "put a text with a colon in quotes");
}

/// A line that begins in a column in which nothing above begins, or a `-` among keys, or keys among `-`.
Explained explain_indentation(const Scene& s) {
  if (!s.context_has("block collection") && !s.context_has("block mapping")) return std::nullopt;
  std::string_view rest = s.after(), before = s.before();
  const Place& begin = s.failure.context_place;
  if (!trim(before).empty()) {
    char last = trim(before).back();
    if (!rest.empty() && (rest.front() == ']' || rest.front() == '}'))
      return s.here("FR0101", fmt::format("the closing `{}` has no opening one", rest.front()), "remove it");
    if (last == '"' || last == '\'')
      return s.here("FR0101", "the text goes on after its closing quote", "put the whole value in quotes",
                    last == '\'' ? "inside single quotes an apostrophe is written twice: 'it''s'" : "",
                    trim(rest).size());
    return s.here("FR0101", "this cannot stand behind a value", "put the whole value in quotes", "", trim(rest).size());
  }
  if (!rest.empty() && (rest.front() == ']' || rest.front() == '}'))
    return s.here("FR0101", fmt::format("the closing `{}` has no opening one", rest.front()), "remove it");
  if (!rest.empty() && rest.front() == ':')
    return s.here("FR0106", "a key is missing before the colon", "write `key: value`");
  bool item = rest.starts_with("- ") || trim(rest) == "-";
  if (s.failure.place.column == begin.column && item)
    return s.here("FR0101",
                  fmt::format("a list item `-` cannot stand among the keys that begin in line {}", begin.line),
                  "give the list a key, such as `steps:` on the line above");
  if (s.failure.place.column == begin.column)
    return s.here(
        "FR0101", fmt::format("this line begins where the `-` of line {} begins, but is no list item", begin.line),
        fmt::format("indent it by 2 to belong to the item above, or begin it with `- `"), "", trim(rest).size());
  int above = line_above(s.lines, s.failure.place.line);
  std::string note;
  if (above > 0) {
    std::string_view upper = s.lines.line(above);
    note = fmt::format("what line {} says begins in column {}", above,
                       count_code_points(upper.substr(0, content_of(upper))) + 1);
  }
  return s.here("FR0101", "the indentation of this line fits no line above", "align it with what it belongs to", note,
                trim(rest).size());
}

Explained explain_second_root(const Scene& s) {
  if (!s.problem_has("<document start>")) return std::nullopt;
  return s.here("FR0101", "the file goes on after its only value has ended",
                "a thread is one mapping of `key: value` lines", "", trim(s.after()).size());
}

}  // namespace

Diagnostic explain_yaml_failure(const YamlFailure& failure, const Lines& lines, const std::string& file) {
  Scene scene{failure, lines, file};
  using Explain = Explained (*)(const Scene&);
  // From the certain to the vague.
  constexpr Explain kExplanations[] = {
      explain_tab,           explain_end_of_quote,     explain_block_header,    explain_open_bracket,
      explain_alias,         explain_directive,        explain_first_character, explain_list_in_line,
      explain_missing_colon, explain_unexpected_colon, explain_indentation,     explain_second_root};
  for (Explain explain : kExplanations)
    if (Explained diagnostic = explain(scene)) return *diagnostic;
  std::string context = failure.context.empty() ? "" : fmt::format(" ({})", failure.context);
  return scene.here("FR0101", fmt::format("this is not YAML: {}{}", failure.problem, context), "");
}

}  // namespace filrouge
