// CSV: inspected whole by our own scanner, parsed by DuckDB.
//
// A regular file (see CsvRecords) is read by DuckDB where it lies, or from an unpacked and decoded copy. Any other -
// with broken or ragged records, lines before the header, mixed line ends - is first rewritten into plain RFC 4180 in
// the scratch folder, records with broken shape going to the rejects on the way. Values that do not have their column's
// type are then found by DuckDB, which gives the byte offset of the record; a second scan turns offsets into lines of
// the user's file.
#include <unordered_map>

#include "base/error.h"
#include "base/text.h"
#include "sources/csv_scan.h"
#include "sources/formats.h"

namespace filrouge {
namespace {

constexpr size_t kSampleBytes = 256 << 10;

std::string sample_of(const SourceFile& file, const std::string& encoding, bool& whole) {
  auto source = open_source(file, encoding, Unpacking::bit_by_bit);
  std::string sample(kSampleBytes, '\0');
  size_t have = 0;
  while (size_t got = have < sample.size() ? source->read(sample.data() + have, sample.size() - have) : 0) have += got;
  whole = have < sample.size();
  sample.resize(have);
  return sample;
}

/// The columns of all files, in order of first appearance; says which files lack or add some.
Schema unite(const std::vector<FileFacts>& files, std::vector<std::string>& notes) {
  Schema schema;
  for (const FileFacts& file : files)
    for (const std::string& name : file.names)
      if (index_of(schema, name) == schema.columns.size()) schema.columns.push_back({name, "VARCHAR", {}});
  for (const FileFacts& file : files) {
    if (file.names.size() == schema.columns.size()) continue;
    std::vector<std::string> missing;
    for (const Column& column : schema.columns)
      if (std::none_of(file.names.begin(), file.names.end(),
                       [&](const std::string& name) { return lower(name) == lower(column.name); }))
        missing.push_back("`" + column.name + "`");
    if (notes.size() < 20)
      notes.push_back(fmt::format("{} has no column {}: empty there", file.file.shown, join(missing, ", ")));
  }
  return schema;
}

FileFacts detect_file(const SourceFile& file, const SourceRequest& request, std::vector<std::string>& notes) {
  bool whole = false;
  std::string sample = sample_of(file, request.csv.encoding, whole);
  if (trim(sample).empty() && whole)
    throw Error(ErrorKind::data, "FR0307", fmt::format("`{}` is empty", file.shown),
                "a CSV file needs a header or a row");
  CsvShape shape = detect_csv(sample, whole, request.csv);
  FileFacts facts;
  facts.file = file;
  facts.dialect = shape.dialect;
  facts.names = shape.names;
  for (const std::string& note : shape.notes) notes.push_back(file.shown + ": " + note);
  return facts;
}

/// One file's records in the order of `schema`, as RFC 4180 without a header. Calls `kept(offset in the copy, record)`
/// and `rejected(record, reason)`; `copy` may be null when only the offsets are wanted.
void rewrite(const FileFacts& file, const SourceRequest& request, const Schema& schema, std::ostream* copy,
             const std::function<void(uint64_t, const Record&)>& kept,
             const std::function<void(const Record&, const std::string&)>& rejected) {
  std::vector<size_t> places;
  for (const std::string& name : file.names) places.push_back(index_of(schema, name));
  FileWalk walk(file, request);
  Record record;
  std::string reason, line;
  uint64_t offset = 0;
  std::vector<std::string_view> cells(schema.columns.size());
  while (walk.next(record, reason)) {
    if (!reason.empty()) {
      rejected(record, reason);
      continue;
    }
    for (size_t column = 0; column < places.size(); ++column) cells[places[column]] = record.fields[column];
    line.clear();
    append_record(line, cells);
    kept(offset, record);
    offset += line.size();
    if (copy) copy->write(line.data(), static_cast<std::streamsize>(line.size()));
  }
}

/// All that DuckDB has to be told, so that it guesses nothing.
std::string reader_sql(const SourceRequest& request, const SourceFacts& facts, const std::vector<fs::path>& paths,
                       bool regular, int attempt) {
  const Dialect plain{",", "\"", "\"", false, 0, 0};
  const Dialect& dialect = regular ? facts.files[0].dialect : plain;
  std::vector<std::string> nulls = {"''"};
  for (const std::string& word : request.csv.rules.nulls)
    if (!word.empty()) nulls.push_back(quote_text(word));
  uint64_t longest = 0;
  for (const FileFacts& file : facts.files) longest = std::max(longest, 2 * file.longest + 1024);
  std::string options = fmt::format(
      "columns={}, delim={}, quote={}, escape={}, header={}, nullstr=[{}], decimal_separator='{}', auto_detect=false, "
      "compression='none', "
      "strict_mode=true, null_padding=false, store_rejects=true, rejects_limit=0, rejects_table='fr_errors_{}', "
      "rejects_scan='fr_scans_{}'",
      sql_columns(facts.columns.columns), quote_text(dialect.delimiter), quote_text(dialect.quote),
      quote_text(dialect.escape), dialect.header, join(nulls, ", "), request.csv.rules.decimal, attempt, attempt);
  if (longest > kEngineLine) options += fmt::format(", max_line_size={}, buffer_size={}", longest, 8 * longest);
  if (const std::string& format = request.csv.rules.date_format; !format.empty())
    options += fmt::format(", dateformat={0}, timestampformat={0}", quote_text(format));
  return fmt::format("SELECT {} FROM read_csv({}, {}{})", sql_select(facts, request.partitions), sql_list(paths),
                     options, sql_partitions(request.partitions));
}

struct CastError {
  std::string column, kind, text;
};
/// Path -> byte offset of the record -> its first error. (DuckDB counts bytes from 1.)
using CastErrors = std::map<std::string, std::map<uint64_t, CastError>>;

CastErrors cast_errors(Engine& engine, int attempt) {
  Json answer = engine.rows(
      fmt::format("SELECT s.file_path, e.line_byte_position - 1, arg_min(coalesce(e.column_name, ''), e.column_idx), "
                  "arg_min(e.error_type::VARCHAR, e.column_idx), any_value(e.csv_line) FROM fr_errors_{0} e JOIN "
                  "fr_scans_{0} s USING "
                  "(scan_id, file_id) GROUP BY ALL",
                  attempt),
      UINT64_MAX >> 1);
  CastErrors errors;
  for (const Json& row : answer.at("rows"))
    errors[row[0].get<std::string>()][row[1].get<uint64_t>()] = {row[2], row[3],
                                                                 row[4].is_string() ? row[4].get<std::string>() : ""};
  engine.execute(fmt::format("DROP TABLE IF EXISTS fr_errors_{0}; DROP TABLE IF EXISTS fr_scans_{0}", attempt));
  return errors;
}

std::string cast_reason(const CastError& error, const FileFacts& file, const Schema& schema, const Record& record) {
  if (error.kind != "CAST") return lower(error.kind);
  for (size_t column = 0; column < file.names.size(); ++column) {
    const Column* known = schema.find(file.names[column]);
    if (!known || lower(known->name) != lower(error.column)) continue;
    return fmt::format("column {}: `{}` is not a {}", known->name, record.fields[column].substr(0, 200), known->type);
  }
  return fmt::format("column {}: not of its type", error.column);
}

/// One attempt to read all files, DuckDB reading them where they lie or from rewritten copies.
class CsvReading {
 public:
  CsvReading(const SourceRequest& request, const SourceFacts& facts, ReadRoom& room, bool regular)
      : request_(request), facts_(facts), room_(room), regular_(regular) {}

  /// Nothing when DuckDB's count differs from ours.
  std::optional<WrittenTable> run(int attempt) {
    room_.rejects.clear();
    for (size_t index = 0; index < facts_.files.size(); ++index)
      paths_.push_back(regular_ ? as_it_stands(index) : rewritten(index));
    if (regular_)
      for (const FileFacts& file : facts_.files) expected_ += file.records;
    std::string sql = reader_sql(request_, facts_, paths_, regular_, attempt);
    WrittenTable table;
    try {
      table = room_.engine.materialise(room_.target.name, sql, RowOrder::streaming, room_.target.staging);
    } catch (const Error& error) {
      if (!regular_ || error.kind != ErrorKind::data) throw;
      return std::nullopt;  // DuckDB cannot read it where it lies: the rewritten copy will do
    }
    CastErrors errors = cast_errors(room_.engine, attempt);
    uint64_t failed = 0;
    for (const auto& [path, by_offset] : errors) failed += by_offset.size();
    if (table.rows + failed != expected_) return std::nullopt;
    for (size_t index = 0; index < facts_.files.size(); ++index)
      if (auto found = errors.find(paths_[index].string()); found != errors.end())
        if (!reject(index, found->second)) return std::nullopt;
    return table;
  }

 private:
  fs::path as_it_stands(size_t index) {
    return readable_path(facts_.files[index].file, index, request_.csv.encoding, room_.scratch);
  }

  fs::path rewritten(size_t index) {
    const FileFacts& file = facts_.files[index];
    fs::path path = scratch_path(file.file, index, room_.scratch, ".csv");
    std::ofstream copy(path, std::ios::binary);
    rewrite(
        file, request_, facts_.columns, &copy, [&](uint64_t, const Record&) { ++expected_; },
        [&](const Record& record, const std::string& reason) {
          room_.rejects.add(index, file.file.shown, record.line, reason, record.text);
        });
    copy.close();
    if (!copy)
      throw Error(ErrorKind::environment, "FR0502",
                  fmt::format("{}: cannot be written (is the disk full?)", path.string()));
    return path;
  }

  /// False when an offset is not that of a record: then DuckDB and we do not see the same records.
  bool reject(size_t index, const std::map<uint64_t, CastError>& errors) {
    const FileFacts& file = facts_.files[index];
    uint64_t found = 0;
    rewrite(
        file, request_, facts_.columns, nullptr,
        [&](uint64_t offset, const Record& record) {
          auto error = errors.find(regular_ ? record.offset : offset);
          if (error == errors.end()) return;
          ++found;
          std::string reason = cast_reason(error->second, file, facts_.columns, record);
          room_.rejects.add(index, file.file.shown, record.line, reason, record.text);
        },
        [](const Record&, const std::string&) {});
    return found == errors.size();
  }

  const SourceRequest& request_;
  const SourceFacts& facts_;
  ReadRoom& room_;
  bool regular_;
  std::vector<fs::path> paths_;
  uint64_t expected_ = 0;
};

/// One note for all columns that the same words keep from being numbers or dates.
void note_missing_words(SourceFacts& facts, const SourceRequest& request, const std::vector<ColumnGuess>& guesses) {
  std::map<std::string, std::vector<std::string>> columns_by_word;
  for (size_t at = 0; at < guesses.size(); ++at)
    if (const Column& column = facts.columns.columns[at]; !declared_for(request, column.name))
      if (auto word = guesses[at].missing_word()) columns_by_word[*word].push_back("`" + column.name + "`");
  for (auto& [word, columns] : columns_by_word) {
    size_t more = columns.size() > 6 ? columns.size() - 6 : 0;
    columns.resize(columns.size() - more);
    facts.notes.push_back(fmt::format("{}{} {} text because of {}: if that means a missing value, say `null: {}`",
                                      join(columns, ", "), more > 0 ? fmt::format(" and {} more", more) : "",
                                      columns.size() + more == 1 ? "is" : "are", word, word));
  }
}

}  // namespace

SourceFacts inspect_csv(const SourceRequest& request, const std::vector<SourceFile>& files) {
  SourceFacts facts;
  facts.format = FileFormat::csv;
  for (const SourceFile& file : files) facts.files.push_back(detect_file(file, request, facts.notes));
  facts.columns = unite(facts.files, facts.notes);
  std::vector<ColumnGuess> guesses(facts.columns.columns.size());
  facts.rows = 0;
  for (FileFacts& file : facts.files) {
    scan_file(file, request, facts.columns, guesses);
    file.regular = file.regular && file.dialect == facts.files[0].dialect && file.names == facts.files[0].names;
    *facts.rows += file.records - file.flawed;
  }
  for (size_t at = 0; at < guesses.size(); ++at) {
    Column& column = facts.columns.columns[at];
    const Column* declared = declared_for(request, column.name);
    column.type = declared ? declared->type : guesses[at].type();
    if (!declared)
      if (auto note = guesses[at].note(column.name)) facts.notes.push_back(*note);
  }
  note_missing_words(facts, request, guesses);
  return facts;
}

std::optional<std::vector<std::string>> csv_header(const SourceFile& file, const Dialect& dialect) {
  auto source = open_source(file, "");
  CsvRecords records(*source, dialect);
  for (Record record; records.next(record);)
    if (!record.blank) return std::vector<std::string>(record.fields.begin(), record.fields.end());
  return std::nullopt;
}

SourceFacts known_csv(const SourceRequest& request, const Dialect& dialect, const std::vector<std::string>& names) {
  SourceFacts facts;
  facts.columns.columns = request.declared;
  FileFacts& file = facts.files.emplace_back();
  file.file = request.files.at(0);
  file.dialect = dialect;
  file.names = names;
  std::vector<ColumnGuess> none(facts.columns.columns.size());
  scan_file(file, request, facts.columns, none);
  file.regular = file.regular && names == facts.columns.names();
  facts.rows = file.records - file.flawed;
  return facts;
}

WrittenTable read_csv(const SourceRequest& request, const SourceFacts& facts, ReadRoom& room) {
  bool regular =
      std::all_of(facts.files.begin(), facts.files.end(), [](const FileFacts& file) { return file.regular; });
  if (regular)
    if (auto table = CsvReading(request, facts, room, true).run(1)) return *table;
  if (auto table = CsvReading(request, facts, room, false).run(2)) return *table;
  throw Error(ErrorKind::internal, "FR0321",
              fmt::format("the rows read from `{}` are not those counted in it", facts.files[0].file.shown),
              "please report this with the file, or its first lines");
}

}  // namespace filrouge
