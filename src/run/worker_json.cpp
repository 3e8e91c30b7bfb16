// What stands in a request to a worker, as JSON and back.
#include "run/worker.h"

#include "base/files.h"

namespace filrouge {

Json to_json(const Limits& limits) {
  return {{"memory_bytes", limits.memory_bytes}, {"threads", limits.threads}, {"timeout_ms", limits.timeout_ms}};
}

Limits limits_from_json(const Json& json) {
  return {json.at("memory_bytes"), json.at("threads"), json.value("timeout_ms", uint64_t{0})};
}

Json to_json(const TableFiles& table) {
  std::vector<std::string> files;
  for (const fs::path& file : table.files) files.push_back(file.string());
  Json json = {{"name", table.name}, {"files", files}, {"schema", to_json(table.schema)}};
  for (const RowRange& range : table.ranges) json["ranges"].push_back({range.first, range.rows});
  return json;
}

TableFiles table_files_from_json(const Json& json) {
  TableFiles table;
  table.name = json.at("name");
  for (const Json& file : json.at("files")) table.files.emplace_back(file.get<std::string>());
  table.schema = schema_from_json(json.at("schema"));
  for (const Json& range : json.value("ranges", Json::array())) table.ranges.push_back({range[0], range[1]});
  return table;
}

}  // namespace filrouge
