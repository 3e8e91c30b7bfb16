#include "steps/run_result.h"

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "steps/result_table.h"

namespace filrouge {
namespace {

const Dialect kTabs{"\t", "", "", false, 0, 0};
const Dialect kCommas{",", "\"", "\"", true, 0, 0};

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::any_of(names.begin(), names.end(), [&](const std::string& n) { return lower(n) == lower(name); });
}

class ResultReader {
 public:
  ResultReader(const RunResult& result, const ReadTarget& target, Engine& engine)
      : result_(result), target_(target), engine_(engine) {
    request_.format = result.format == "tsv" ? "csv" : result.format == "json" ? "ndjson" : result.format;
    request_.files = {{result.file, "", shown(), ""}};
    request_.declared = result.columns.columns;
    for (Column& column : request_.declared) column.meaning = {};
    if (result.format == "tsv") request_.csv.rules.nulls = {"\\N"};
  }

  ReadOutcome read() {
    if (fs::file_size(result_.file) == 0) return nothing();
    SourceFacts facts = facts_of();
    try {
      return read_source(request_, facts, target_, engine_);
    } catch (Error& error) {
      if (error.code == "FR0306")
        error.hint = "mend the program or `columns:`, or let `on_bad_row: reject` keep the other rows";
      throw;
    }
  }

 private:
  std::string shown() const { return fmt::format("output of {}", result_.program); }

  SourceFacts facts_of() {
    if (result_.format == "tsv") return known_csv(request_, kTabs, result_.columns.names());
    if (result_.format == "csv") {
      auto header = csv_header(request_.files[0], kCommas);
      check_names(header.value_or(std::vector<std::string>()));
      return known_csv(request_, kCommas, *header);
    }
    SourceFacts facts = inspect_source(request_, engine_);
    check_names(facts.columns.names());
    facts.columns.columns = request_.declared;
    facts.notes.clear();
    return facts;
  }

  void check_names(const std::vector<std::string>& names) const {
    const std::vector<std::string> wanted = result_.columns.names();
    std::string hint = fmt::format("it has {}", join(names, ", "));
    if (hint.size() > 300) hint = fmt::format("it has {}", plural(names.size(), "column"));
    auto differs = [&](const std::string& what) {
      throw Error(ErrorKind::data, "FR0443", fmt::format("the {} {}", shown(), what), hint);
    };
    for (const std::string& name : wanted)
      if (!contains(names, name)) differs(fmt::format("has no column `{}`", name));
    for (const std::string& name : names)
      if (!contains(wanted, name)) differs(fmt::format("has a column `{}`, of which `columns:` says nothing", name));
    if (names.size() != wanted.size()) differs("names a column twice");
  }

  /// An empty file: no rows, where that is what the format makes of it.
  ReadOutcome nothing() {
    if (result_.format == "csv" || result_.format == "parquet")
      throw Error(ErrorKind::data, "FR0444", fmt::format("`{}` printed nothing", result_.program),
                  result_.format == "csv" ? "a CSV result without rows is a line with the names of its columns"
                                          : "a Parquet result without rows is a file as well");
    std::vector<std::string> columns;
    for (const Column& column : request_.declared)
      columns.push_back(fmt::format("NULL::{} AS {}", column.type, quote_name(column.name)));
    ReadOutcome outcome;
    outcome.table = engine_.materialise(target_.name, fmt::format("SELECT {} WHERE false", join(columns, ", ")),
                                        RowOrder::streaming, target_.staging);
    outcome.rejects = ResultTable(target_.name + ".rejects", rejects_schema()).write(engine_, target_.staging);
    return outcome;
  }

  const RunResult& result_;
  const ReadTarget& target_;
  Engine& engine_;
  SourceRequest request_;
};

}  // namespace

ReadOutcome read_result(const RunResult& result, const ReadTarget& target, Engine& engine) {
  return ResultReader(result, target, engine).read();
}

}  // namespace filrouge
