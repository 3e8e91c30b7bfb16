// What engines on other machines have in common: small answers, scans and hashes of what was written are the embedded
// engine's affair, which reads the same Parquet.
#pragma once

#include "engines/engine.h"

namespace filrouge {

class EngineBeside : public Engine {
 public:
  explicit EngineBeside(std::unique_ptr<Engine> local) : local_(std::move(local)) {}

  void set_limits(const Limits& limits) override { local_->set_limits(limits); }
  void attach(const std::vector<TableFiles>& tables) override { local_->attach(tables); }
  void execute(const std::string& sql) override { local_->execute(sql); }
  Json rows(const std::string& sql, uint64_t max_rows) override { return local_->rows(sql, max_rows); }
  WrittenTable materialise(const std::string& name, const std::string& sql, RowOrder order,
                           const std::filesystem::path& folder, uint64_t first_row) override {
    return local_->materialise(name, sql, order, folder, first_row);
  }
  WrittenTable measure(const std::string& name, const std::vector<std::filesystem::path>& files) override {
    return local_->measure(name, files);
  }
  Schema schema_of(const std::vector<std::filesystem::path>& files) override { return local_->schema_of(files); }
  void scan(const std::string& sql, size_t block_rows, const std::function<void(Block&&)>& take) override {
    local_->scan(sql, block_rows, take);
  }
  void append(const std::string& table, const Block& block) override { local_->append(table, block); }
  Engine& here() override { return *local_; }
  double progress() const override { return local_->progress(); }
  void interrupt() override { local_->interrupt(); }

 protected:
  std::unique_ptr<Engine> local_;
};

/// `engine`: the entry of engines.yaml.
std::unique_ptr<Engine> make_spark_engine(std::unique_ptr<Engine> local, const Json& engine,
                                          const std::filesystem::path& scratch);
std::unique_ptr<Engine> make_hadoop_engine(std::unique_ptr<Engine> local, const Json& engine,
                                           const std::filesystem::path& scratch);

}  // namespace filrouge
