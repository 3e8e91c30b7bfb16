#include <gtest/gtest.h>

#include "../temp_folder.h"
#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "steps/verbs.h"

namespace filrouge {
namespace {

/// A thread of one chart over tables made by SQL; binds and works as the planner and a worker would.
class Studio : public BindContext, public WorkContext {
 public:
  Studio() : binder_(make_binder()) {
    fs::create_directories(folder_ / "scratch");
    engine_ = make_duckdb_engine(folder_ / "scratch");
    engine_->set_limits({0, 2, 0});
    table("flights",
          "SELECT i AS id, i % 24 AS hour, ['AA', 'B6', 'UA'][i % 3 + 1] AS carrier, (i * 7919) % 240 - 60.0 AS delay, "
          "i % 5 = 0 AS is_late, DATE '2013-01-01' + (i % 365)::INTEGER AS day FROM range(60000) t(i)");
  }

  /// `keys` of `chart: c`, as flow YAML lines.
  std::optional<Binding> bind(const std::string& keys) {
    problems.clear();
    write_file_durably(folder_ / "thread.yaml", "thread: t\nparams:\n  least: 100\nsteps:\n  - chart: c\n" + keys);
    thread_ = parse_thread(folder_ / "thread.yaml", {verb_.spec}, {}, problems);
    if (has_errors(problems) || thread_.steps.size() != 1) return std::nullopt;
    references = verb_.references(thread_.steps[0], *this);
    return verb_.bind(thread_.steps[0], *this);
  }

  WorkResult work(const Binding& binding) {
    WorkRequest request;
    request.verb = "chart", request.name = "c", request.work = Json::parse(dump(binding.work));
    for (const Use& use : binding.uses)
      request.inputs.push_back({use.table, inputs_.at(use.table).files, inputs_.at(use.table).schema});
    staging = request.staging = folder_ / fmt::format("out-{}", next_++);
    fs::create_directories(request.staging);
    engine_->attach(request.inputs);
    return verb_.work(request, *this);
  }

  WorkResult run(const std::string& keys) {
    const auto binding = bind(keys);
    for (const Diagnostic& problem : problems) ADD_FAILURE() << problem.code << " " << problem.message;
    if (!binding) throw Error(ErrorKind::internal, "FR0900", "the chart does not bind");
    WorkResult result = work(*binding);
    EXPECT_EQ(result.tables.at(0).schema.names(), binding->tables.at(0).schema.names());
    EXPECT_EQ(result.publish.size(), binding->publishes.size());
    for (size_t i = 0; i < result.publish.size(); ++i) {
      EXPECT_TRUE(fs::exists(result.publish[i].first));
      EXPECT_EQ(result.publish[i].second, binding->publishes[i]);
    }
    return result;
  }

  /// "FR0401 6:8" of each problem.
  std::string problems_of(const std::string& keys) {
    bind(keys);
    std::vector<std::string> places;
    for (const Diagnostic& p : problems) places.push_back(fmt::format("{} {}:{}", p.code, p.line, p.column));
    return join(places, ", ");
  }

  const Thread& thread() const override { return thread_; }
  Binder& binder() override { return *binder_; }
  const Schema* schema(const std::string& name) const override {
    const auto found = inputs_.find(name);
    return found == inputs_.end() ? nullptr : &found->second.schema;
  }
  std::vector<std::string> table_names() const override { return {"flights"}; }
  Json inspect(const Step&, const Json&, const std::vector<InputFile>&) override { return nullptr; }
  void report(Diagnostic problem) override { problems.push_back(std::move(problem)); }
  fs::path downloads() const override { return folder_; }
  Engine& engine() override { return *engine_; }
  void phase(const std::string&) override {}

  std::vector<Diagnostic> problems;
  std::vector<std::string> references;
  fs::path staging;

 private:
  void table(const std::string& name, const std::string& sql) {
    const fs::path folder = folder_ / ("in-" + name);
    fs::create_directories(folder);
    inputs_[name] = engine_->materialise(name, sql, RowOrder::sequential, folder);
    binder_->declare(name, inputs_[name].schema);
  }

  int next_ = 0;
  TempFolder temporary_;
  const fs::path folder_ = temporary_.path();
  Verb verb_ = chart_verb();
  Thread thread_;
  std::unique_ptr<Binder> binder_;
  std::unique_ptr<Engine> engine_;
  std::map<std::string, WrittenTable> inputs_;
};

TEST(ChartVerb, DrawsAndPublishes) {
  Studio studio;
  const WorkResult result = studio.run(
      "    from: flights\n    mark: line\n    x: hour\n    y: mean(is_late)\n    color: carrier\n    theme: both\n");
  EXPECT_EQ(studio.references, std::vector<std::string>{"flights"});
  EXPECT_EQ(result.summary, "24 rows  charts/c.svg");
  const Json spec = Json::parse(read_file(studio.staging / "c.vl.json"));
  EXPECT_EQ(spec["data"]["values"].size(), 24u) << "60,000 rows were aggregated by the engine";
  EXPECT_NE(read_file(studio.staging / "c.svg").find(">carrier<"), std::string::npos);
  EXPECT_NE(read_file(studio.staging / "c.svg"), read_file(studio.staging / "c.dark.svg"));
  EXPECT_EQ(result.publish.back().second, fs::path("charts/c.vl.json"));
}

TEST(ChartVerb, SameRowsSameBytes) {
  Studio studio;
  const char* keys = "    from: flights\n    mark: boxplot\n    x: carrier\n    y: delay\n    max_rows: 60000\n";
  studio.run(keys);
  const std::string first = read_file(studio.staging / "c.svg");
  studio.run(keys);
  EXPECT_EQ(read_file(studio.staging / "c.svg"), first);
}

TEST(ChartVerb, LineageSeesOnlyWhatIsDrawn) {
  Studio studio;
  const auto binding = studio.bind("    from: flights\n    mark: bar\n    x: carrier\n    y: mean(delay)\n");
  ASSERT_TRUE(binding);
  ASSERT_EQ(binding->uses.size(), 1u);
  EXPECT_EQ(binding->uses[0].columns, (std::vector<std::string>{"carrier", "delay"}));
  const ColumnLineage* mean = binding->tables[0].lineage.find("mean_delay");
  ASSERT_TRUE(mean);
  EXPECT_EQ(mean->values, (std::set<ColumnRef>{{"flights", "delay"}}));
}

TEST(ChartVerb, BinsAreComputedByTheEngine) {
  Studio studio;
  const WorkResult histogram = studio.run("    from: flights\n    mark: histogram\n    x: delay\n");
  const Json bins = Json::parse(read_file(studio.staging / "c.vl.json"))["data"]["values"];
  EXPECT_EQ(bins[0]["delay"], -60);
  EXPECT_EQ(bins[0]["delay_end"], -50);
  uint64_t rows = 0;
  for (const Json& bin : bins) rows += bin["count"].get<uint64_t>();
  EXPECT_EQ(rows, 60000u);
  EXPECT_EQ(histogram.notes, std::vector<std::string>{});
  studio.run("    from: flights\n    mark: heatmap\n    x: bin(delay)\n    y: {field: hour, bin: {step: 6}}\n");
  std::set<double> edges;
  const Json cells = Json::parse(read_file(studio.staging / "c.vl.json"))["data"]["values"];
  for (const Json& cell : cells) edges.insert(cell["hour"].get<double>());
  EXPECT_EQ(edges, (std::set<double>{0, 6, 12, 18}));
}

TEST(ChartVerb, ParametersAndVegaInFull) {
  Studio studio;
  studio.run(
      "    query: SELECT day, count(*) AS n FROM flights WHERE delay > $least GROUP BY day ORDER BY day\n"
      "    vega: {mark: line, encoding: {x: {field: day, type: temporal}, y: {field: n, type: quantitative}}}\n    "
      "title: Late\n");
  EXPECT_NE(read_file(studio.staging / "c.svg").find(">Late<"), std::string::npos);
  const Json spec = Json::parse(read_file(studio.staging / "c.vl.json"));
  EXPECT_TRUE(spec["datasets"]["table"][0]["day"].get<std::string>().starts_with("2013-"));
}

TEST(ChartVerb, ProblemsPointIntoTheThread) {
  Studio studio;
  EXPECT_EQ(studio.problems_of("    from: flights\n    mark: line\n    x: huor\n    y: delay\n"), "FR0401 8:8");
  EXPECT_EQ(studio.problems_of("    from: flights\n    mark: lien\n    x: {field: hour, titel: Hour}\n    y: delay\n"),
            "FR0402 7:11, FR0404 8:29");
  EXPECT_EQ(studio.problems_of("    from: fligths\n    mark: line\n    x: hour\n    y: delay\n"), "FR0204 6:11");
  EXPECT_EQ(studio.problems_of("    query: SELECT huor FROM flights\n    mark: line\n    x: hour\n    y: delay\n"),
            "FR0203 6:19");
  EXPECT_EQ(studio.problems_of("    from: flights\n    vega: {mark: bar, data: {url: a.csv}}\n    x: hour\n"),
            "FR0411 8:8, FR0422 7:35");
  EXPECT_EQ(studio.problems_of("    from: flights\n    mark: bar\n    x: hour\n    format: [svg, pdf]\n"),
            "FR0411 9:19");
}

TEST(ChartVerb, TooManyRowsAreRefused) {
  Studio studio;
  try {
    studio.run("    from: flights\n    mark: point\n    x: hour\n    y: delay\n");
    FAIL() << "was drawn";
  } catch (const Error& error) {
    EXPECT_EQ(error.code, "FR0410");
    EXPECT_EQ(error.message, "the chart `c` would draw 60,000 rows, and its limit is 50,000");
  }
}

TEST(ChartVerb, ItsExampleIsRight) {
  Studio studio;
  const std::string example = chart_verb().spec.example;
  EXPECT_NE(example.find("y: mean(dep_delay)"), std::string::npos);
  studio.run("    from: flights\n    mark: line\n    x: hour\n    y: mean(delay)\n    color: carrier\n    unit: min\n");
}

}  // namespace
}  // namespace filrouge
