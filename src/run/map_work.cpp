#include "run/map_work.h"

#include <numeric>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "base/version.h"
#include "engines/sql_text.h"
#include "models/frame.h"
#include "run/worker.h"

namespace filrouge {
namespace {

/// A part is worth the start of a process (0.05 CPU seconds) and small enough that a lost one costs little. A multiple
/// of the blocks in which rows are scored, so that blocks hold the same rows as where nothing is cut.
constexpr uint64_t kPartRows = 8 * kScanRows;
constexpr size_t kMostParts = 10'000;
/// What one worker on another machine may use: a part is small, and memory beside Spark's own is scarce there.
constexpr uint64_t kWorkerBytes = 1'000'000'000;

TableFiles input_named(const Json& request, const std::string& name) {
  for (const Json& table : request.at("inputs"))
    if (table.at("name") == name) return table_files_from_json(table);
  FR_CHECK(!"a step is cut by a table that it does not read");
  return {};
}

/// From the files' footers: no row is read.
std::vector<uint64_t> rows_of(const TableFiles& table, Engine& engine) {
  std::vector<uint64_t> rows;
  for (const fs::path& file : table.files)
    rows.push_back(
        engine
            .rows(fmt::format("SELECT num_rows::BIGINT AS n FROM parquet_file_metadata({})", quote_text(file.string())),
                  1)
            .at("rows")[0][0]
            .get<uint64_t>());
  return rows;
}

uint64_t rows_per_part(const Json& request, uint64_t rows) {
  uint64_t wanted = request.at("engine").value("part_rows", kPartRows);
  return std::max(wanted, rows / kMostParts + 1);
}

Json part_json(const TableFiles& table, const PartOfFiles& part) {
  TableFiles of_part{table.name, {}, table.schema, {}};
  for (const auto& [file, range] : part.files)
    of_part.files.push_back(table.files[file]), of_part.ranges.push_back(range);
  return {{"first_row", part.first_row}, {"rows", part.rows}, {"input", to_json(of_part)}};
}

/// What came back of the parts, in their order.
class Receipts {
 public:
  explicit Receipts(size_t parts) : of_part_(parts) {}

  void take(const std::string& line) {
    Json receipt = Json::parse(line, nullptr, false);
    if (!receipt.is_object() || !receipt.contains("id"))
      throw Error(ErrorKind::engine, "FR0334",
                  "a worker on the cluster said what is no receipt: " + line.substr(0, 200),
                  "next: filrouge doctor --engine NAME");
    size_t part = receipt.at("id");
    of_part_.at(part) = std::move(receipt);
  }

  /// Throws the first error there is.
  const std::vector<Json>& all() const {
    for (size_t part = 0; part < of_part_.size(); ++part) {
      const Json& receipt = of_part_[part];
      if (receipt.is_null())
        throw Error(ErrorKind::engine, "FR0334",
                    fmt::format("part {} of {} came back without a receipt", part + 1, of_part_.size()), "run again");
      if (receipt.at("event") != "done")
        throw Error(error_kind_from(receipt.at("kind")), receipt.at("code"),
                    fmt::format("{} (part {} of {}, on {})", receipt.at("message").get<std::string>(), part + 1,
                                of_part_.size(), receipt.value("host", "?")),
                    receipt.at("hint"));
    }
    return of_part_;
  }

 private:
  std::vector<Json> of_part_;
};

/// Puts the parts of one table together: their files under the names that they have here.
void add_part(const WrittenTable& part, const fs::path& staging, WrittenTable& whole) {
  for (const fs::path& file : part.files) {
    whole.files.push_back(staging / fmt::format("data-{}.parquet", whole.files.size()));
    fs::rename(file, whole.files.back());
  }
  whole.name = part.name, whole.schema = part.schema;
  whole.rows += part.rows, whole.bytes += part.bytes;
  if (whole.column_hashes.empty()) {
    whole.column_hashes = part.column_hashes;
    return;
  }
  for (size_t i = 0; i < part.column_hashes.size(); ++i)
    whole.column_hashes[i] = fmt::format(
        "{:016x}", std::stoull(whole.column_hashes[i], nullptr, 16) ^ std::stoull(part.column_hashes[i], nullptr, 16));
}

/// A worker that was given up may still write into it.
void remove_parts(const fs::path& folder) {
  std::error_code failed;
  for (int tries = 0; tries < 5; ++tries)
    if (fs::remove_all(folder, failed); !failed) return;
  throw fs::filesystem_error("cannot remove", folder, failed);
}

}  // namespace

std::vector<PartOfFiles> cut_files(const std::vector<uint64_t>& rows_of_files, uint64_t part_rows) {
  std::vector<PartOfFiles> parts;
  uint64_t done = 0;
  for (size_t file = 0; file < rows_of_files.size(); ++file)
    for (uint64_t first = 0; first < rows_of_files[file];) {
      if (parts.empty() || parts.back().rows == part_rows) parts.push_back({done, 0, {}});
      PartOfFiles& part = parts.back();
      uint64_t rows = std::min(part_rows - part.rows, rows_of_files[file] - first);
      part.files.push_back({file, {first, rows}});
      part.rows += rows, first += rows, done += rows;
    }
  return parts;
}

WorkResult map_work(const Json& request, Engine& engine, WorkContext& context, Cost& cost) {
  TableFiles table = input_named(request, request.at("cuts"));
  std::vector<uint64_t> counts = rows_of(table, engine);
  uint64_t rows = std::accumulate(counts.begin(), counts.end(), uint64_t{0});
  std::vector<PartOfFiles> parts = cut_files(counts, rows_per_part(request, rows));
  if (parts.empty()) parts.push_back({0, 0, {{0, {0, 0}}}});  // a table without rows makes one without rows
  fs::path staging = request.at("staging").get<std::string>(), folder = staging / "parts";
  make_folder(folder);
  Json common = request;
  for (const char* key : {"engine", "cuts", "id"}) common.erase(key);
  Limits limits = limits_from_json(request.at("limits"));
  limits = {std::min(limits.memory_bytes, kWorkerBytes), 1, limits.timeout_ms};
  common["limits"] = to_json(limits);
  common["folder"] = folder.string();
  common["program"] = kVersion;
  for (const PartOfFiles& part : parts) common["parts"].push_back(part_json(table, part));
  write_file(folder / "request.json", dump(common));
  context.phase(fmt::format("{} in {}", plural(rows, "row"), plural(parts.size(), "part")));

  Receipts receipts(parts.size());
  for (const std::string& line : engine.map(folder / "request.json", parts.size())) receipts.take(line);
  WorkResult whole;
  for (const Json& receipt : receipts.all()) {
    WorkResult part = work_result_from_json(receipt.at("result"));
    FR_CHECK(part.tables.size() == 1);
    if (whole.tables.empty()) whole.tables.resize(1);
    add_part(part.tables[0], staging, whole.tables[0]);
    cost.cpu_seconds += receipt.at("cpu_seconds").get<double>();
    cost.peak_memory_bytes = std::max(cost.peak_memory_bytes, receipt.at("peak_memory_bytes").get<uint64_t>());
  }
  FR_CHECK(whole.tables[0].rows == rows);
  whole.details = {{"parts", parts.size()}, {"cpu_seconds", cost.cpu_seconds}};
  remove_parts(folder);
  return whole;
}

}  // namespace filrouge
