// The engine `spark`: queries run on Spark, everything else (small answers, scans, hashes of what was written) on the
// embedded engine, which reads the same Parquet.
#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "engines/engine.h"
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

class SparkEngine : public Engine {
 public:
  SparkEngine(std::unique_ptr<Engine> local, const Json& engine, const fs::path& scratch)
      : local_(std::move(local)), driver_(spark_place(engine), scratch / "spark") {}

  void set_limits(const Limits& limits) override { local_->set_limits(limits); }
  std::string version() const override { return driver_.version().empty() ? "spark" : "spark " + driver_.version(); }
  void attach(const std::vector<TableFiles>& tables) override {
    tables_ = tables;
    local_->attach(tables);
  }
  void execute(const std::string& sql) override { local_->execute(sql); }
  Json rows(const std::string& sql, uint64_t max_rows) override { return local_->rows(sql, max_rows); }
  WrittenTable measure(const std::string& name, const std::vector<fs::path>& files) override {
    return local_->measure(name, files);
  }
  void scan(const std::string& sql, size_t block_rows, const std::function<void(Block&&)>& take) override {
    local_->scan(sql, block_rows, take);
  }
  void append(const std::string& table, const Block& block) override { local_->append(table, block); }
  double progress() const override { return driver_.progress(); }
  void interrupt() override { local_->interrupt(); }

  /// The rows come in the order of the query's ORDER BY, then of all columns: one order, whatever ran where.
  WrittenTable materialise(const std::string& name, const std::string& sql, RowOrder, const fs::path& folder) override {
    std::unique_ptr<Binder> binder = make_binder();
    for (const TableFiles& table : tables_) binder->declare(table.name, table.schema);
    PortableQuery query = binder->for_spark(sql);
    if (!query.problems.empty()) throw query.problems.front();
    fs::path written = folder / "spark";
    driver_.ask({{"op", "materialise"}, {"sql", query.sql}, {"folder", written.string()}, {"tables", attached()}});
    WrittenTable table = local_->measure(name, take_parts(written, folder));
    check_schema(table.schema, binder->describe(sql).schema);
    return table;
  }

 private:
  Json attached() const {
    Json tables = Json::array();
    for (const TableFiles& table : tables_) {
      std::vector<std::string> files;
      for (const fs::path& file : table.files) files.push_back(file.string());
      tables.push_back({{"name", table.name}, {"files", files}, {"schema", spark_columns(table.schema)}});
    }
    return tables;
  }

  /// Spark's part files under the names that tables have here; what else it left goes.
  static std::vector<fs::path> take_parts(const fs::path& written, const fs::path& folder) {
    if (!fs::exists(written / "_SUCCESS"))
      throw Error(ErrorKind::engine, "FR0332", "Spark did not finish writing the result", "run again");
    std::vector<fs::path> parts, files;
    for (const fs::directory_entry& entry : fs::directory_iterator(written))
      if (entry.path().extension() == ".parquet") parts.push_back(entry.path());
    std::sort(parts.begin(), parts.end());
    for (const fs::path& part : parts) {
      files.push_back(folder / fmt::format("data-{}.parquet", files.size()));
      fs::rename(part, files.back());
    }
    fs::remove_all(written);
    return files;
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

  std::unique_ptr<Engine> local_;
  std::vector<TableFiles> tables_;
  SparkDriver driver_;
};

}  // namespace

std::unique_ptr<Engine> make_engine(const Json& engine, const fs::path& scratch) {
  std::unique_ptr<Engine> local = make_duckdb_engine(scratch);
  if (engine.is_null()) return local;
  FR_CHECK(engine.at("kind") == "spark");
  return std::make_unique<SparkEngine>(std::move(local), engine, scratch);
}

}  // namespace filrouge
