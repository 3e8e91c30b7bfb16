// Functions and operators that have been compared on both engines, overload by overload. The proof of each row is a
// line of tests/cluster/expressions.txt, run on both.
#include "base/text.h"
#include "engines/spark_walk.h"

namespace filrouge {
namespace {

const std::string& value_of(const Call& call, size_t index) {
  return *call.arguments.at(index).value;
}

/// round(2.675, 2): DuckDB multiplies, rounds half away from zero and divides; Spark rounds the shortest decimal text.
std::string round_double(const Call& call) {
  long digits = std::stol(value_of(call, 1));
  const std::string& x = call.arguments[0].text;
  if (digits == 0) return fmt::format("round({})", x);
  if (digits < 0) throw NotPortable{"round of a double to tens", "it differs for infinity", "round a DECIMAL"};
  return fmt::format("(round({0} * 1E{1}D) / 1E{1}D)", x, digits);
}

std::string rounded_like(const Call& call, const char* function) {
  return fmt::format("CASE WHEN abs({0}) < 9E15D THEN CAST({1}({0}) AS DOUBLE) ELSE {0} END", call.arguments[0].text,
                     function);
}
std::string ceil_double(const Call& call) {
  return rounded_like(call, "ceil");
}
std::string floor_double(const Call& call) {
  return rounded_like(call, "floor");
}
std::string trunc_double(const Call& call) {
  return fmt::format("CASE WHEN abs({0}) < 9E15D THEN CAST(CAST({0} AS BIGINT) AS DOUBLE) ELSE {0} END",
                     call.arguments[0].text);
}

/// The result of decimal arithmetic must not be wider than Spark can hold, or it drops digits of the fraction.
std::string decimal_product(const Call& call) {
  uint64_t width = 1;
  for (const Piece& argument : call.arguments) width += argument.type.width;
  if (width > 38)
    throw NotPortable{"a product of decimals of " + std::to_string(width) + " digits", "Spark rounds it",
                      "cast the factors to fewer digits, or to DOUBLE"};
  return fmt::format("CAST({} * {} AS {})", call.arguments[0].text, call.arguments[1].text, spark_type(call.result));
}

std::string pattern_of(const Call& call, size_t index) {
  return spark_text(java_pattern(value_of(call, index)));
}
/// The options of a regular expression as flags inside it.
std::string flagged(const Call& call, size_t pattern, size_t options, bool* all = nullptr) {
  std::string flags;
  for (char c : value_of(call, options)) {
    if (c == 'i')
      flags = "(?i)";
    else if (c == 'g' && all)
      *all = true;
    else if (c != 'c')
      throw NotPortable{fmt::format("the option '{}' of a regular expression", c), "", "use 'i' or 'g'"};
  }
  return spark_text(flags + java_pattern(value_of(call, pattern)));
}

std::string regexp_matches(const Call& call) {
  return fmt::format("({} RLIKE {})", call.arguments[0].text,
                     call.arguments.size() > 2 ? flagged(call, 1, 2) : pattern_of(call, 1));
}
std::string regexp_full_match(const Call& call) {
  return fmt::format("({} RLIKE {})", call.arguments[0].text,
                     spark_text("\\A(?:" + java_pattern(value_of(call, 1)) + ")\\z"));
}
std::string regexp_replace(const Call& call) {
  bool all = false;
  std::string pattern = flagged(call, 1, 3, &all);
  if (!all) throw NotPortable{"regexp_replace of the first match only", "Spark replaces all", "add the option 'g'"};
  return fmt::format("regexp_replace({}, {}, {})", call.arguments[0].text, pattern,
                     spark_text(java_replacement(value_of(call, 2))));
}
std::string regexp_extract(const Call& call) {
  std::string group = call.arguments.size() > 2 ? value_of(call, 2) : "0";
  return fmt::format("regexp_extract({}, {}, {})", call.arguments[0].text, pattern_of(call, 1), group);
}

std::string strftime(const Call& call) {
  bool date_first = call.arguments[0].type.id != "VARCHAR";
  const Piece& when = call.arguments[date_first ? 0 : 1];
  const Piece& format = call.arguments[date_first ? 1 : 0];
  return fmt::format("date_format({}, {})", when.text, spark_text(date_format_pattern(*format.value)));
}

struct DatePart {
  std::string_view names;  ///< between blanks
  std::string_view spark;
  bool time;
};
constexpr DatePart kParts[] = {
    {" year years y yr yrs ", "year($1)", false},
    {" month months mon mons ", "month($1)", false},
    {" day days d dayofmonth ", "dayofmonth($1)", false},
    {" quarter quarters ", "quarter($1)", false},
    {" week weeks w weekofyear ", "weekofyear($1)", false},
    {" dow dayofweek weekday ", "(dayofweek($1) - 1)", false},
    {" isodow ", "(weekday($1) + 1)", false},
    {" doy dayofyear ", "dayofyear($1)", false},
    {" isoyear ", "extract(YEAROFWEEK FROM $1)", false},
    {" hour hours h hr hrs ", "hour($1)", true},
    {" minute minutes m min mins ", "minute($1)", true},
    {" second seconds s sec secs ", "second($1)", true},
    {" epoch ", "(unix_micros(CAST($1 AS TIMESTAMP)) / 1E6D)", true},
};

std::string replaced(std::string_view text, std::string_view argument) {
  std::string out;
  for (size_t at = 0; at < text.size(); ++at) {
    if (text.substr(at, 2) == "$1")
      out += argument, ++at;
    else
      out += text[at];
  }
  return out;
}

std::string part_named(std::string_view name, const Piece& of, const PlanType& result) {
  for (const DatePart& part : kParts) {
    if (part.names.find(" " + lower(name) + " ") == std::string_view::npos) continue;
    bool date = of.type.id == "DATE";
    std::string argument = part.time && date ? fmt::format("CAST({} AS TIMESTAMP_NTZ)", of.text) : of.text;
    return fmt::format("CAST({} AS {})", replaced(part.spark, argument), spark_type(result));
  }
  throw NotPortable{fmt::format("the part '{}' of a date", name), "nobody has compared it",
                    "use year, quarter, month, week, day, dow, isodow, doy, hour, minute, second or epoch"};
}

std::string date_part(const Call& call) {
  return part_named(value_of(call, 0), call.arguments[1], call.result);
}
std::string date_part_by_name(const Call& call) {
  return part_named(call.name, call.arguments[0], call.result);
}

std::string date_trunc(const Call& call) {
  std::string part = lower(value_of(call, 0));
  static constexpr std::string_view kKnown = " year quarter month week day hour minute second ";
  if (kKnown.find(" " + part + " ") == std::string_view::npos)
    throw NotPortable{"date_trunc to '" + part + "'", "nobody has compared it",
                      "use year, quarter, month, week, day, hour, minute or second"};
  return fmt::format("CAST(date_trunc('{}', CAST({} AS TIMESTAMP_NTZ)) AS {})", part, call.arguments[1].text,
                     spark_type(call.result));
}

/// date_diff counts the borders crossed.
std::string date_diff(const Call& call) {
  std::string part = lower(value_of(call, 0));
  const std::string &a = call.arguments[1].text, &b = call.arguments[2].text;
  if (part == "day") return fmt::format("CAST(datediff({}, {}) AS BIGINT)", b, a);
  if (part == "year") return fmt::format("CAST(year({}) - year({}) AS BIGINT)", b, a);
  if (part == "month")
    return fmt::format("CAST((year({0}) - year({1})) * 12 + month({0}) - month({1}) AS BIGINT)", b, a);
  if (part == "quarter")
    return fmt::format("CAST((year({0}) - year({1})) * 4 + quarter({0}) - quarter({1}) AS BIGINT)", b, a);
  if (part == "hour" || part == "minute" || part == "second") {
    const char* size = part == "hour" ? "3600E6D" : part == "minute" ? "60E6D" : "1E6D";
    auto number = [&](const std::string& time) {
      return fmt::format("floor(unix_micros(CAST({} AS TIMESTAMP)) / {})", time, size);
    };
    return fmt::format("CAST({} - {} AS BIGINT)", number(b), number(a));
  }
  throw NotPortable{"date_diff in '" + part + "'", "nobody has compared it",
                    "use year, quarter, month, day, hour, minute or second"};
}

/// LIKE has no escape character unless it names one.
std::string like(const Call& call) {
  bool no = call.name.starts_with("!") || call.name.starts_with("not_");
  bool any_case = call.name.find('*') != std::string::npos || call.name.find("ilike") != std::string::npos;
  std::string escape = call.arguments.size() > 2 ? spark_text(value_of(call, 2)) : "'\\u0001'";
  if (escape == "''") escape = "'\\u0001'";
  return fmt::format("({} {}{} {} ESCAPE {})", call.arguments[0].text, no ? "NOT " : "", any_case ? "ILIKE" : "LIKE",
                     call.arguments[1].text, escape);
}

std::string string_split(const Call& call) {
  if (value_of(call, 1).empty()) throw NotPortable{"string_split by an empty text", "", ""};
  std::string quoted;
  for (char c : value_of(call, 1))
    quoted += std::isalnum(static_cast<unsigned char>(c)) || static_cast<signed char>(c) < 0 ? std::string(1, c)
                                                                                             : std::string("\\") + c;
  return fmt::format("split({}, {}, -1)", call.arguments[0].text, spark_text(quoted));
}

std::string substring(const Call& call) {
  if (std::stol(value_of(call, 1)) < 1)
    throw NotPortable{"substring from a position below 1", "the two count it otherwise",
                      "count from 1, or use right(text, n)"};
  std::string length = call.arguments.size() > 2 ? ", " + call.arguments[2].text : "";
  if (call.arguments.size() > 2 && (!call.arguments[2].constant || std::stol(value_of(call, 2)) < 0))
    throw NotPortable{"substring of a length that is no constant", "a length below 0 differs",
                      "write left() or right()"};
  return fmt::format("substring({}, CAST({} AS INT){})", call.arguments[0].text, call.arguments[1].text,
                     length.empty() ? "" : fmt::format(", CAST({} AS INT)", call.arguments[2].text));
}

std::string list_extract(const Call& call) {
  if (std::stol(value_of(call, 1)) < 1)
    throw NotPortable{"an element counted from the end of a list", "Spark counts from the front", "count from 1"};
  return fmt::format("get({}, CAST({} AS INT) - 1)", call.arguments[0].text, call.arguments[1].text);
}

std::string end_of_text(const Call& call) {
  if (std::stol(value_of(call, 1)) < 0)
    throw NotPortable{call.name + " of a length below 0", "DuckDB counts from the other end, Spark gives ''",
                      "use substring"};
  return fmt::format("{}({}, CAST({} AS INT))", call.name, call.arguments[0].text, call.arguments[1].text);
}

/// upper('ß') is 'SS' in Java, and a sigma at a word's end its own letter; DuckDB maps one letter to one. What the two
/// map otherwise stops the step.
std::string letter_case(const Call& call) {
  bool upper = call.name.starts_with("u");
  const char* letters = upper ? "\\\\u00df\\\\u0149\\\\u01f0\\\\u0345\\\\u0390\\\\u03b0\\\\u0587\\\\u1e96-"
                                "\\\\u1e9a\\\\u1f50-\\\\u1fff\\\\ufb00-\\\\ufb17"
                              : "\\\\u0130\\\\u03a3";
  return fmt::format(
      "{0}(CASE WHEN {1} RLIKE '[{2}]' THEN CAST(raise_error('a letter whose other case differs between engines') AS "
      "STRING) ELSE {1} END)",
      upper ? "upper" : "lower", call.arguments[0].text, letters);
}

// Beginnings of templates whose function stops in DuckDB where it gives NULL or NaN in Spark; an END closes them.
#define FR_POSITIVE "CASE WHEN $1 <= 0D THEN CAST(raise_error('a logarithm of 0 or less') AS DOUBLE) ELSE "
#define FR_FINITE \
  "CASE WHEN abs($1) = CAST('Infinity' AS DOUBLE) THEN CAST(raise_error('infinity is out of range') AS DOUBLE) ELSE "

const FunctionRow kRows[] = {
    // arithmetic
    {"+", "int int", "($1 + $2)", ""},
    {"-", "int int", "($1 - $2)", ""},
    {"*", "int int", "($1 * $2)", ""},
    {"+", "float float", "($1 + $2)", ""},
    {"-", "float float", "($1 - $2)", ""},
    {"*", "float float", "($1 * $2)", ""},
    {"+", "decimal decimal", "CAST($1 + $2 AS $r)", ""},
    {"-", "decimal decimal", "CAST($1 - $2 AS $r)", ""},
    {"*", "decimal decimal", "", "", decimal_product},
    {"+", "number", "$1", ""},
    {"-", "int", "(- $1)", ""},
    {"-", "float", "(- $1)", ""},
    {"-", "decimal", "CAST(- $1 AS $r)", ""},
    {"/", "float float", "coalesce(try_divide($1, $2), $1 * power(CAST($2 AS DOUBLE), -1D))",
     "x / 0 is infinite or NaN"},
    {"//", "int int", "CAST($1 DIV nullif($2, 0) AS $r)", "x // 0 is NULL"},
    {"divide", "int int", "CAST($1 DIV nullif($2, 0) AS $r)", "x // 0 is NULL"},
    {"%", "int int", "CAST($1 % nullif($2, 0) AS $r)", "x % 0 is NULL"},
    {"mod", "int int", "CAST($1 % nullif($2, 0) AS $r)", "x % 0 is NULL"},
    {"%", "float float", "", "use integers, or x - y * floor(x / y)"},
    {"^", "double double", "power($1, $2)", ""},
    {"**", "double double", "power($1, $2)", ""},
    {"pow", "double double", "power($1, $2)", ""},
    {"power", "double double", "power($1, $2)", ""},
    {"abs", "number", "CAST(abs($1) AS $r)", ""},
    {"@", "number", "CAST(abs($1) AS $r)", ""},
    {"sign", "int", "CAST(sign($1) AS $r)", ""},
    {"sign", "decimal", "CAST(sign($1) AS $r)", ""},
    {"sign", "float", "CAST(CASE WHEN isnan($1) THEN 0 ELSE sign($1) END AS $r)", "the sign of NaN is 0"},
    {"round", "double int=", "", "round of a double", round_double},
    {"round", "double", "round($1)", ""},
    {"round", "decimal int=", "CAST(round($1, $2) AS $r)", ""},
    {"round", "decimal", "CAST(round($1) AS $r)", ""},
    {"ceil", "double", "", "ceil of a double", ceil_double},
    {"ceiling", "double", "", "ceil of a double", ceil_double},
    {"ceil", "decimal", "CAST(ceil($1) AS $r)", ""},
    {"ceiling", "decimal", "CAST(ceil($1) AS $r)", ""},
    {"floor", "double", "", "floor of a double", floor_double},
    {"floor", "decimal", "CAST(floor($1) AS $r)", ""},
    {"trunc", "double", "", "trunc of a double", trunc_double},
    {"sqrt", "double",
     "CASE WHEN $1 < 0D THEN CAST(raise_error('the square root of a negative number') AS DOUBLE) ELSE sqrt($1) END",
     "errors of sqrt"},
    {"ln", "double", FR_POSITIVE "ln($1) END", "errors of logarithms"},
    {"log10", "double", FR_POSITIVE "log10($1) END", "errors of logarithms"},
    {"log", "double", FR_POSITIVE "log10($1) END", "log is log10"},
    {"log2", "double", FR_POSITIVE "log2($1) END", "errors of logarithms"},
    {"exp", "double", "exp($1)", ""},
    {"sin", "double", FR_FINITE "sin($1) END", "errors of sin"},
    {"cos", "double", FR_FINITE "cos($1) END", "errors of cos"},
    {"tan", "double", FR_FINITE "tan($1) END", "errors of tan"},
    {"atan", "double", "atan($1)", ""},
    {"atan2", "double double", "atan2($1, $2)", ""},
    {"radians", "double", "radians($1)", ""},
    {"degrees", "double", "degrees($1)", ""},
    {"pi", "", "pi()", ""},
    {"greatest", "any...", "greatest($*)", ""},
    {"least", "any...", "least($*)", ""},
    {"isnan", "float", "(isnan($1) AND $1 IS NOT NULL OR CAST(if($1 IS NULL, NULL, 'false') AS BOOLEAN))", ""},
    {"error", "text", "CAST(raise_error($1) AS $r)", ""},
    // text
    {"||", "text text", "($1 || $2)", ""},
    {"concat", "text...", "concat_ws('', $*)", "concat passes NULL over"},
    {"concat_ws", "text...", "concat_ws($*)", ""},
    {"lower", "text", "", "", letter_case},
    {"upper", "text", "", "", letter_case},
    {"lcase", "text", "", "", letter_case},
    {"ucase", "text", "", "", letter_case},
    {"length", "text", "CAST(length($1) AS $r)", ""},
    {"len", "text", "CAST(length($1) AS $r)", ""},
    {"char_length", "text", "CAST(length($1) AS $r)", ""},
    {"character_length", "text", "CAST(length($1) AS $r)", ""},
    {"strlen", "text", "CAST(octet_length($1) AS $r)", "strlen counts bytes"},
    {"substring", "text int=", "", "", substring},
    {"substr", "text int=", "", "", substring},
    {"substring", "text int= int", "", "", substring},
    {"substr", "text int= int", "", "", substring},
    {"left", "text int=", "", "", end_of_text},
    {"right", "text int=", "", "", end_of_text},
    {"trim", "text", "trim($1)", ""},
    {"ltrim", "text", "ltrim($1)", ""},
    {"rtrim", "text", "rtrim($1)", ""},
    {"trim", "text text=", "trim(BOTH $2 FROM $1)", ""},
    {"ltrim", "text text=", "trim(LEADING $2 FROM $1)", ""},
    {"rtrim", "text text=", "trim(TRAILING $2 FROM $1)", ""},
    {"replace", "text text text", "replace($1, $2, $3)", ""},
    {"strpos", "text text", "CAST(position($2, $1) AS $r)", "strpos"},
    {"instr", "text text", "CAST(position($2, $1) AS $r)", "strpos"},
    {"position", "text text", "CAST(position($2, $1) AS $r)", "strpos"},
    {"contains", "text text", "contains($1, $2)", ""},
    {"starts_with", "text text", "startswith($1, $2)", ""},
    {"prefix", "text text", "startswith($1, $2)", ""},
    {"^@", "text text", "startswith($1, $2)", ""},
    {"ends_with", "text text", "endswith($1, $2)", ""},
    {"suffix", "text text", "endswith($1, $2)", ""},
    {"lpad", "text int= text=", "lpad($1, $2, $3)", ""},
    {"rpad", "text int= text=", "rpad($1, $2, $3)", ""},
    {"repeat", "text int=", "repeat($1, CAST($2 AS INT))", ""},
    {"md5", "text", "md5($1)", ""},
    {"sha256", "text", "sha2($1, 256)", "sha256"},
    {"~~", "text text", "", "LIKE without an escape character", like},
    {"!~~", "text text", "", "LIKE without an escape character", like},
    {"~~*", "text text", "", "LIKE without an escape character", like},
    {"!~~*", "text text", "", "LIKE without an escape character", like},
    {"like_escape", "text text text=", "", "", like},
    {"not_like_escape", "text text text=", "", "", like},
    {"ilike_escape", "text text text=", "", "", like},
    {"not_ilike_escape", "text text text=", "", "", like},
    {"regexp_matches", "text text=", "", "regular expressions in Java's syntax", regexp_matches},
    {"regexp_matches", "text text= text=", "", "regular expressions in Java's syntax", regexp_matches},
    {"regexp_full_match", "text text=", "", "regular expressions in Java's syntax", regexp_full_match},
    {"regexp_replace", "text text= text= text=", "", "regular expressions in Java's syntax", regexp_replace},
    {"regexp_replace", "text text= text=", "",
     "add the option 'g': without it DuckDB replaces the first match, Spark all"},
    {"regexp_extract", "text text=", "", "regular expressions in Java's syntax", regexp_extract},
    {"regexp_extract", "text text= int=", "", "regular expressions in Java's syntax", regexp_extract},
    // dates and times
    {"date_part", "text= moment", "", "parts of dates", date_part},
    {"datepart", "text= moment", "", "parts of dates", date_part},
    {"year", "moment", "", "parts of dates", date_part_by_name},
    {"month", "moment", "", "parts of dates", date_part_by_name},
    {"day", "moment", "", "parts of dates", date_part_by_name},
    {"quarter", "moment", "", "parts of dates", date_part_by_name},
    {"week", "moment", "", "parts of dates", date_part_by_name},
    {"weekofyear", "date", "", "parts of dates", date_part_by_name},
    {"dayofweek", "moment", "", "parts of dates", date_part_by_name},
    {"isodow", "moment", "", "parts of dates", date_part_by_name},
    {"dayofyear", "moment", "", "parts of dates", date_part_by_name},
    {"dayofmonth", "date", "", "parts of dates", date_part_by_name},
    {"hour", "timestamp", "", "parts of dates", date_part_by_name},
    {"minute", "timestamp", "", "parts of dates", date_part_by_name},
    {"second", "timestamp", "", "parts of dates", date_part_by_name},
    {"epoch", "timestamp", "", "parts of dates", date_part_by_name},
    {"date_trunc", "text= moment", "", "date_trunc", date_trunc},
    {"datetrunc", "text= moment", "", "date_trunc", date_trunc},
    {"date_diff", "text= date date", "", "date_diff counts borders", date_diff},
    {"date_diff", "text= timestamp timestamp", "", "date_diff counts borders", date_diff},
    {"datediff", "text= date date", "", "date_diff counts borders", date_diff},
    {"datediff", "text= timestamp timestamp", "", "date_diff counts borders", date_diff},
    {"-", "date date", "CAST(datediff($1, $2) AS $r)", "dates less dates are days"},
    {"+", "date int", "date_add($1, $2)", ""},
    {"+", "int date", "date_add($2, $1)", ""},
    {"-", "date int", "date_sub($1, $2)", ""},
    {"last_day", "moment", "last_day($1)", ""},
    {"make_date", "int int int", "make_date(CAST($1 AS INT), CAST($2 AS INT), CAST($3 AS INT))", ""},
    {"strftime", "moment text=", "", "formats of dates", strftime},
    {"monthname", "date", "date_format($1, 'MMMM')", "formats of dates"},
    {"dayname", "date", "date_format($1, 'EEEE')", "formats of dates"},
    // lists
    {"string_split", "text text=", "", "string_split is split by a quoted pattern", string_split},
    {"str_split", "text text=", "", "string_split is split by a quoted pattern", string_split},
    {"split", "text text=", "", "string_split is split by a quoted pattern", string_split},
    {"list_value", "any...", "array($*)", "lists"},
    {"len", "list", "CAST(if($1 IS NULL, NULL, size($1)) AS $r)", "lists"},
    {"array_length", "list", "CAST(if($1 IS NULL, NULL, size($1)) AS $r)", "lists"},
    {"list_extract", "list int=", "", "lists", list_extract},
    {"array_extract", "list int=", "", "lists", list_extract},
    // refused by name, with the portable spelling
    {"strptime", "any...", "", "let the read step read the date: columns: {d: {type: DATE}}, date_format:"},
    {"age", "any...", "", "use date_diff"},
    {"hash", "any...", "", "use md5 or sha256"},
    {"format", "any...", "", "use || and lpad"},
    {"printf", "any...", "", "use || and lpad"},
    {"reverse", "text", "", "it differs for letters with combining marks"},
};

bool fits(std::string_view kind, const PlanType& type) {
  if (kind == "any") return true;
  if (kind == "int") return type.is_integer();
  if (kind == "float") return type.is_float();
  if (kind == "double") return type.id == "DOUBLE";
  if (kind == "decimal") return type.id == "DECIMAL";
  if (kind == "number") return type.is_number();
  if (kind == "text") return type.id == "VARCHAR";
  if (kind == "date") return type.id == "DATE";
  if (kind == "timestamp") return type.id == "TIMESTAMP";
  if (kind == "moment") return type.id == "DATE" || type.id == "TIMESTAMP";
  if (kind == "bool") return type.id == "BOOLEAN";
  if (kind == "list") return type.id == "LIST";
  return false;
}

bool fits(std::string_view kind, const Piece& argument) {
  bool constant = kind.ends_with("=");
  if (constant) kind.remove_suffix(1);
  return fits(kind, argument.type) && (!constant || (argument.constant && argument.value));
}

bool fits(const FunctionRow& row, const Call& call) {
  if (row.name != call.name) return false;
  std::vector<std::string> kinds = row.arguments.empty() ? std::vector<std::string>() : split(row.arguments, ' ');
  bool more = !kinds.empty() && kinds.back().ends_with("...");
  if (more) kinds.back().resize(kinds.back().size() - 3);
  if (more ? call.arguments.size() < kinds.size() : call.arguments.size() != kinds.size()) return false;
  for (size_t i = 0; i < call.arguments.size(); ++i)
    if (!fits(kinds[std::min(i, kinds.size() - 1)], call.arguments[i])) return false;
  return true;
}

std::string filled(std::string_view text, const Call& call) {
  std::string out;
  std::vector<std::string> all;
  for (const Piece& argument : call.arguments) all.push_back(argument.text);
  for (size_t at = 0; at < text.size(); ++at) {
    if (text.substr(at).starts_with("$d")) {
      out += call.distinct, ++at;
    } else if (text.substr(at).starts_with("$f")) {
      out += call.after, ++at;
    } else if (text[at] != '$') {
      out += text[at];
    } else if (char what = text[++at]; what == '*') {
      out += join(all, ", ");
    } else {
      out += what == 'r' ? spark_type(call.result) : all.at(static_cast<size_t>(what - '1'));
    }
  }
  return out;
}

}  // namespace

std::span<const FunctionRow> spark_functions() {
  return kRows;
}

std::string spark_call(const Call& call, std::span<const FunctionRow> table, std::set<std::string>& rules) {
  bool known = false;
  for (const FunctionRow& row : table) {
    known = known || row.name == call.name;
    if (!fits(row, call)) continue;
    if (!row.make && row.text.empty()) throw NotPortable{call.name + "()", "", std::string(row.note)};
    if (!row.note.empty()) rules.insert(std::string(row.note));
    return row.make ? row.make(call) : filled(row.text, call);
  }
  std::vector<std::string> types;
  for (const Piece& argument : call.arguments)
    types.push_back(argument.type.text() + (argument.constant ? " constant" : ""));
  throw NotPortable{fmt::format("{}({})", call.name, join(types, ", ")),
                    known ? "it has not been compared with these arguments" : "it has not been compared", ""};
}

}  // namespace filrouge
