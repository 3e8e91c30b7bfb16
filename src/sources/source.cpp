#include "sources/source.h"

#include "base/error.h"
#include "base/removed_folder.h"
#include "base/scratch.h"
#include "base/text.h"
#include "sources/formats.h"
#include "sources/read_ahead.h"

namespace filrouge {
namespace {

constexpr const char* kFormatNames[] = {"csv", "json", "ndjson", "parquet", "text"};

Json to_json(const SourceFile& file) {
  return {{"path", file.path.string()}, {"member", file.member}, {"shown", file.shown}, {"partition", file.partition}};
}

SourceFile source_file_from_json(const Json& json) {
  return {json.at("path").get<std::string>(), json.at("member"), json.at("shown"), json.at("partition")};
}

/// The last part of the name that tells the format: "csv" for data.csv.gz.
std::string format_extension(const SourceFile& file) {
  fs::path name = file.member.empty() ? fs::path(file.shown) : fs::path(file.member);
  std::string extension = lower(name.extension().string());
  if (extension == ".gz" || extension == ".zst" || extension == ".zip")
    extension = lower(name.stem().extension().string());
  return extension.empty() ? "" : extension.substr(1);
}

std::optional<FileFormat> format_by_name(const SourceFile& file) {
  static const std::map<std::string, FileFormat> known = {
      {"csv", FileFormat::csv},      {"tsv", FileFormat::csv},         {"tab", FileFormat::csv},
      {"psv", FileFormat::csv},      {"json", FileFormat::json},       {"ndjson", FileFormat::ndjson},
      {"jsonl", FileFormat::ndjson}, {"parquet", FileFormat::parquet}, {"pq", FileFormat::parquet},
      {"txt", FileFormat::text},     {"text", FileFormat::text},       {"log", FileFormat::text},
      {"md", FileFormat::text},      {"html", FileFormat::text}};
  auto found = known.find(format_extension(file));
  return found == known.end() ? std::nullopt : std::optional(found->second);
}

std::string start_of(const SourceFile& file, const std::string& encoding) {
  auto source = open_source(file, encoding, Unpacking::bit_by_bit);
  std::string start(64 << 10, '\0');
  size_t have = 0;
  while (size_t got = have < start.size() ? source->read(start.data() + have, start.size() - have) : 0) have += got;
  start.resize(have);
  return start;
}

/// JSON that is one object a line although it is called .json.
bool is_line_json(const std::string& start) {
  size_t end = start.find('\n');
  std::string_view first = trim(std::string_view(start).substr(0, end));
  if (end == std::string::npos || !first.starts_with('{') || !Json::accept(first)) return false;
  return trim(std::string_view(start).substr(end)).starts_with('{');
}

FileFormat format_by_content(const std::string& start) {
  std::string_view text = trim(start);
  if (text.starts_with("PAR1")) return FileFormat::parquet;
  if (is_line_json(start)) return FileFormat::ndjson;
  if (text.starts_with('{') || text.starts_with("[{") || text.starts_with("[\n")) return FileFormat::json;
  return FileFormat::csv;
}

FileFormat format_of(const SourceRequest& request, const SourceFile& file) {
  if (request.format == "tsv") return FileFormat::csv;
  if (!request.format.empty()) return format_from(request.format).value();
  std::optional<FileFormat> named = format_by_name(file);
  if (named == FileFormat::text && (request.csv.delimiter || request.csv.header)) return FileFormat::csv;
  if (named == FileFormat::json)
    return is_line_json(start_of(file, request.csv.encoding)) ? FileFormat::ndjson : FileFormat::json;
  return named ? *named : format_by_content(start_of(file, request.csv.encoding));
}

/// A zip file without a member stands for its data: the members of the format asked for, or of the first that is known.
std::vector<SourceFile> expand_zip(const SourceFile& file, const SourceRequest& request) {
  std::vector<SourceFile> members;
  for (const std::string& name : zip_members(file.path))
    members.push_back({file.path, name, file.shown + "/" + name, file.partition});
  if (members.empty()) throw Error(ErrorKind::data, "FR0307", fmt::format("`{}` holds no file", file.shown));
  if (members.size() == 1) return members;
  auto wanted = request.format == "tsv" ? FileFormat::csv : format_from(request.format);
  for (const SourceFile& member : members)
    if (!wanted && format_by_name(member) != FileFormat::text) wanted = format_by_name(member);
  if (!wanted) return members;
  std::erase_if(members, [&](const SourceFile& member) { return format_by_name(member) != wanted; });
  if (members.empty())
    throw Error(ErrorKind::data, "FR0301", fmt::format("`{}` holds no {} file", file.shown, to_string(*wanted)),
                "name the member: `from: " + file.shown + "/NAME`");
  return members;
}

std::vector<SourceFile> all_files(const SourceRequest& request) {
  std::vector<SourceFile> files;
  for (const SourceFile& file : request.files) {
    if (file.member.empty() && packing_of(file.path) == Packing::zip)
      for (SourceFile& member : expand_zip(file, request)) files.push_back(std::move(member));
    else
      files.push_back(file);
  }
  return files;
}

/// Runs `work`; an Error of it that names none of the files gets the first one's name.
template <typename Work>
auto naming(const std::vector<SourceFile>& files, const Work& work) {
  try {
    try {
      return work();
    } catch (const std::bad_alloc&) {
      throw Error(ErrorKind::engine, "FR0314", "out of memory", "raise --memory");
    }
  } catch (Error& error) {
    for (const SourceFile& file : files)
      if (error.message.find(file.path.filename().string()) != std::string::npos) throw;
    std::string more = files.size() > 1 ? fmt::format(" (with {} more)", files.size() - 1) : "";
    error.message = fmt::format("`{}`{}: {}", files.front().shown, more, error.message);
    throw;
  }
}

SourceFacts inspect_files(const SourceRequest& request, Engine& engine);

}  // namespace

const char* to_string(FileFormat format) {
  return kFormatNames[static_cast<size_t>(format)];
}

std::optional<FileFormat> format_from(const std::string& name) {
  for (size_t at = 0; at < std::size(kFormatNames); ++at)
    if (name == kFormatNames[at]) return static_cast<FileFormat>(at);
  return std::nullopt;
}

Json to_json(const SourceRequest& request) {
  Json files = Json::array();
  for (const SourceFile& file : request.files) files.push_back(to_json(file));
  return {{"format", request.format},
          {"files", std::move(files)},
          {"csv", to_json(request.csv)},
          {"declared", to_json(Schema{request.declared})},
          {"partitions", to_json(Schema{request.partitions})}};
}

SourceRequest source_request_from_json(const Json& json) {
  SourceRequest request;
  request.format = json.at("format");
  for (const Json& file : json.at("files")) request.files.push_back(source_file_from_json(file));
  request.csv = csv_request_from_json(json.at("csv"));
  request.declared = schema_from_json(json.at("declared")).columns;
  request.partitions = schema_from_json(json.at("partitions")).columns;
  return request;
}

Json to_json(const SourceFacts& facts) {
  Json files = Json::array();
  for (const FileFacts& file : facts.files)
    files.push_back({{"file", to_json(file.file)},
                     {"dialect", to_json(file.dialect)},
                     {"names", file.names},
                     {"regular", file.regular},
                     {"records", file.records},
                     {"flawed", file.flawed},
                     {"longest", file.longest}});
  Json json = {{"format", to_string(facts.format)},
               {"columns", to_json(facts.columns)},
               {"files", std::move(files)},
               {"notes", facts.notes}};
  if (facts.rows) json["rows"] = *facts.rows;
  return json;
}

SourceFacts source_facts_from_json(const Json& json) {
  SourceFacts facts;
  facts.format = format_from(json.at("format")).value();
  facts.columns = schema_from_json(json.at("columns"));
  for (const Json& entry : json.at("files")) {
    FileFacts& file = facts.files.emplace_back();
    file.file = source_file_from_json(entry.at("file"));
    file.dialect = dialect_from_json(entry.at("dialect"));
    file.names = entry.at("names").get<std::vector<std::string>>();
    file.regular = entry.at("regular");
    file.records = entry.at("records");
    file.flawed = entry.at("flawed");
    file.longest = entry.at("longest");
  }
  facts.notes = json.at("notes").get<std::vector<std::string>>();
  if (json.contains("rows")) facts.rows = json["rows"].get<uint64_t>();
  return facts;
}

SourceFacts inspect_source(const SourceRequest& request, Engine& engine) {
  return naming(request.files, [&] { return inspect_files(request, engine); });
}

namespace {

SourceFacts inspect_files(const SourceRequest& request, Engine& engine) {
  std::vector<SourceFile> files = all_files(request);
  FR_CHECK(!files.empty());
  FileFormat format = format_of(request, files[0]);
  for (const SourceFile& file : files)
    if (request.format.empty() && format_by_name(file).value_or(format) != format_by_name(files[0]).value_or(format))
      throw Error(ErrorKind::data, "FR0309",
                  fmt::format("`{}` and `{}` have different formats", files[0].shown, file.shown),
                  "name the files of one format, or say `format:`");
  if (format == FileFormat::csv) return inspect_csv(request, files);
  if (format == FileFormat::text) return inspect_text(request, files);
  const ScratchFolder scratch;
  if (format == FileFormat::parquet) return inspect_parquet(request, files, scratch.path(), engine);
  return inspect_json(request, files, format, scratch.path(), engine);
}

ReadOutcome read_files(const SourceRequest& request, const SourceFacts& facts, const ReadTarget& target,
                       Engine& engine) {
  RemovedFolder scratch(target.staging / "scratch");
  make_folder(scratch.path);
  Rejects rejects(scratch.path / "rejects.csv", target.stop_on_bad_row);
  ReadRoom room{scratch.path, rejects, target, engine};
  ReadOutcome outcome;
  switch (facts.format) {
    case FileFormat::csv:
      outcome.table = read_csv(request, facts, room);
      break;
    case FileFormat::parquet:
      outcome.table = read_parquet(request, facts, room);
      break;
    case FileFormat::text:
      outcome.table = read_text(request, facts, room);
      break;
    case FileFormat::json:
    case FileFormat::ndjson:
      outcome.table = read_json(request, facts, room);
      break;
  }
  fs::path folder = target.staging / "rejects";
  make_folder(folder);
  outcome.rejects = rejects.write(target.name + ".rejects", folder, engine);
  outcome.notes = facts.notes;
  if (rejects.count() > 0) outcome.notes.push_back(rejects.note(target.name));
  return outcome;
}

}  // namespace

ReadOutcome read_source(const SourceRequest& request, const SourceFacts& facts, const ReadTarget& target,
                        Engine& engine) {
  ReadOutcome outcome = naming(request.files, [&] { return read_files(request, facts, target, engine); });
  fs::remove_all(target.staging / "scratch");  // gone already, or an error: it must not become part of the version
  return outcome;
}

fs::path scratch_path(const SourceFile& file, size_t index, const fs::path& scratch, const std::string& extension) {
  fs::path folder = scratch / fmt::format("{:06}", index) / file.partition;
  make_folder(folder);
  return folder / ("data" + extension);
}

fs::path readable_path(const SourceFile& file, size_t index, const std::string& encoding, const fs::path& scratch) {
  if (is_plain(file, encoding)) return file.path;
  fs::path path = scratch_path(file, index, scratch, ".data");
  auto source = open_ahead(file, encoding, Unpacking::at_once);
  write_all(*source, path, file.shown);
  return path;
}

std::string sql_list(const std::vector<fs::path>& paths) {
  std::vector<std::string> items;
  for (const fs::path& path : paths) {
    std::string escaped;
    for (char c : path.string())
      escaped += std::string_view("*?[").find(c) == std::string_view::npos ? std::string(1, c) : fmt::format("[{}]", c);
    items.push_back(quote_text(escaped));
  }
  return "[" + join(items, ", ") + "]";
}

std::string sql_columns(const std::vector<Column>& columns) {
  std::vector<std::string> items;
  for (const Column& column : columns) items.push_back(quote_text(column.name) + ": " + quote_text(column.type));
  return "{" + join(items, ", ") + "}";
}

std::string sql_partitions(const std::vector<Column>& partitions) {
  if (partitions.empty()) return ", hive_partitioning=false";
  return ", hive_partitioning=true, hive_types=" + sql_columns(partitions);
}

std::string sql_select(const SourceFacts& facts, const std::vector<Column>& partitions) {
  std::vector<std::string> items;
  for (const Column& column : facts.columns.columns)
    if (!Schema{partitions}.find(column.name)) items.push_back(quote_name(column.name));
  for (const Column& column : partitions) items.push_back(quote_name(column.name));
  return join(items, ", ");
}

const Column* declared_for(const SourceRequest& request, const std::string& name) {
  for (const Column& column : request.declared)
    if (lower(column.name) == lower(name)) return &column;
  return nullptr;
}

}  // namespace filrouge
