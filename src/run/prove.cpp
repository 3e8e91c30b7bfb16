#include "run/prove.h"

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "run/query.h"
#include "run/request.h"
#include "run/worker.h"

namespace filrouge {
namespace {

constexpr uint64_t kExamples = 3;

bool is_float(const Column& column) {
  return column.type == "DOUBLE" || column.type == "FLOAT";
}

bool same_columns(const Schema& a, const Schema& b) {
  return std::equal(a.columns.begin(), a.columns.end(), b.columns.begin(), b.columns.end(),
                    [](const Column& x, const Column& y) { return x.name == y.name && x.type == y.type; });
}

/// What a step came to on one engine.
struct Result {
  TableFiles table;
  uint64_t rows = 0;
  double seconds = 0;
  std::string engine;  ///< as it calls itself
};

class Prover {
 public:
  Prover(const Thread& thread, const Store& store, const Plan& plan, const ProveOptions& options)
      : thread_(thread),
        store_(store),
        plan_(plan),
        options_(options),
        local_(options.scratch),
        other_(options.scratch) {}

  Proof prove(size_t index) {
    Proof proof;
    proof.step = &plan_.steps[index];
    try {
      Json inputs = inputs_of(index);
      Result a = result_on(options_.first, index, inputs), b = result_on(options_.second, index, inputs);
      proof.rows = a.rows, proof.other_rows = b.rows;
      proof.seconds = a.seconds, proof.other_seconds = b.seconds;
      proof.engine = a.engine, proof.other_engine = b.engine;
      compare(a, b, proof);
    } catch (const Error& error) {
      if (error.code == "FR0608" || error.kind == ErrorKind::interrupted) throw;
      proof.failure = error.message;
    }
    return proof;
  }

 private:
  Json ask(Worker& worker, Json request) {
    request["limits"] = to_json(options_.limits);
    return worker.ask(std::move(request)).result;
  }

  fs::path folder() {
    fs::path path = options_.scratch / fmt::format("proof-{}", ++folders_);
    make_folder(path);
    return path;
  }

  /// The tables that the step reads, whole or a sample of them.
  Json inputs_of(size_t index) {
    Json inputs = Json::array();
    for (const Use& use : plan_.steps[index].binding->uses) {
      const PlannedStep& provider = plan_.steps[*plan_.source_of(use.table, index)];
      std::optional<Version> version = version_of(provider);
      if (!version)
        throw Error(ErrorKind::user, "FR0608", fmt::format("`{}` is not built", use.table),
                    fmt::format("next: filrouge run +{}", plan_.steps[index].step->name));
      store_.check_unchanged(*version);
      inputs.push_back(to_json(sampled(files_in(store_, provider, *version, use.table))));
    }
    return inputs;
  }

  /// The version that a run would use, or else the current one, made on another engine for example: both engines get
  /// the same rows. Nothing where its tables are not those of the step any more.
  std::optional<Version> version_of(const PlannedStep& provider) const {
    std::optional<Version> there = provider.version;
    if (!there) there = store_.current(provider.step->verb, provider.step->name);
    const std::vector<OutputTable>& tables = provider.binding->tables;
    bool same = there && there->tables.size() == tables.size();
    for (size_t i = 0; same && i < tables.size(); ++i)
      same = there->tables[i].name == tables[i].name && same_columns(there->tables[i].schema, tables[i].schema);
    return same ? there : std::nullopt;
  }

  TableFiles sampled(TableFiles table) {
    if (options_.sample >= 1) return table;
    TableFiles& sample = samples_[table.name];
    if (!sample.name.empty()) return sample;
    std::string name = quote_table(table.name);
    std::string sql = fmt::format("SELECT * FROM {} t WHERE hash(t) % 1000000 < {}", name,
                                  static_cast<uint64_t>(options_.sample * 1e6));
    Json answer = ask(local_, {{"kind", "query"},
                               {"query",
                                {{"do", "export"},
                                 {"sql", sql},
                                 {"format", "parquet"},
                                 {"path", folder().string()},
                                 {"order", static_cast<int>(RowOrder::streaming)}}},
                               {"inputs", Json::array({to_json(table)})}});
    sample = {table.name, {}, table.schema};
    for (const Json& file : answer.at("files")) sample.files.emplace_back(file.get<std::string>());
    return sample;
  }

  Result result_on(const std::string& engine, size_t index, const Json& inputs) {
    bool here = engine == "duckdb";
    Answer answer =
        (here ? local_ : other_)
            .ask(work_request(thread_, plan_.steps[index], inputs, folder(), options_.limits, here ? "" : engine));
    WrittenTable written = work_result_from_json(answer.result).tables.at(0);
    return {{"", written.files, written.schema}, written.rows, answer.seconds, answer.engine};
  }

  void compare(Result& a, Result& b, Proof& proof) {
    a.table.name = "first", b.table.name = "second";
    const std::vector<Column>& columns = a.table.schema.columns;
    Json tables = Json::array({to_json(a.table), to_json(b.table)});
    auto rows = [&](const std::string& sql) {
      return ask(local_, {{"kind", "query"},
                          {"query", {{"do", "rows"}, {"sql", sql}, {"max_rows", kExamples}}},
                          {"inputs", tables}})
          .at("rows");
    };
    std::vector<std::string> figures;
    for (const Column& column : columns) {
      figures.push_back(fmt::format("count(*) FILTER (WHERE {})", differs(column)));
      figures.push_back(is_float(column) ? fmt::format("max({})", error_of(column)) : "0");
    }
    Json row =
        rows(fmt::format("{} SELECT {} FROM x FULL JOIN y USING (\"#\")", numbered(columns), join(figures, ", ")))
            .at(0);
    for (size_t i = 0; i < columns.size(); ++i) {
      uint64_t count = row[2 * i].get<uint64_t>();
      if (row[2 * i + 1].is_number()) proof.largest_error = std::max(proof.largest_error, row[2 * i + 1].get<double>());
      if (count == 0) continue;
      proof.columns.emplace_back(columns[i].name, count);
      std::string name = quote_name(columns[i].name);
      for (const Json& example :
           rows(fmt::format("{} SELECT x.{}::VARCHAR, y.{}::VARCHAR FROM x FULL JOIN y USING (\"#\") WHERE {}",
                            numbered(columns), name, name, differs(columns[i]))))
        if (proof.examples.size() < kExamples)
          proof.examples.push_back(fmt::format("{}: {} / {}", columns[i].name, shown(example[0]), shown(example[1])));
    }
    proof.equal = proof.columns.empty() && proof.rows == proof.other_rows;
  }

  static std::string shown(const Json& value) { return value.is_string() ? value.get<std::string>() : "NULL"; }

  /// Both tables with the number that a row has when they are sorted by all columns.
  static std::string numbered(const std::vector<Column>& columns) {
    std::vector<std::string> keys;
    for (bool floats : {false, true})
      for (const Column& column : columns)
        if (is_float(column) == floats) keys.push_back(quote_name(column.name));
    std::string order = join(keys, ", ");
    return fmt::format(
        "WITH x AS (SELECT *, row_number() OVER (ORDER BY {0}) AS \"#\" FROM first), "
        "y AS (SELECT *, row_number() OVER (ORDER BY {0}) AS \"#\" FROM second)",
        order);
  }

  std::string differs(const Column& column) const {
    std::string name = quote_name(column.name);
    std::string exact = fmt::format("x.{0} IS NOT DISTINCT FROM y.{0}", name);
    if (!is_float(column)) return fmt::format("NOT ({} AND x.\"#\" IS NOT NULL AND y.\"#\" IS NOT NULL)", exact);
    return fmt::format("NOT ({} OR coalesce({} <= {}, false))", exact, error_of(column),
                       column.type == "FLOAT" ? 1e-6 : options_.tolerance);
  }

  /// Relative; NULL where a side has no number.
  static std::string error_of(const Column& column) {
    std::string name = quote_name(column.name);
    return fmt::format(
        "CASE WHEN x.{0} = y.{0} THEN 0 ELSE abs(x.{0}::DOUBLE - y.{0}) / greatest(abs(x.{0}), abs(y.{0})) END", name);
  }

  const Thread& thread_;
  const Store& store_;
  const Plan& plan_;
  const ProveOptions& options_;
  Worker local_, other_;
  std::map<std::string, TableFiles> samples_;
  size_t folders_ = 0;
};

}  // namespace

void prove(const Thread& thread, const Store& store, const Plan& plan, const ProveOptions& options,
           const std::function<void(const Proof&)>& on_proof) {
  Prover prover(thread, store, plan, options);
  for (size_t i = 0; i < plan.steps.size(); ++i)
    if (plan.steps[i].selected && plan.steps[i].step->verb == "sql" && plan.steps[i].binding) on_proof(prover.prove(i));
}

}  // namespace filrouge
