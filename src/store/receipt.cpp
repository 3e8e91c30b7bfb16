#include "store/receipt.h"

#include <ctime>

#include "base/error.h"
#include "base/version.h"

namespace filrouge {
namespace {

constexpr int kFormat = 1;  // of receipt.json

Json to_json(const StoredTable& table) {
  return {{"name", table.name},
          {"files", table.files},
          {"rows", table.rows},
          {"bytes", table.bytes},
          {"schema", to_json(table.schema)},
          {"column_hashes", table.column_hashes},
          {"lineage", filrouge::to_json(*table.lineage)}};
}

StoredTable table_from_json(const Json& json) {
  StoredTable table;
  table.name = json.at("name");
  table.files = json.at("files").get<std::vector<std::string>>();
  table.rows = json.at("rows");
  table.bytes = json.at("bytes");
  table.schema = schema_from_json(json.at("schema"));
  table.column_hashes = json.at("column_hashes").get<std::vector<std::string>>();
  table.lineage = lineage_from_json(json.at("lineage"));
  return table;
}

Json publishes(const Version& version) {
  Json list = Json::array();
  for (size_t i = 0; i < version.publish_from.size(); ++i)
    list.push_back({{"file", version.publish_from[i]}, {"to", version.publish_to.at(i)}});
  return list;
}

Version parse_version(const Json& json) {
  Version version;
  version.verb = json.at("verb");
  version.name = json.at("name");
  version.key = json.at("key");
  version.created = json.at("created");
  version.engine = json.at("engine");
  version.passed = json.at("passed");
  version.summary = json.at("summary");
  version.notes = json.at("notes").get<std::vector<std::string>>();
  version.seconds = json.at("seconds");
  version.cpu_seconds = json.at("cpu_seconds");
  version.peak_memory_bytes = json.at("peak_memory_bytes");
  for (const Json& table : json.at("tables")) version.tables.push_back(table_from_json(table));
  for (const Json& entry : json.at("publish")) {
    version.publish_from.push_back(entry.at("file"));
    version.publish_to.push_back(entry.at("to"));
  }
  version.details = json.at("details");
  version.why_key = json.at("why_key");
  for (const auto& [path, file] : json.at("file_hashes").items())
    version.file_hashes.push_back({path, file.at("hash"), file.at("bytes"), file.value("tail", "")});
  return version;
}

}  // namespace

Json to_json(const Version& version) {
  Json tables = Json::array();
  for (const StoredTable& table : version.tables) tables.push_back(to_json(table));
  Json files = Json::object();
  for (const FileHash& file : version.file_hashes) {
    files[file.path] = {{"hash", file.hash}, {"bytes", file.bytes}};
    if (!file.tail.empty()) files[file.path]["tail"] = file.tail;
  }
  return {{"format", kFormat},
          {"filrouge", kVersion},
          {"verb", version.verb},
          {"name", version.name},
          {"key", version.key},
          {"created", version.created},
          {"engine", version.engine},
          {"passed", version.passed},
          {"summary", version.summary},
          {"notes", version.notes},
          {"seconds", version.seconds},
          {"cpu_seconds", version.cpu_seconds},
          {"peak_memory_bytes", version.peak_memory_bytes},
          {"tables", std::move(tables)},
          {"publish", publishes(version)},
          {"details", *version.details},
          {"why_key", *version.why_key},
          {"file_hashes", std::move(files)}};
}

Version version_from_json(const Json& json) {
  try {
    if (json.at("format") > kFormat)
      throw Error(ErrorKind::environment, "FR0511", "this receipt was written by a newer filrouge",
                  "use a filrouge at least as new as the one that wrote the store");
    return parse_version(json);
  } catch (const nlohmann::json::exception& e) {
    throw Error(ErrorKind::data, "FR0514", fmt::format("this is not the receipt of a version: {}", e.what()));
  }
}

fs::path folder_in_store(const Version& version) {
  bool is_chart = version.verb == "chart";
  const std::string& folder = is_chart || version.tables.empty() ? version.name : version.tables[0].name;
  // Both become parts of a path: nothing in them may lead out of the store.
  FR_CHECK(!folder.empty() && folder[0] != '.' && folder.find('/') == std::string::npos);
  FR_CHECK(version.key.size() == 32 && version.key.find_first_not_of("0123456789abcdef") == std::string::npos);
  return fs::path(is_chart ? "charts" : "tables") / folder / version.key;
}

uint64_t total_bytes(const Version& version) {
  uint64_t bytes = 0;
  for (const FileHash& file : version.file_hashes) bytes += file.bytes;
  return bytes;
}

std::string receipt_text(const Version& version) {
  return dump(to_json(version), 1) + "\n";
}

Version read_receipt(const fs::path& version_folder) {
  fs::path file = version_folder / kReceipt;
  std::string text = read_file(file);
  try {
    return version_from_json(parse_json(text, file.string()));
  } catch (const Error& e) {
    if (e.code == "FR0511") throw;
    throw Error(ErrorKind::data, "FR0514",
                fmt::format("{} is not the receipt of a version: {}", file.string(), e.message));
  }
}

std::string utc_now(double seconds_ago) {
  auto now = std::chrono::system_clock::now().time_since_epoch();
  int64_t microseconds =
      std::chrono::duration_cast<std::chrono::microseconds>(now).count() - static_cast<int64_t>(seconds_ago * 1e6);
  std::time_t seconds = microseconds / 1'000'000;
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
                     utc.tm_hour, utc.tm_min, utc.tm_sec, microseconds % 1'000'000);
}

}  // namespace filrouge
