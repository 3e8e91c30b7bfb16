// What DuckDB says of a value that does not fit, without the value. Messages go to logs, to the catalog and into bug
// reports; rows belong into none of them. What is left says what was tried and to which type; the hint, how to see the
// rows themselves.
//
//   Could not convert string 'abc' to INT32            -> could not convert a string to INT32
//   Overflow in multiplication of INT64 (9223 * 922)!  -> overflow in multiplication of INT64
#include "base/text.h"
#include "engines/duckdb_session.h"

namespace filrouge {
namespace {

constexpr size_t npos = std::string::npos;

/// How messages with a value begin and go on; between the two stands the value, whatever is in it.
struct Form {
  const char *before, *after, *instead;
};
constexpr Form kForms[] = {
    {"Could not convert string ", " to ", "could not convert a string to "},
    {"Could not cast value ", " from ", "could not cast a value from "},
    {"Could not cast value ", " to ", "could not cast a value to "},
    {"Casting value ", " to type ", "a value cannot be cast to type "},
    {"with value ", " can't be cast", "has a value that can't be cast"},
    {"Could not parse string ", " Error: ", "could not parse a string in the format given: "},
};

/// The first quote that is none inside a word (can't); npos where there is none.
size_t first_quote(const std::string& message) {
  size_t at = message.find_first_of("'\"");
  while (at != npos && at > 0 && std::isalpha(static_cast<unsigned char>(message[at - 1])))
    at = message.find_first_of("'\"", at + 1);
  return at;
}

/// The text from the first quote to the last of the same kind becomes an ellipsis, but for what stands in `sql`: a
/// literal, or a file's name.
void cut_quotes(std::string& message, const std::string& sql) {
  size_t first = first_quote(message);
  if (first == npos) return;
  size_t last = message.rfind(message[first]);
  std::string inside = message.substr(first + 1, std::max(last, first + 1) - first - 1);
  if (last > first && sql.find("'" + inside + "'") != npos) return;
  message.replace(first, last > first ? last + 1 - first : npos, "...");
}

/// "in file "x.json", in record/value 3: " is a place, not a value.
size_t length_of_place(const std::string& message) {
  size_t file = message.find("in file \"");
  if (file == npos) return 0;
  size_t end = message.find("\", ", file + 9);
  size_t colon = end == npos ? npos : message.find(": ", end);
  return colon == npos ? 0 : colon + 2;
}

/// What is wrong with a regular expression comes with the expression, which may be made of rows.
void cut_expression(std::string& message, const std::string& sql) {
  static const char* const reasons[] = {
      "missing ",     "unexpected ",   "no argument for ",   "invalid escape", "invalid character class",
      "invalid perl", "invalid named", "invalid repetition", "bad repetition", "trailing "};
  size_t colon = message.find(": ");
  if (colon == npos || sql.find(message.substr(colon + 2)) != npos) return;
  for (const char* reason : reasons)
    if (message.starts_with(reason)) return message.resize(colon);
}

std::string without_value(std::string message, const std::string& sql) {
  for (const Form& form : kForms) {
    size_t from = message.find(form.before);
    if (from == npos) continue;
    size_t to = message.rfind(form.after);  // the last one: the value may hold the same words
    if (to == npos || to < from) continue;
    size_t value = from + std::string_view(form.before).size();
    std::string literal = message.substr(value, std::max(to, value) - value);
    if (literal.starts_with('\'') && sql.find(literal) != npos) return message;  // it stands in the thread
    std::string rest = message.substr(to + std::string_view(form.after).size());
    message = message.substr(0, from) + form.instead + rest;
    break;
  }
  if (message.starts_with("Overflow") && message.find('(') != npos) {
    message.resize(message.find('('));
    message[0] = 'o';
  }
  cut_expression(message, sql);
  cut_quotes(message, sql);
  return std::string(trim(message));
}

/// error('too dear: ' || name) fails with a text that the query made: what of it stands in the query is kept.
std::optional<std::string> own_words(const std::string& message, const std::string& sql) {
  if (lower(sql).find("error(") == npos) return std::nullopt;
  size_t kept = message.size();
  while (kept > 0 && sql.find(message.substr(0, kept)) == npos) --kept;
  if (kept < 3) return "error() was called";
  return kept == message.size() ? message : message.substr(0, kept) + "...";
}

}  // namespace

std::string without_values(const DuckError& error, const std::string& sql) {
  static const std::set<std::string> about_the_query = {
      "Parser", "Syntax", "Binder", "Catalog", "IO", "Network", "Permission", "Dependency", "HTTP", "Out of Memory"};
  if (about_the_query.contains(error.type)) return error.message;
  if (error.type == "Invalid Input")
    if (auto words = own_words(error.message, sql)) return *words;
  size_t place = length_of_place(error.message);
  return error.message.substr(0, place) + without_value(error.message.substr(place), sql);
}

}  // namespace filrouge
