// Inspect and read in one go, into a temporary folder, with a real engine: what the tests of sources/ look at.
#pragma once

#include "../temp_folder.h"
#include "base/error.h"
#include "engines/engine.h"
#include "sources/find.h"
#include "sources/source.h"

namespace filrouge {

class SourceTrial {
  TempFolder temporary_;  // first, so that it goes last

 public:
  SourceTrial() {
    fs::create_directories(folder / "spill");
    engine = make_duckdb_engine(folder / "spill");
    engine->set_limits({.memory_bytes = 2'000'000'000, .threads = 2});
  }

  /// A file below the trial's folder.
  fs::path file(const std::string& name, const std::string& text) { return temporary_.write(name, text); }

  void read(const std::string& from) {
    request.files = find_source_files(folder, from);
    request.partitions = partition_columns(request.files);
    facts = source_facts_from_json(to_json(inspect_source(request, *engine)));
    fs::path staging = folder / fmt::format("staging{}", ++reads_);
    fs::create_directories(staging);
    outcome = read_source(source_request_from_json(to_json(request)), facts, {"t", staging, stop}, *engine);
    engine->attach({{"t", outcome.table.files, outcome.table.schema},
                    {"t.rejects", outcome.rejects.files, outcome.rejects.schema}});
  }

  /// The rows of a query over `t` and `t.rejects`, as compact JSON.
  std::string rows(const std::string& sql = "SELECT * FROM t") { return engine->rows(sql, 1000).at("rows").dump(); }
  std::string rejects() { return rows("SELECT line, reason FROM t.rejects"); }
  /// "a BIGINT, b VARCHAR"
  std::string columns() const {
    std::string text;
    for (const Column& column : outcome.table.schema.columns)
      text += (text.empty() ? "" : ", ") + column.name + " " + column.type;
    return text;
  }
  std::string notes() const {
    std::string text;
    for (const std::string& note : outcome.notes) text += note + "\n";
    return text;
  }

  const fs::path folder = temporary_.path();
  std::unique_ptr<Engine> engine;
  SourceRequest request;
  SourceFacts facts;
  ReadOutcome outcome;
  bool stop = false;

 private:
  int reads_ = 0;
};

}  // namespace filrouge
