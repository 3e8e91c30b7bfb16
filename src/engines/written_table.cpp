#include "engines/engine.h"

#include "base/files.h"

namespace filrouge {

Json to_json(const WrittenTable& table) {
  std::vector<std::string> files;
  for (const fs::path& file : table.files) files.push_back(file.string());
  return {{"name", table.name},
          {"files", files},
          {"rows", table.rows},
          {"bytes", table.bytes},
          {"schema", to_json(table.schema)},
          {"column_hashes", table.column_hashes}};
}

WrittenTable written_table_from_json(const Json& json) {
  WrittenTable table;
  table.name = json.at("name");
  for (const Json& file : json.at("files")) table.files.emplace_back(file.get<std::string>());
  table.rows = json.at("rows");
  table.bytes = json.at("bytes");
  table.schema = schema_from_json(json.at("schema"));
  table.column_hashes = json.at("column_hashes").get<std::vector<std::string>>();
  return table;
}

}  // namespace filrouge
