#include "sources/csv_dialect.h"

#include <cmath>

#include "base/error.h"
#include "base/text.h"

namespace filrouge {
namespace {

/// A title and some remarks may stand before a table; more than this is data of another shape and goes to the rejects.
constexpr size_t kLongestPreamble = 20;

/// A record of the sample, kept.
struct Row {
  std::vector<std::string> cells;
  uint64_t line = 0;
  bool flawed = false;
};

std::vector<Row> rows_of(const std::string& sample, bool whole, const Dialect& dialect) {
  auto source = text_source(sample);
  CsvRecords records(*source, dialect);
  std::vector<Row> rows;
  Record record;
  while (records.next(record)) {
    if (record.blank) continue;
    Row& row = rows.emplace_back();
    row.line = record.line;
    row.flawed = record.flaw != Flaw::none && record.flaw != Flaw::not_utf8;
    for (std::string_view field : record.fields) row.cells.emplace_back(field);
  }
  if (!whole && rows.size() > 1) rows.pop_back();  // cut off by the end of the sample
  return rows;
}

/// The width of most records, the later rows deciding ties; flawed ones do not count.
size_t usual_width(const std::vector<Row>& rows) {
  std::map<size_t, size_t> widths;
  for (const Row& row : rows)
    if (!row.flawed) ++widths[row.cells.size()];
  size_t best = 0, most = 0;
  for (const auto& [width, count] : widths)
    if (count >= most) best = width, most = count;
  return best;
}

bool is_typed(ValueKind kind) {
  return kind != ValueKind::text && kind != ValueKind::leading_zero;
}

/// What speaks for and against a dialect in the cells of the sample.
struct Evidence {
  size_t usual = 0, flawed = 0;        ///< records
  size_t cells = 0, typed = 0;         ///< of the usual records
  size_t quoted = 0, half_quoted = 0;  ///< cells in quotes, and with one that never closes, where quotes mean nothing
};

Evidence evidence_of(const std::vector<Row>& rows, size_t width, const Dialect& dialect, const ValueRules& rules) {
  Evidence evidence;
  for (const Row& row : rows) {
    evidence.flawed += row.flawed;
    bool usual = row.cells.size() == width;
    evidence.usual += usual;
    for (const std::string& cell : row.cells) {
      if (dialect.quote.empty() && cell.size() > 1 && cell.front() == '"') {
        bool even = std::count(cell.begin(), cell.end(), '"') % 2 == 0;
        evidence.quoted += even && cell.back() == '"';
        evidence.half_quoted += !even;
      }
      if (!usual) continue;
      ++evidence.cells;
      evidence.typed += is_typed(kind_of(cell, rules));
    }
  }
  return evidence;
}

double score(const std::vector<Row>& rows, const Dialect& dialect, const ValueRules& rules) {
  size_t width = usual_width(rows);
  if (rows.empty() || width < 2) return 0;
  Evidence evidence = evidence_of(rows, width, dialect, rules);
  double all = static_cast<double>(rows.size()), cells = static_cast<double>(evidence.cells);
  double pattern = static_cast<double>(evidence.usual) / all * (1.0 - 1.0 / static_cast<double>(width));
  double types = 0.1 + static_cast<double>(evidence.typed) / cells;
  // A quote that never closes is a broken record where quoting is usual, and just a quote in files with tabs.
  double weight = dialect.delimiter == "\t" ? 0.5 : 2;
  double broken = (static_cast<double>(evidence.flawed) + weight * static_cast<double>(evidence.half_quoted)) / all;
  // A few titles in quotes are text that has quotes; a twentieth of all cells is a file that quotes its cells.
  if (static_cast<double>(evidence.quoted) > 0.05 * cells) broken = 1;
  return pattern * types * std::pow(1.0 - std::min(1.0, broken), 2);
}

std::vector<Dialect> candidates(const std::string& sample, const CsvRequest& request) {
  std::vector<std::string> delimiters = {",", ";", "\t", "|"};
  if (request.delimiter) delimiters = {*request.delimiter};
  bool quotes = sample.find('"') != std::string::npos;
  std::vector<std::string> quote_marks = {"\""};
  if (quotes) quote_marks.push_back("");
  if (sample.find('\'') != std::string::npos && !quotes) quote_marks.push_back("'");
  if (request.quote) quote_marks = {*request.quote};
  std::vector<Dialect> dialects;
  for (const std::string& delimiter : delimiters)
    for (const std::string& quote : quote_marks) {
      Dialect dialect{delimiter, quote, request.escape.value_or(quote), true, request.skip.value_or(0), 0};
      dialects.push_back(dialect);
      if (!request.escape && !quote.empty() && sample.find("\\" + quote) != std::string::npos) {
        dialect.escape = "\\";
        dialects.push_back(dialect);
      }
    }
  return dialects;
}

Dialect best_dialect(const std::string& sample, bool whole, const CsvRequest& request) {
  std::vector<Dialect> dialects = candidates(sample, request);
  Dialect best = dialects.front();
  double most = 0;
  for (const Dialect& dialect : dialects) {
    double value = score(rows_of(sample, whole, dialect), dialect, request.rules);
    if (value > most) best = dialect, most = value;  // the earlier candidate wins a tie
  }
  return best;
}

/// Years as column names are names although they are numbers: 1960, 1961, 1962 ...
bool is_run_of_years(const std::vector<std::string>& cells) {
  int run = 0, last = 0;
  for (const std::string& cell : cells) {
    int year = cell.size() == 4 && cell.find_first_not_of("0123456789") == std::string::npos ? std::stoi(cell) : 0;
    if (year < 1700 || year > 2200) continue;
    run = year == last + 1 ? run + 1 : 1;
    last = year;
  }
  return run >= 3;
}

/// Is rows[at] a header? Its cells against the cells below it.
bool looks_like_header(const std::vector<Row>& rows, size_t at, size_t width, const ValueRules& rules) {
  const std::vector<std::string>& head = rows[at].cells;
  if (is_run_of_years(head)) return true;
  int votes = 0;
  bool named = true, repeated = false;
  for (size_t column = 0; column < width; ++column) {
    ColumnGuess guess;
    for (size_t row = at + 1; row < rows.size(); ++row) {
      if (rows[row].cells.size() != width) continue;
      guess.add(rows[row].cells[column], rules);
      if (rows[row].cells[column] == head[column] && !head[column].empty()) repeated = true;
    }
    ValueKind kind = kind_of(head[column], rules);
    bool below_is_typed = guess.count(ValueKind::text) * 10 < guess.values();
    if (kind == ValueKind::text && below_is_typed) ++votes;
    if (is_typed(kind) && kind != ValueKind::null && kind != ValueKind::missing_word) --votes, named = false;
    if (head[column].size() > 80) named = false;
  }
  if (votes != 0) return votes > 0;
  std::set<std::string> distinct(head.begin(), head.end());
  return named && !repeated && distinct.size() == head.size();
}

std::string clean_name(const std::string& cell) {
  std::string name;
  for (char c : std::string(trim(cell))) name += c == '\n' || c == '\r' || c == '\t' || c == '\0' ? ' ' : c;
  return first_invalid_utf8(name) ? "" : name;
}

/// Names that are there once each, letter case ignored (as SQL does), and never empty.
std::vector<std::string> unique_names(const std::vector<std::string>& cells, size_t width,
                                      std::vector<std::string>& notes) {
  std::vector<std::string> names;
  std::set<std::string> taken;
  for (size_t column = 0; column < width; ++column) {
    std::string wanted = column < cells.size() ? clean_name(cells[column]) : "";
    if (wanted.empty()) wanted = fmt::format("column{}", column + 1);
    std::string name = wanted;
    for (int copy = 1; !taken.insert(lower(name)).second; ++copy) name = fmt::format("{}_{}", wanted, copy);
    if (name != wanted) notes.push_back(fmt::format("the second column `{}` is called `{}`", wanted, name));
    names.push_back(name);
  }
  return names;
}

/// A header one cell shorter than the rows: R's write.table leaves out the name of the row names; others end rows with
/// a delimiter.
bool is_short_header(const std::vector<Row>& rows, size_t at, size_t width, const CsvRequest& request) {
  if (rows.size() < 3 || rows[0].flawed || rows[0].cells.size() + 1 != width || at > 1) return false;
  if (request.header) return *request.header;
  return at == 1 && looks_like_header({rows[0]}, 0, width - 1, request.rules) &&
         !looks_like_header(rows, 1, width, request.rules);
}

std::vector<std::string> widen_header(const std::vector<Row>& rows, size_t width) {
  std::vector<std::string> cells = rows[0].cells;
  bool last_is_empty = true;
  for (size_t row = 1; row < rows.size(); ++row)
    if (rows[row].cells.size() == width && !rows[row].cells.back().empty()) last_is_empty = false;
  cells.insert(last_is_empty ? cells.end() : cells.begin(), last_is_empty ? "" : "row_name");
  return cells;
}

size_t first_of_width(const std::vector<Row>& rows, size_t width) {
  size_t at = 0;
  while (at < rows.size() && (rows[at].cells.size() != width || rows[at].flawed)) ++at;
  return at;
}

}  // namespace

Json to_json(const CsvRequest& request) {
  Json json = {{"encoding", request.encoding},
               {"nulls", request.rules.nulls},
               {"decimal", std::string(1, request.rules.decimal)},
               {"date_format", request.rules.date_format}};
  if (request.delimiter) json["delimiter"] = *request.delimiter;
  if (request.quote) json["quote"] = *request.quote;
  if (request.escape) json["escape"] = *request.escape;
  if (request.header) json["header"] = *request.header;
  if (request.skip) json["skip"] = *request.skip;
  return json;
}

CsvRequest csv_request_from_json(const Json& json) {
  CsvRequest request;
  auto text = [&](const char* key) {
    return json.contains(key) ? std::optional<std::string>(json[key].get<std::string>()) : std::nullopt;
  };
  request.delimiter = text("delimiter"), request.quote = text("quote"), request.escape = text("escape");
  if (json.contains("header")) request.header = json["header"].get<bool>();
  if (json.contains("skip")) request.skip = json["skip"].get<uint64_t>();
  request.encoding = json.value("encoding", "");
  request.rules.nulls = json.value("nulls", std::vector<std::string>());
  request.rules.decimal = json.value("decimal", std::string("."))[0];
  request.rules.date_format = json.value("date_format", "");
  return request;
}

CsvShape detect_csv(const std::string& sample, bool whole, const CsvRequest& request) {
  CsvShape shape;
  shape.dialect = best_dialect(sample, whole, request);
  std::vector<Row> rows = rows_of(sample, whole, shape.dialect);
  shape.width = usual_width(rows);
  size_t at = request.skip ? 0 : first_of_width(rows, shape.width);
  if (is_short_header(rows, at, shape.width, request)) {
    at = 0;
    rows[0].cells = widen_header(rows, shape.width);
    shape.dialect.header = true;
  } else if (at < rows.size()) {
    shape.dialect.header = request.header.value_or(looks_like_header(rows, at, shape.width, request.rules));
  } else {
    shape.dialect.header = false;
  }
  if (!shape.dialect.header) at = 0;  // what precedes a table without a header is not passed over but rejected
  if (rows.empty()) return shape;
  if (at > kLongestPreamble)
    shape.dialect.header_line = rows[at].line;
  else
    shape.dialect.skip = rows[at].line - 1;
  if (at > 0 && at <= kLongestPreamble)
    shape.notes.push_back(fmt::format("{} before the header passed over", plural(at, "line")));
  std::vector<std::string> head = shape.dialect.header ? rows[at].cells : std::vector<std::string>();
  shape.names = unique_names(head, shape.width, shape.notes);
  return shape;
}

}  // namespace filrouge
