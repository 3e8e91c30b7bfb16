// Parquet: DuckDB does all of it; ours is to name the file that is damaged or does not fit the others.
#include "base/error.h"
#include "base/text.h"
#include "sources/formats.h"

namespace filrouge {
namespace {

std::vector<fs::path> readable_paths(const std::vector<SourceFile>& files, const fs::path& scratch) {
  std::vector<fs::path> paths;
  for (size_t index = 0; index < files.size(); ++index)
    paths.push_back(readable_path(files[index], index, "", scratch));
  return paths;
}

std::string scan_sql(const std::vector<fs::path>& paths, const std::vector<Column>& partitions) {
  return fmt::format("read_parquet({}, union_by_name={}{})", sql_list(paths), paths.size() > 1,
                     sql_partitions(partitions));
}

Schema schema_of(Engine& engine, const std::string& scan) {
  return schema_from_json(engine.rows("SELECT * FROM " + scan, 0).at("columns"));
}

/// The engine's message with the file's own name in place of `path`, where it may lie unpacked.
std::string in_users_words(std::string message, const fs::path& path, const SourceFile& file) {
  const std::string text = path.string();
  for (size_t at = message.find(text); at != std::string::npos; at = message.find(text, at + file.shown.size()))
    message.replace(at, text.size(), file.shown);
  return message;
}

/// Looks at each file alone; throws FR0308 for the damaged one and FR0323 for one whose column has another type.
std::vector<Schema> schemas_of(const std::vector<SourceFile>& files, const std::vector<fs::path>& paths,
                               Engine& engine) {
  std::vector<Schema> schemas;
  for (size_t index = 0; index < files.size(); ++index) {
    try {
      schemas.push_back(schema_of(engine, scan_sql({paths[index]}, {})));
    } catch (const Error& error) {
      throw Error(ErrorKind::data, "FR0308",
                  fmt::format("`{}` is not a readable Parquet file: {}", files[index].shown,
                              in_users_words(error.message, paths[index], files[index])));
    }
    for (const Column& column : schemas.back().columns)
      if (const Column* first = schemas.front().find(column.name); first && first->type != column.type)
        throw Error(
            ErrorKind::data, "FR0323",
            fmt::format("column `{}` is {} in `{}` and {} in `{}`", column.name, first->type, files[0].shown,
                        column.type, files[index].shown),
            fmt::format("read them in two steps, and cast in a sql step that joins them with UNION ALL BY NAME"));
  }
  return schemas;
}

/// Converts only what the thread declares otherwise.
std::string select_list(const SourceRequest& request, const SourceFacts& facts) {
  std::vector<std::string> items;
  for (const Column& column : facts.columns.columns) {
    if (Schema{request.partitions}.find(column.name)) continue;
    const Column* declared = declared_for(request, column.name);
    items.push_back(declared ? fmt::format("CAST({0} AS {1}) AS {0}", quote_name(column.name), declared->type)
                             : quote_name(column.name));
  }
  for (const Column& column : request.partitions) items.push_back(quote_name(column.name));
  return join(items, ", ");
}

}  // namespace

SourceFacts inspect_parquet(const SourceRequest& request, const std::vector<SourceFile>& files, const fs::path& scratch,
                            Engine& engine) {
  std::vector<fs::path> paths = readable_paths(files, scratch);
  std::vector<Schema> schemas = schemas_of(files, paths, engine);
  SourceFacts facts;
  facts.format = FileFormat::parquet;
  for (const SourceFile& file : files) facts.files.push_back({.file = file});
  for (const Schema& schema : schemas)
    for (const Column& column : schema.columns)
      if (!facts.columns.find(column.name)) facts.columns.columns.push_back(column);
  for (size_t index = 0; index < schemas.size(); ++index)
    for (const Column& column : facts.columns.columns)
      if (!schemas[index].find(column.name) && facts.notes.size() < 20)
        facts.notes.push_back(fmt::format("{} has no column `{}`: empty there", files[index].shown, column.name));
  for (Column& column : facts.columns.columns)
    if (const Column* declared = declared_for(request, column.name)) column.type = declared->type;
  Json count =
      engine.rows(fmt::format("SELECT sum(num_rows)::BIGINT FROM parquet_file_metadata({})", sql_list(paths)), 1);
  facts.rows = count.at("rows")[0][0].get<uint64_t>();
  return facts;
}

WrittenTable read_parquet(const SourceRequest& request, const SourceFacts& facts, ReadRoom& room) {
  std::vector<SourceFile> files;
  for (const FileFacts& file : facts.files) files.push_back(file.file);
  std::vector<fs::path> paths = readable_paths(files, room.scratch);
  std::string sql = fmt::format("SELECT {} FROM {}", select_list(request, facts), scan_sql(paths, request.partitions));
  try {
    return room.engine.materialise(room.target.name, sql, RowOrder::streaming, room.target.staging);
  } catch (const Error& error) {
    if (error.kind != ErrorKind::data || error.code == "FR0314") throw;
    std::string which =
        files.size() == 1 ? files[0].shown : fmt::format("{} and {} more", files[0].shown, files.size() - 1);
    bool conversion = error.code == "FR0311" || error.code == "FR0312";
    throw Error(ErrorKind::data, conversion ? "FR0322" : "FR0308",
                fmt::format("`{}` cannot be read: {}", which, in_users_words(error.message, paths[0], files[0])),
                conversion ? "a value does not have the type that `columns:` gives its column" : "");
  }
}

}  // namespace filrouge
