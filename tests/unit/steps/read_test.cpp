// The read verb as the planner uses it: a step's text, what bind makes of it, and what work leaves.
#include <gtest/gtest.h>

#include "../temp_folder.h"
#include "base/files.h"
#include "steps/verbs.h"

namespace filrouge {
namespace {

class ReadBench : public BindContext, public WorkContext {
 public:
  ReadBench() : binder_(make_binder()) {
    fs::create_directories(folder_ / "spill");
    engine_ = make_duckdb_engine(folder_ / "spill");
    engine_->set_limits({0, 2, 0});
  }

  void file(const std::string& name, const std::string& text) { temporary_.write(name, text); }

  std::optional<Binding> bind(const std::string& step) {
    problems.clear();
    file("thread.yaml", "thread: t\nsteps:\n" + step);
    thread_ = parse_thread(folder_ / "thread.yaml", {verb_.spec}, {}, problems);
    if (has_errors(problems) || thread_.steps.size() != 1) return std::nullopt;
    return verb_.bind(thread_.steps[0], *this);
  }

  WorkResult work(const Binding& bound) {
    WorkRequest request;
    request.verb = "read", request.name = thread_.steps.at(0).name, request.work = Json::parse(dump(bound.work));
    request.staging = folder_ / fmt::format("staging-{}", next_++);
    fs::create_directories(request.staging);
    WorkResult result = verb_.work(request, *this);
    std::vector<TableFiles> tables;
    for (const WrittenTable& table : result.tables) tables.push_back({table.name, table.files, table.schema});
    engine_->attach(tables);
    EXPECT_FALSE(fs::exists(request.staging / "scratch"));
    return result;
  }

  /// "FR0302 3:17 did you mean `a`?" for each problem.
  std::vector<std::string> shown() const {
    std::vector<std::string> texts;
    for (const Diagnostic& problem : problems)
      texts.push_back(fmt::format("{} {}:{} {}", problem.code, problem.line, problem.column, problem.hint));
    return texts;
  }

  const Thread& thread() const override { return thread_; }
  Binder& binder() override { return *binder_; }
  const Schema* schema(const std::string&) const override { return nullptr; }
  std::vector<std::string> table_names() const override { return {}; }
  Json inspect(const Step&, const Json& request, const std::vector<InputFile>& files) override {
    std::vector<fs::path> paths;
    for (const InputFile& input : files) paths.push_back(input.path);
    return Json::parse(dump(verb_.inspect(Json::parse(dump(request)), paths, *this)));
  }
  void report(Diagnostic problem) override { problems.push_back(std::move(problem)); }
  fs::path downloads() const override { return folder_ / "downloads"; }
  Engine& engine() override { return *engine_; }
  void phase(const std::string&) override {}

  std::vector<Diagnostic> problems;

 private:
  int next_ = 0;
  TempFolder temporary_;
  const fs::path folder_ = temporary_.path();
  Verb verb_ = read_verb();
  Thread thread_;
  std::unique_ptr<Binder> binder_;
  std::unique_ptr<Engine> engine_;
};

TEST(Read, BindsAndWorks) {
  ReadBench bench;
  bench.file("data/planes.csv", "tailnum,seats,year\nN1,2,NA\nN2,4,2001\nN3,x\n");
  auto bound = bench.bind(
      "- read: planes\n"
      "  from: data/planes.csv\n"
      "  null: NA\n"
      "  columns: {tailnum: {about: what is painted on the tail, subject: true}, seats: DOUBLE}\n");
  ASSERT_TRUE(bound) << bench.problems.size();
  ASSERT_EQ(bound->tables.size(), 2u);
  EXPECT_EQ(dump(to_json(bound->tables[0].schema)),
            R"([{"name":"tailnum","type":"VARCHAR","meaning":{"about":"what is painted on the tail","subject":true}},)"
            R"({"name":"seats","type":"DOUBLE"},{"name":"year","type":"BIGINT"}])");
  EXPECT_EQ(bound->tables[1].name, "planes.rejects");
  EXPECT_EQ(bound->expected_rows, 2u);
  ASSERT_EQ(bound->files.size(), 1u);
  EXPECT_EQ(bound->files[0].shown, "data/planes.csv");
  EXPECT_EQ(dump(bound->canonical).find("/tmp"), std::string::npos);
  WorkResult result = bench.work(*bound);
  EXPECT_EQ(bench.engine().rows("SELECT * FROM planes", 9).at("rows").dump(), R"([["N1",2.0,null],["N2",4.0,2001]])");
  EXPECT_EQ(bench.engine().rows("SELECT * FROM planes.rejects", 9).at("rows").dump(),
            R"([["data/planes.csv",4,"expected 3 columns, found 2","N3,x"]])");
  EXPECT_EQ(result.notes.back(),
            "1 row rejected (data/planes.csv, line 4: expected 3 columns, found 2): filrouge show planes.rejects");
}

TEST(Read, WhatWorkWritesIsWhatBindSaid) {
  ReadBench bench;
  bench.file("x.json",
             "[{\"a\": 1, \"b\": [1.5], \"c\": {\"d\": \"2024-01-02\"}, \"e\": \"x\"}, {\"a\": 2, \"e\": 5}]");
  bench.file("x.csv", "a,b,c,d\n1,2024-01-02,2024-01-02T03:04:05Z,03:04:05\n");
  bench.file("x.txt", "hello\n");
  for (const char* file : {"x.json", "x.csv", "x.txt"}) {
    SCOPED_TRACE(file);
    auto bound = bench.bind(fmt::format("- read: x\n  from: {}\n", file));
    ASSERT_TRUE(bound);
    WorkResult result = bench.work(*bound);
    EXPECT_EQ(dump(to_json(result.tables[0].schema)), dump(to_json(bound->tables[0].schema)));
    EXPECT_EQ(dump(to_json(result.tables[1].schema)), dump(to_json(bound->tables[1].schema)));
  }
}

TEST(Read, ProblemsStandAtTheirPlace) {
  ReadBench bench;
  bench.file("data/planes.csv", "tailnum,seats\nN1,2\n");
  using Problems = std::vector<std::string>;
  EXPECT_FALSE(bench.bind("- read: planes\n  from: data/plane.csv\n"));
  EXPECT_EQ(bench.shown(), Problems({"FR0301 4:9 did you mean `data/planes.csv`?"}));
  EXPECT_FALSE(bench.bind(
      "- read: planes\n  from: data/planes.csv\n  columns: {tailnumb: {about: x}, seats: {type: BIGNIT}}\n"));
  EXPECT_EQ(bench.shown(), Problems({"FR0303 5:49 did you mean `BIGINT`?"}));
  EXPECT_FALSE(bench.bind("- read: planes\n  from: data/planes.csv\n  columns: {tailnumb: {about: x}}\n"));
  EXPECT_EQ(bench.shown(), Problems({"FR0302 5:13 did you mean `tailnum`?"}));
  EXPECT_FALSE(
      bench.bind("- read: planes\n  from: data/planes.csv\n  columns: {seats: {tpye: BIGINT}}\n  delimiter: '||'\n"));
  EXPECT_EQ(bench.shown(), Problems({"FR0325 6:14 for example `;` or `tab`", "FR0324 5:27 did you mean `type`?"}));
  EXPECT_FALSE(bench.bind("- read: planes\n  from: data/planes.csv\n  columns: {seats: {type: 'BIGINT); DROP'}}\n"));
  EXPECT_EQ(bench.problems.at(0).code, "FR0303");
}

}  // namespace
}  // namespace filrouge
