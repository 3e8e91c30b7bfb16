// The engine `spark`: queries run on Spark, everything else (small answers, scans, hashes of what was written) on the
// embedded engine, which reads the same Parquet.
#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "engines/engine_beside.h"
#include "engines/spark_driver.h"
#include "engines/spark_walk.h"

namespace filrouge {
namespace {

/// "`x` INT, `s` STRING": the columns that Spark can hold. A query that uses another is refused before.
std::string spark_columns(const Schema& schema) {
  std::vector<std::string> columns;
  for (const Column& column : schema.columns) {
    try {
      columns.push_back(spark_name(column.name) + " " + spark_type(plan_type_of(column.type)));
    } catch (const NotPortable&) {
      continue;
    }
  }
  return join(columns, ", ");
}

class SparkEngine : public EngineBeside {
 public:
  SparkEngine(std::unique_ptr<Engine> local, const Json& engine, const fs::path& scratch)
      : EngineBeside(std::move(local)),
        scratch_(scratch),
        worker_(engine.value("worker", "")),
        driver_(spark_place(engine), scratch / "spark") {}

  std::string version() const override { return driver_.version().empty() ? "spark" : "spark " + driver_.version(); }
  void attach(const std::vector<TableFiles>& tables) override {
    tables_ = tables;
    local_->attach(tables);
  }
  Json place() override { return driver_.ask({{"op", "place"}}); }
  std::vector<std::string> map(const fs::path& file, size_t parts) override;
  double progress() const override { return driver_.progress(); }

  /// The rows come in the order of the query's ORDER BY, then of all columns: one order, whatever ran where.
  WrittenTable materialise(const std::string& name, const std::string& sql, RowOrder, const fs::path& folder,
                           uint64_t) override {
    if (!binder_) binder_ = make_binder();  // 0.05 s, which a warm driver need not pay again
    for (const TableFiles& table : tables_) binder_->declare(table.name, table.schema);
    PortableQuery query = binder_->for_spark(sql);
    if (!query.problems.empty()) throw query.problems.front();
    WrittenTable table = query.unsorted.empty()
                             ? measure(name, written(query.sql, attached(), folder, "data"))
                             : sorted(name, written(query.unsorted, attached(), folder, "unsorted"), folder);
    check_schema(table.schema, binder_->describe(sql).schema);
    return table;
  }

 private:
  static Json attached(const TableFiles& table) {
    std::vector<std::string> files;
    for (const fs::path& file : table.files) files.push_back(file.string());
    return {{"name", table.name}, {"files", files}, {"schema", spark_columns(table.schema)}};
  }

  Json attached() const {
    Json tables = Json::array();
    for (const TableFiles& table : tables_) tables.push_back(attached(table));
    return tables;
  }

  /// What Spark makes of a query: its part files, as `folder`/NAME-N.parquet.
  std::vector<fs::path> written(const std::string& sql, const Json& tables, const fs::path& folder,
                                const std::string& name) {
    fs::path place = folder / "spark";
    driver_.ask({{"op", "materialise"}, {"sql", sql}, {"folder", place.string()}, {"tables", tables}});
    if (!fs::exists(place / "_SUCCESS"))
      throw Error(ErrorKind::engine, "FR0332", "Spark did not finish writing the result", "run again");
    std::vector<fs::path> parts, files;
    for (const fs::directory_entry& entry : fs::directory_iterator(place))
      if (entry.path().extension() == ".parquet") parts.push_back(entry.path());
    std::sort(parts.begin(), parts.end());
    for (const fs::path& part : parts) {
      files.push_back(folder / fmt::format("{}-{}.parquet", name, files.size()));
      fs::rename(part, files.back());
    }
    fs::remove_all(place);
    return files;
  }

  /// Sorted by all columns: here where the result is small, for it is read here in any case and Spark would run the
  /// query twice, once to learn how its rows are spread; else by Spark, from what it wrote.
  WrittenTable sorted(const std::string& name, const std::vector<fs::path>& files, const fs::path& folder) {
    constexpr uint64_t kSortedHereBytes = 256'000'000;  // of Parquet; DuckDB spills what does not fit into memory
    uint64_t bytes = 0;
    for (const fs::path& file : files) bytes += fs::file_size(file);
    TableFiles unsorted{"unsorted", files, local_->schema_of(files), {}};
    WrittenTable table;
    if (bytes <= kSortedHereBytes) {
      local_->attach({unsorted});
      table = local_->materialise(name, "SELECT * FROM unsorted", RowOrder::sorted, folder);
    } else {
      std::vector<std::string> keys;
      for (const Column& column : unsorted.schema.columns) keys.push_back(spark_name(column.name) + " ASC NULLS LAST");
      std::string sql = "SELECT * FROM `unsorted` ORDER BY " + join(keys, ", ");
      table = measure(name, written(sql, Json::array({attached(unsorted)}), folder, "data"));
    }
    for (const fs::path& file : files) fs::remove(file);
    return table;
  }

  static void check_schema(const Schema& got, const Schema& wanted) {
    bool same = got.columns.size() == wanted.columns.size();
    for (size_t i = 0; same && i < wanted.columns.size(); ++i) {
      same = got.columns[i].name == wanted.columns[i].name && got.columns[i].type == wanted.columns[i].type;
      if (!same)
        throw Error(ErrorKind::engine, "FR0333",
                    fmt::format("Spark made `{}` {} of column `{}` {}", got.columns[i].name, got.columns[i].type,
                                wanted.columns[i].name, wanted.columns[i].type),
                    "please report this with the query");
    }
    if (!same)
      throw Error(ErrorKind::engine, "FR0333", "Spark made another number of columns",
                  "please report this with the query");
  }

  std::unique_ptr<Binder> binder_;
  std::vector<TableFiles> tables_;
  fs::path scratch_;
  std::string worker_;  ///< the program on the machines of the cluster; empty = this one, sent there
  SparkDriver driver_;
};

std::vector<std::string> SparkEngine::map(const fs::path& file, size_t parts) {
  Json request = {{"op", "map"}, {"scratch", scratch_.string()}, {"file", file.string()}, {"parts", parts}};
  request["worker"] = worker_;
  if (worker_.empty()) request["program"] = fs::canonical("/proc/self/exe").string();
  return driver_.ask(std::move(request)).at("receipts").get<std::vector<std::string>>();
}

}  // namespace

std::unique_ptr<Engine> make_spark_engine(std::unique_ptr<Engine> local, const Json& engine, const fs::path& scratch) {
  return std::make_unique<SparkEngine>(std::move(local), engine, scratch);
}

}  // namespace filrouge
