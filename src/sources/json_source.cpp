// JSON: one document or an array (`json`), or one object a line (`ndjson`).
//
// DuckDB finds the types over all records, not a sample. A document that is not JSON is refused with its line and
// column. Of NDJSON, a line that is not an object is rejected and the rest kept: if DuckDB does not take the file as it
// is, the lines are checked one by one (by DuckDB's own json_valid, so that both agree) and the sound ones copied into
// the scratch folder.
#include "base/error.h"
#include "base/text.h"
#include "sources/csv_records.h"
#include "sources/formats.h"

namespace filrouge {
namespace {

const Dialect kLines{"\n", "", "", false, 0, 0};

/// What is nested deeper than this was made to end the program: DuckDB's detection of types calls itself per level.
constexpr size_t kDeepest = 100;
const std::string kTooDeep = fmt::format("nested more than {} levels deep", kDeepest);

/// How deep objects and arrays stand in one another, of a text that comes in pieces.
class Nesting {
 public:
  void add(std::string_view text) {
    for (char byte : text) {
      if (escaped_)
        escaped_ = false;
      else if (in_text_)
        escaped_ = byte == '\\', in_text_ = byte != '"';
      else if (byte == '"')
        in_text_ = true;
      else if (byte == '[' || byte == '{')
        deepest_ = std::max(deepest_, ++now_);
      else if (byte == ']' || byte == '}')
        now_ -= now_ > 0;
    }
  }
  bool too_deep() const { return deepest_ > kDeepest; }

 private:
  size_t now_ = 0, deepest_ = 0;
  bool in_text_ = false, escaped_ = false;
};

bool is_too_deep(std::string_view line) {
  Nesting nesting;
  nesting.add(line);
  return nesting.too_deep();
}

/// Where the text stops being JSON, as "line 3, column 5".
std::optional<std::string> syntax_error(const fs::path& path) {
  std::string text = read_file(path);
  try {
    // The callback drops every value, so that a large document is only looked at.
    auto nothing =
        nlohmann::json::parse(text, [](int, nlohmann::json::parse_event_t, nlohmann::json&) { return false; });
    return std::nullopt;
  } catch (const nlohmann::json::parse_error& error) {
    size_t at = std::min(error.byte > 0 ? error.byte - 1 : 0, text.size());
    auto line = 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n');
    size_t start = at == 0 ? std::string::npos : text.rfind('\n', at - 1);
    size_t column =
        count_code_points(std::string_view(text).substr(start == std::string::npos ? 0 : start + 1,
                                                        at - (start == std::string::npos ? 0 : start + 1))) +
        1;
    return fmt::format("line {}, column {}", line, column);
  }
}

/// How a document begins: an array of objects, an array of other values, or one value.
std::string document_options(const fs::path& path) {
  std::string start(4096, '\0');
  std::ifstream file(path, std::ios::binary);
  file.read(start.data(), static_cast<std::streamsize>(start.size()));
  start.resize(static_cast<size_t>(file.gcount()));
  std::string_view text = trim(start);
  if (!text.starts_with('['))
    return "format='unstructured', records=" + std::string(text.starts_with('{') ? "true" : "false");
  text = trim(text.substr(1));
  return std::string("format='array', records=") + (text.starts_with('{') || text.starts_with(']') ? "true" : "false");
}

std::string scan_sql(const std::vector<fs::path>& paths, FileFormat format, const std::vector<Column>& partitions,
                     const std::string& columns) {
  uint64_t longest = 16'777'216;
  for (const fs::path& path : paths)
    longest = std::max<uint64_t>(longest, format == FileFormat::json ? fs::file_size(path) + 1024 : 0);
  std::string options =
      format == FileFormat::ndjson ? "format='newline_delimited', records=true" : document_options(paths.front());
  return fmt::format("read_json({}, {}, maximum_object_size={}, compression='uncompressed', {}{})", sql_list(paths),
                     options, longest, columns, sql_partitions(partitions));
}

// The threshold: an object of many keys stays one of many columns, it does not become a MAP.
const std::string kFindColumns = "sample_size=-1, union_by_name=true, map_inference_threshold=-1";

Schema schema_of(Engine& engine, const std::string& scan) {
  return schema_from_json(engine.rows("SELECT * FROM " + scan, 0).at("columns"));
}

/// The columns whose values must be looked at one by one: those declared with a type that their values do not all have.
/// A whole number is one that is written so: DuckDB would round 1.5 to 2 without a word.
std::vector<Column> columns_to_check(const SourceRequest& request) {
  std::vector<Column> columns;
  for (const Column& column : request.declared)
    if (column.type != "VARCHAR" && column.type != "JSON") columns.push_back(column);
  return columns;
}

/// What is wrong with a line, as SQL over `text`; NULL where nothing is.
std::string reason_sql(const std::vector<Column>& checked) {
  std::string sql =
      "CASE WHEN NOT json_valid(text) THEN 'not valid JSON' WHEN json_type(text) <> 'OBJECT' THEN 'not a JSON object'";
  for (const Column& column : checked) {
    std::string name = column.name;
    for (size_t at = 0; (at = name.find('"', at)) != std::string::npos; at += 2) name.insert(at, "\\");
    std::string value = fmt::format("json_extract(text, {})", quote_text("$.\"" + name + "\""));
    // In strict form an object without one of the keys would not fit either.
    const char* convert = column.type.find("STRUCT(") != std::string::npos ? "json_transform({}, {})"
                                                                           : "TRY(json_transform_strict({}, {}))";
    std::string fits = fmt::format(fmt::runtime(convert), value, quote_text(Json(column.type).dump()));
    if (column.type.starts_with("DECIMAL") && column.type.ends_with(')'))
      fits =
          fmt::format("TRY_CAST(json_extract_string(text, {}) AS {})", quote_text("$.\"" + name + "\""), column.type);
    std::string bad = fmt::format("{} IS NULL", fits);
    if (is_integer_type(column.type))
      bad += fmt::format(" OR (json_type({0}) = 'DOUBLE' AND {0}::DOUBLE <> round({0}::DOUBLE))", value);
    sql += fmt::format(
        " WHEN json_type({0}) <> 'NULL' AND ({1}) THEN 'column ' || {2} || ': `' || left({0}::VARCHAR, 200) || '` is "
        "not a ' || {3}",
        value, bad, quote_text(column.name), quote_text(column.type));
  }
  return sql + " END";
}

/// Splits a file into its sound lines, written to `copy`, and the others. Returns how many lines there are, empty ones
/// not counted.
struct LineCheck {
  uint64_t records = 0, flawed = 0;
  uint64_t mistyped = 0;  ///< of the flawed ones: objects with a value that does not have its column's type
};
LineCheck check_lines(const FileFacts& facts, size_t index, const std::string& encoding, const fs::path& scratch,
                      const fs::path& copy, const std::vector<Column>& checked, Engine& engine,
                      const std::function<void(const Record&, const std::string&)>& rejected) {
  fs::path listing = scratch_path(facts.file, index, scratch, ".lines.csv");
  {
    std::ofstream out(listing, std::ios::binary);
    auto source = open_source(facts.file, encoding);
    CsvRecords lines(*source, kLines);
    std::string row;
    for (Record record; lines.next(record);) {
      if (trim(record.text).empty() || record.flaw != Flaw::none || is_too_deep(record.text)) continue;
      row.clear();
      append_record(row, {std::to_string(record.line), record.text});
      out << row;
    }
  }
  std::string limits =
      facts.longest > 900'000 ? fmt::format(", max_line_size={0}, buffer_size={0}", 16 * facts.longest) : "";
  Json bad = engine.rows(
      fmt::format(
          "SELECT line, reason FROM (SELECT line, {} AS reason FROM read_csv({}, columns={{'line':'BIGINT','text':"
          "'VARCHAR'}}, delim=',', quote='\"', escape='\"', header=false, auto_detect=false{})) WHERE reason IS NOT "
          "NULL",
          reason_sql(checked), sql_list({listing}), limits),
      UINT64_MAX >> 1);
  std::map<uint64_t, std::string> reasons;
  for (const Json& row : bad.at("rows")) reasons[row[0].get<uint64_t>()] = row[1].get<std::string>();
  LineCheck result;
  std::ofstream out(copy, std::ios::binary);
  auto source = open_source(facts.file, encoding);
  CsvRecords lines(*source, kLines);
  for (Record record; lines.next(record);) {
    if (trim(record.text).empty()) continue;
    ++result.records;
    auto reason = reasons.find(record.line);
    bool deep = is_too_deep(record.text);
    if (record.flaw == Flaw::none && reason == reasons.end() && !deep) {
      out << record.text << '\n';
      continue;
    }
    ++result.flawed;
    result.mistyped += record.flaw == Flaw::none && !deep && reason->second.starts_with("column ");
    rejected(record, record.flaw != Flaw::none ? to_text(record.flaw) : deep ? kTooDeep : reason->second);
  }
  return result;
}

/// The lines that are not empty; `regular` is false where the engine must not see one of them.
uint64_t count_lines(FileFacts& facts, const std::string& encoding) {
  auto source = open_source(facts.file, encoding);
  CsvRecords lines(*source, kLines);
  uint64_t count = 0;
  for (Record record; lines.next(record);) {
    count += !trim(record.text).empty();
    if (is_too_deep(record.text)) facts.regular = false;
  }
  facts.longest = lines.longest();
  return count;
}

/// A lone column `json` is what DuckDB gives when not every record is an object.
bool is_opaque(const Schema& schema) {
  return schema.columns.size() == 1 && schema.columns[0].name == "json";
}

/// Whether every column that is declared was found with its type, so that no value needs to be looked at.
bool fits_declared(const Schema& found, const SourceRequest& request) {
  for (const Column& column : columns_to_check(request))
    if (const Column* there = found.find(column.name); there && there->type != column.type) return false;
  return true;
}

void note_mixed_columns(SourceFacts& facts) {
  for (const Column& column : facts.columns.columns)
    if (column.type == "JSON")
      facts.notes.push_back(fmt::format("column `{}` has values of different types: kept as JSON text", column.name));
}

SourceFacts inspect_lines(const SourceRequest& request, const std::vector<SourceFile>& files, const fs::path& scratch,
                          Engine& engine) {
  SourceFacts facts;
  facts.format = FileFormat::ndjson;
  std::vector<fs::path> paths;
  facts.rows = 0;
  for (size_t index = 0; index < files.size(); ++index) {
    FileFacts& file = facts.files.emplace_back();
    file.file = files[index];
    file.records = count_lines(file, request.csv.encoding);
    *facts.rows += file.records;
    paths.push_back(readable_path(files[index], index, request.csv.encoding, scratch));
  }
  bool regular =
      std::all_of(facts.files.begin(), facts.files.end(), [](const FileFacts& file) { return file.regular; });
  if (regular) try {
      facts.columns = schema_of(engine, scan_sql(paths, facts.format, {}, kFindColumns));
      if (!is_opaque(facts.columns) && fits_declared(facts.columns, request)) return facts;
    } catch (const Error& error) {
      if (error.kind != ErrorKind::data && error.kind != ErrorKind::user) throw;
    }
  uint64_t mistyped = 0;
  for (size_t index = 0; index < files.size(); ++index) {
    FileFacts& file = facts.files[index];
    paths[index] = scratch_path(files[index], index, scratch, ".ndjson");
    file.regular = false;
    LineCheck check = check_lines(file, index, request.csv.encoding, scratch, paths[index], columns_to_check(request),
                                  engine, [](const Record&, const std::string&) {});
    file.flawed = check.flawed;
    *facts.rows -= file.flawed;
    mistyped += check.mistyped;
  }
  if (*facts.rows == 0 && mistyped > 0) {
    facts.columns.columns = request.declared;
    return facts;
  }
  if (*facts.rows == 0)
    throw Error(ErrorKind::data, "FR0307", fmt::format("`{}` has no line that is a JSON object", files[0].shown));
  facts.columns = schema_of(engine, scan_sql(paths, facts.format, {}, kFindColumns));
  return facts;
}

SourceFacts inspect_documents(const SourceRequest& request, const std::vector<SourceFile>& files,
                              const fs::path& scratch, Engine& engine) {
  SourceFacts facts;
  facts.format = FileFormat::json;
  std::vector<fs::path> paths;
  for (size_t index = 0; index < files.size(); ++index) {
    facts.files.push_back({.file = files[index]});
    paths.push_back(readable_path(files[index], index, request.csv.encoding, scratch));
    if (fs::file_size(paths.back()) == 0)
      throw Error(ErrorKind::data, "FR0307", fmt::format("`{}` is empty", files[index].shown));
    Nesting nesting;
    read_in_blocks(paths.back(), [&](std::string_view block) { nesting.add(block); });
    if (nesting.too_deep())
      throw Error(ErrorKind::data, "FR0318", fmt::format("`{}` is {}", files[index].shown, kTooDeep));
  }
  try {
    facts.columns = schema_of(engine, scan_sql(paths, facts.format, {}, kFindColumns));
  } catch (const Error& error) {
    for (size_t index = 0; index < files.size(); ++index)
      if (auto place = syntax_error(paths[index]))
        throw Error(ErrorKind::data, "FR0318", fmt::format("`{}` is not valid JSON at {}", files[index].shown, *place));
    throw Error(ErrorKind::data, "FR0318",
                fmt::format("`{}` cannot be read as JSON: {}", files[0].shown, error.message));
  }
  if (facts.columns.columns.empty()) facts.columns.columns.push_back({"json", "JSON", {}});
  return facts;
}

}  // namespace

SourceFacts inspect_json(const SourceRequest& request, const std::vector<SourceFile>& files, FileFormat format,
                         const fs::path& scratch, Engine& engine) {
  SourceFacts facts = format == FileFormat::ndjson ? inspect_lines(request, files, scratch, engine)
                                                   : inspect_documents(request, files, scratch, engine);
  note_mixed_columns(facts);
  for (Column& column : facts.columns.columns)
    if (const Column* declared = declared_for(request, column.name)) column.type = declared->type;
  return facts;
}

WrittenTable read_json(const SourceRequest& request, const SourceFacts& facts, ReadRoom& room) {
  std::vector<fs::path> paths;
  uint64_t expected = 0;
  for (size_t index = 0; index < facts.files.size(); ++index) {
    const FileFacts& file = facts.files[index];
    expected += file.records - file.flawed;
    if (file.regular) {
      paths.push_back(readable_path(file.file, index, request.csv.encoding, room.scratch));
      continue;
    }
    paths.push_back(scratch_path(file.file, index, room.scratch, ".ndjson"));
    check_lines(file, index, request.csv.encoding, room.scratch, paths.back(), columns_to_check(request), room.engine,
                [&](const Record& record, const std::string& reason) {
                  room.rejects.add(index, file.file.shown, record.line, reason, record.text);
                });
  }
  std::string scan = scan_sql(paths, facts.format, request.partitions, "columns=" + sql_columns(facts.columns.columns));
  WrittenTable table;
  try {
    table = room.engine.materialise(room.target.name,
                                    fmt::format("SELECT {} FROM {}", sql_select(facts, request.partitions), scan),
                                    RowOrder::streaming, room.target.staging);
  } catch (const Error& error) {
    if (error.kind != ErrorKind::data || error.code == "FR0314") throw;
    throw Error(ErrorKind::data, "FR0322",
                fmt::format("`{}` cannot be read: {}", facts.files[0].file.shown, error.message),
                "a value may not have the type that `columns:` gives its column");
  }
  if (facts.format == FileFormat::ndjson && table.rows != expected)
    throw Error(ErrorKind::internal, "FR0321",
                fmt::format("{} lines of `{}` gave {} rows", expected, facts.files[0].file.shown, table.rows),
                "please report this with the file, or its first lines");
  return table;
}

}  // namespace filrouge
