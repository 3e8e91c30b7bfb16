#include "engines/duckdb_errors.h"

#include "base/text.h"
#include "engines/duckdb_session.h"
#include "engines/sql_text.h"

namespace filrouge {
namespace {

constexpr const char* kKeywords[] = {"select",   "from",      "where", "group",  "order", "having",  "limit",
                                     "join",     "left",      "right", "inner",  "union", "except",  "with",
                                     "distinct", "case",      "when",  "then",   "else",  "end",     "between",
                                     "using",    "on",        "as",    "by",     "in",    "qualify", "window",
                                     "offset",   "partition", "over",  "values", "pivot", "unpivot"};
constexpr const char* kTypeNames[] = {"varchar",   "text",        "integer",  "bigint",  "smallint", "tinyint",
                                      "double",    "float",       "decimal",  "boolean", "date",     "time",
                                      "timestamp", "timestamptz", "interval", "uuid",    "blob",     "json"};

template <size_t N>
std::vector<std::string> list_of(const char* const (&names)[N]) {
  return {std::begin(names), std::end(names)};
}

Error user_error(const char* code, const std::string& message, const std::string& hint = "") {
  return Error(ErrorKind::user, code, message, hint);
}

Error placed(Error error, size_t offset, size_t length) {
  error.text_offset = static_cast<long>(offset);
  error.text_length = static_cast<long>(length);
  return error;
}

/// A token of the SQL as a name: without quotes, lower case.
std::string name_of(const std::string& sql, const SqlToken& token) {
  std::string text = lower(sql.substr(token.offset, token.length));
  if (token.kind == SqlTokenKind::quoted_name && text.size() >= 2) text = text.substr(1, text.size() - 2);
  return text;
}

/// Places `error` at the first mention of `name` at or after `from`; at `from` where it is not mentioned.
Error placed_at_name(Error error, const std::string& sql, const std::string& name, std::optional<size_t> from) {
  for (const SqlToken& token : sql_tokens(sql)) {
    if (token.offset < from.value_or(0)) continue;
    if (token.kind != SqlTokenKind::word && token.kind != SqlTokenKind::quoted_name) continue;
    if (name_of(sql, token) == lower(name)) return placed(std::move(error), token.offset, token.length);
  }
  if (from) return placed(std::move(error), *from, 0);
  return error;
}

/// The texts between double quotes.
std::vector<std::string> quoted_parts(const std::string& message) {
  std::vector<std::string> parts = split(message, '"'), names;
  for (size_t i = 1; i < parts.size(); i += 2) names.push_back(parts[i]);
  return names;
}

std::string did_you_mean(const std::string& name, const std::vector<std::string>& candidates) {
  auto near = nearest(name, candidates);
  return near ? fmt::format("did you mean `{}`?", *near) : "";
}

/// "`a`", "`a` or `b`", "`a`, `b` or `c`"
std::string one_of(const std::vector<std::string>& names) {
  std::string text;
  for (size_t i = 0; i < names.size(); ++i)
    text += fmt::format("{}`{}`", i == 0 ? "" : i + 1 == names.size() ? " or " : ", ", names[i]);
  return text;
}

/// What is at hand while one answer of DuckDB is put into words.
struct Problem {
  const std::string& sql;
  std::string message;  ///< DuckDB's, its first line
  std::string name;     ///< what it is about, if DuckDB says so
  std::vector<std::string> candidates;
  std::string call;
  std::optional<size_t> position;
  const SyntaxFacts& facts;
  const Schemas& schemas;
  const std::vector<std::string>& functions;

  bool says(std::string_view text) const { return message.find(text) != std::string::npos; }
};

std::vector<std::string> columns_of(const Problem& problem, const std::string& table) {
  auto schema = problem.schemas.find(table);
  return schema == problem.schemas.end() ? std::vector<std::string>() : schema->second.names();
}

/// `qualifier` is the table or alias before the dot; empty where there is none.
Error no_column(const Problem& problem, const std::string& column, const std::string& qualifier) {
  std::vector<std::string> tables, columns;
  for (const TableUse& use : problem.facts.tables) {
    bool meant = qualifier.empty() || use.alias == lower(qualifier) || use.name == lower(qualifier) ||
                 use.name.ends_with("." + lower(qualifier));
    if (!meant || std::find(tables.begin(), tables.end(), use.name) != tables.end()) continue;
    tables.push_back(use.name);
    for (const std::string& name : columns_of(problem, use.name)) columns.push_back(name);
  }
  if (tables.empty() && !qualifier.empty()) tables.push_back(qualifier);
  columns.insert(columns.end(), problem.candidates.begin(), problem.candidates.end());
  std::string where = tables.empty()      ? " here"
                      : tables.size() > 3 ? " in any table of the query"
                                          : " in " + one_of(tables);
  std::string hint = did_you_mean(column, columns);
  if (hint.empty() && problem.sql.find('"' + column + '"') != std::string::npos)
    hint = fmt::format("a text stands in single quotes: {}", quote_text(column));
  Error error = user_error("FR0203", fmt::format("no column `{}`{}", column, where), hint);
  return placed_at_name(std::move(error), problem.sql, column, problem.position);
}

/// Table "f" does not have a column named "x"
Error no_qualified_column(const Problem& problem) {
  std::vector<std::string> names = quoted_parts(problem.message);
  return no_column(problem, names.size() > 1 ? names[1] : "", names.empty() ? "" : names[0]);
}

/// Messages that name the column as the first thing in quotes.
Error no_named_column(const Problem& problem) {
  std::vector<std::string> names = quoted_parts(problem.message);
  return no_column(problem, !problem.name.empty() || names.empty() ? problem.name : names[0], "");
}

/// Referenced table "a" not found!: a qualifier that is no alias of the query.
Error no_alias(const Problem& problem) {
  std::vector<std::string> names = quoted_parts(problem.message), known;
  std::string name = names.empty() ? "" : names[0];
  for (const TableUse& use : problem.facts.tables) {
    if (use.name == lower(name) && !use.alias.empty())
      return placed_at_name(user_error("FR0204", fmt::format("`{}` is called `{}` in this query", name, use.alias),
                                       fmt::format("write `{}.`", use.alias)),
                            problem.sql, name, problem.position);
    known.push_back(use.alias.empty() ? use.name : use.alias);
  }
  known.insert(known.end(), problem.candidates.begin(), problem.candidates.end());
  std::string hint = did_you_mean(name, known);
  if (hint.empty() && !known.empty()) hint = fmt::format("the query knows {}", one_of({known.front()}));
  return placed_at_name(user_error("FR0204", fmt::format("the query has no table or alias `{}`", name), hint),
                        problem.sql, name, problem.position);
}

Error no_function(const Problem& problem) {
  std::vector<std::string> known = problem.functions;
  known.insert(known.begin(), problem.candidates.begin(), problem.candidates.end());
  return placed_at_name(
      user_error("FR0206", fmt::format("no function `{}`", problem.name), did_you_mean(problem.name, known)),
      problem.sql, problem.name, problem.position);
}

Error ambiguous(const Problem& problem) {
  std::vector<std::string> names = quoted_parts(problem.message);
  if (names.empty()) return user_error("FR0208", problem.message);
  std::string column = names[0];
  names.erase(names.begin());
  Error error = user_error("FR0208", fmt::format("`{}` could be {}", column, one_of(names)), "write the one you mean");
  return placed_at_name(std::move(error), problem.sql, column, problem.position);
}

Error not_grouped(const Problem& problem) {
  std::vector<std::string> names = quoted_parts(problem.message);
  std::string column = names.empty() ? "" : names[0];
  Error error = user_error("FR0209", fmt::format("`{}` is neither grouped by nor inside an aggregate", column),
                           fmt::format("add it to GROUP BY, or take any_value({})", column));
  return placed_at_name(std::move(error), problem.sql, column, problem.position);
}

/// "sum(INTEGER_LITERAL)" -> "INTEGER"
std::string argument_types(const std::string& call) {
  size_t open = call.find('('), close = call.rfind(')');
  if (open == std::string::npos || close == std::string::npos || close <= open) return "";
  std::string types = call.substr(open + 1, close - open - 1);
  for (auto [from, to] : {std::pair{"STRING_LITERAL", "VARCHAR"}, std::pair{"INTEGER_LITERAL", "INTEGER"}})
    for (size_t at = types.find(from); at != std::string::npos; at = types.find(from))
      types.replace(at, std::strlen(from), to);
  return types;
}

/// The only argument of the call at `offset`, where it is a column's name: sum(f.carrier) -> f.carrier.
std::string only_argument(const std::string& sql, size_t offset) {
  std::string argument;
  bool open = false;
  for (const SqlToken& token : sql_tokens(sql)) {
    if (token.offset < offset || token.kind == SqlTokenKind::blank) continue;
    std::string text = sql.substr(token.offset, token.length);
    if (!open) {
      open = text == "(";
      if (!open && token.offset != offset) return "";
    } else if (text == ")") {
      return argument;
    } else if (token.kind == SqlTokenKind::word || token.kind == SqlTokenKind::quoted_name || text == ".") {
      argument += text;
    } else {
      return "";
    }
  }
  return "";
}

Error wrong_types(const Problem& problem) {
  std::string types = argument_types(problem.call);
  bool one = types.find(',') == std::string::npos && !types.empty();
  std::string argument = one && problem.position ? only_argument(problem.sql, *problem.position) : "";
  std::string message = types.empty() ? fmt::format("`{}` takes arguments", problem.name)
                        : one         ? fmt::format("`{}` does not take {}", problem.name, types)
                                      : fmt::format("`{}` does not take ({})", problem.name, types);
  if (!argument.empty()) message += fmt::format(" (`{}`)", argument);
  bool numbers = false, operation = !problem.name.empty() && !std::isalpha(static_cast<unsigned char>(problem.name[0]));
  for (const std::string& candidate : problem.candidates)
    numbers = numbers || candidate.starts_with(problem.name + "(DOUBLE");
  std::string hint;
  if (operation)
    hint = "cast one side, as in `x::INTEGER`";
  else if (one && numbers)
    hint = fmt::format("it takes numbers; cast it: `{}::DOUBLE`", argument.empty() ? "x" : argument);
  else if (!problem.candidates.empty())
    hint = fmt::format("it is {}", problem.candidates.front());
  Error error = user_error("FR0207", message, hint);
  return problem.position ? placed(std::move(error), *problem.position, operation ? problem.name.size() : 0) : error;
}

Error no_type(const Problem& problem) {
  return placed_at_name(
      user_error("FR0207", fmt::format("no type `{}`", problem.name), did_you_mean(problem.name, list_of(kTypeNames))),
      problem.sql, problem.name, problem.position);
}

Error other_types(const Problem& problem) {
  Error error = user_error("FR0207", problem.message, "cast one of them, as in `x::INTEGER`");
  return problem.position ? placed(std::move(error), *problem.position, 0) : error;
}

/// How DuckDB's messages begin, and who puts each into words.
struct MessageRow {
  const char* text;
  Error (*tell)(const Problem&);
};
constexpr MessageRow kMessages[] = {{"does not have a column named", no_qualified_column},
                                    {"not found in FROM clause", no_named_column},
                                    {"list not found in FROM", no_named_column},
                                    {"does not exist on left side of join", no_named_column},
                                    {"does not exist on right side of join", no_named_column},
                                    {"Referenced table", no_alias},
                                    {"Function with name", no_function},
                                    {"Type with name", no_type},
                                    {"Ambiguous reference", ambiguous},
                                    {"must appear in the GROUP BY", not_grouped},
                                    {"No function matches", wrong_types},
                                    {"Cannot compare values of type", other_types},
                                    {"Cannot mix values of type", other_types},
                                    {"Could not convert", other_types},
                                    {"Unimplemented type for cast", other_types}};

Problem problem_of(const std::string& sql, size_t prefix, PlanNode answer, const SyntaxFacts& facts,
                   const Schemas& schemas, const std::vector<std::string>& functions) {
  DuckError parts = parse_duckdb_error(answer["error_message"].text());
  Problem problem{sql,     parts.message, answer["name"].text(), parts.candidates, answer["call"].text(), {}, facts,
                  schemas, functions};
  size_t line = problem.message.find("  Candidate");
  if (line != std::string::npos) problem.message.resize(line);
  if (answer["candidates"]) problem.candidates = split(answer["candidates"].text(), ',');
  if (answer["error_subtype"].is("NO_MATCHING_FUNCTION")) {  // its commas are inside the candidates
    problem.candidates.clear();
    std::string text = answer["error_message"].text();
    for (const std::string& row : split(text, '\n'))
      if (row.starts_with("\t" + problem.name + "(")) problem.candidates.push_back(row.substr(1, row.find(" ->") - 1));
  }
  if (answer["position"]) {
    uint64_t position = std::strtoull(answer["position"].text().c_str(), nullptr, 10);
    if (position >= prefix && position - prefix <= sql.size()) problem.position = position - prefix;
  }
  return problem;
}

bool has_open_parenthesis(const std::string& sql, size_t before) {
  int open = 0;
  for (const SqlToken& token : sql_tokens(sql)) {
    if (token.offset >= before) break;
    if (token.kind != SqlTokenKind::other) continue;
    open += sql[token.offset] == '(' ? 1 : sql[token.offset] == ')' ? -1 : 0;
  }
  return open > 0;
}

}  // namespace

Error syntax_error(const std::string& sql, PlanNode answer) {
  std::string message = answer["error_message"].text();
  if (answer["error_type"].is("not implemented")) {
    for (const SqlToken& token : sql_tokens(sql))
      if (token.kind == SqlTokenKind::word && name_of(sql, token).starts_with("pivot"))
        return placed(user_error("FR0212", "PIVOT needs its values: the columns of a step are known before it runs",
                                 "write PIVOT ... ON column IN (value, value)"),
                      token.offset, token.length);
    return not_one_select(sql, 1);
  }
  std::vector<std::string> names = quoted_parts(message);
  std::string hint;
  std::vector<std::string> keywords = list_of(kKeywords);
  bool is_keyword = !names.empty() && std::find(keywords.begin(), keywords.end(), lower(names[0])) != keywords.end();
  if (!names.empty() && !is_keyword) hint = did_you_mean(lower(names[0]), keywords);
  size_t position = answer["position"] ? std::strtoull(answer["position"].text().c_str(), nullptr, 10) : sql.size();
  position = std::min(position, sql.size());
  if (hint.empty() && has_open_parenthesis(sql, position)) hint = "a parenthesis before it is not closed";
  if (names.empty() && message.find("end of input") != std::string::npos) {
    message = "the SQL ends too early";
    position = trim(sql).empty() ? 0 : sql.find_last_not_of(" \t\r\n") + 1;
  } else if (!names.empty()) {
    message = fmt::format("the SQL makes no sense from `{}` on", names[0]);
  }
  Error error = user_error("FR0201", message, hint);
  return placed(std::move(error), std::min(position, sql.size()), names.empty() ? 0 : names[0].size());
}

Error not_one_select(const std::string& sql, size_t statements) {
  if (statements == 0) return user_error("FR0202", "the query is empty", "write one SELECT");
  if (statements > 1)
    return user_error("FR0202", fmt::format("{} statements where one SELECT is meant", statements),
                      "make each a step of its own");
  for (const SqlToken& token : sql_tokens(sql)) {
    if (token.kind != SqlTokenKind::word) continue;
    std::string word = sql.substr(token.offset, token.length);
    return placed(
        user_error("FR0202", fmt::format("`{}` where a SELECT is meant", word), "a query only reads: write one SELECT"),
        token.offset, token.length);
  }
  return user_error("FR0202", "this is not a SELECT");
}

Error unnamed_parameter(const std::string& sql) {
  Error error = user_error("FR0205", "parameters have names here", "write `$name` and give it a value in params");
  bool after_dollar = false;
  for (const SqlToken& token : sql_tokens(sql)) {
    std::string text = sql.substr(token.offset, token.length);
    if (after_dollar && token.kind == SqlTokenKind::number)
      return placed(std::move(error), token.offset - 1, token.length + 1);
    if (token.kind == SqlTokenKind::other && text == "?") return placed(std::move(error), token.offset, 1);
    after_dollar = text == "$";
  }
  return error;
}

Error unknown_table(const TableUse& use, const Schemas& schemas, const std::string& sql) {
  std::vector<std::string> names;
  for (const auto& [name, schema] : schemas) names.push_back(name);
  Error error = user_error("FR0204", fmt::format("no table `{}`", use.name), did_you_mean(use.name, names));
  size_t length = sql.substr(use.offset, use.name.size()) == use.name ? use.name.size() : 0;
  return placed(std::move(error), use.offset, length);
}

Error duplicate_column(const std::string& name) {
  return user_error("FR0213", fmt::format("the query gives two columns the name `{}`", name),
                    "name one of them otherwise with AS, or leave it out with EXCLUDE");
}

Error bind_error(const std::string& sql, size_t prefix, PlanNode answer, const SyntaxFacts& facts,
                 const Schemas& schemas, const std::vector<std::string>& functions) {
  Problem problem = problem_of(sql, prefix, answer, facts, schemas, functions);
  if (answer["error_type"].is("permission") || answer["error_type"].is("io")) {
    Error error = user_error("FR0214", "a query reads tables of the thread only", "add a `read` step for the file");
    return problem.position ? placed(std::move(error), *problem.position, 0) : error;
  }
  for (const MessageRow& row : kMessages)
    if (problem.says(row.text)) return row.tell(problem);
  for (char& c : problem.message)
    if (c == '"') c = '`';
  Error error = user_error("FR0209", problem.message);
  return problem.position ? placed(std::move(error), *problem.position, 0) : error;
}

namespace {

/// Table functions that compute rows from their arguments alone.
constexpr const char* kTableFunctions[] = {"range",      "generate_series", "unnest",   "repeat",
                                           "repeat_row", "json_each",       "json_tree"};

Error foreign_data(const std::string& what) {
  return user_error("FR0214", fmt::format("a query reads tables of the thread only, not {}", what),
                    "add a `read` step and query its table");
}

}  // namespace

void check_table_name(const TableUse& use, const std::string& sql) {
  static const std::string kSystem[] = {"information_schema.", "pg_catalog.", "system.", "temp."};
  bool system = use.name.starts_with("duckdb_") || use.name.starts_with("pragma_") || use.name.starts_with("sqlite_");
  for (const std::string& schema : kSystem) system = system || use.name.starts_with(schema);
  bool file = use.name.find_first_of("/*:\\") != std::string::npos;
  bool is_literal = use.offset < sql.size() && sql[use.offset] == '\'';
  if (!system && !file && !is_literal) return;
  throw placed(foreign_data(fmt::format("`{}`", use.name)), use.offset, use.name.size() + (is_literal ? 2 : 0));
}

void check_table_function(const TableUse& call, const std::string&) {
  for (const char* name : kTableFunctions)
    if (call.name == name) return;
  throw placed(foreign_data(fmt::format("what `{}` finds", call.name)), call.offset, call.name.size());
}

void check_scans(PlanNode plan, const std::string& sql) {
  if (plan["type"].is("LOGICAL_GET") && !plan["name"].is("seq_scan"))
    check_table_function({plan["name"].text(), "", 0}, sql);
  for (PlanNode child : plan["children"]) check_scans(child, sql);
}

}  // namespace filrouge
