#include "run/keys.h"

#include <gtest/gtest.h>

#include "steps/verbs.h"

namespace filrouge {
namespace {

/// A step that reads two of the three columns of `flights`, a parameter and a file.
class Keys : public testing::Test {
 protected:
  Keys() {
    step.verb = "sql";
    step.name = "late";
    flights.name = "flights";
    flights.rows = 3;
    flights.schema.columns = {{"a", "BIGINT", {}}, {"b", "VARCHAR", {}}, {"c", "DATE", {}}};
    flights.column_hashes = {"aa", "bb", "cc"};
    binding.canonical = {{"sql", "SELECT a, B FROM flights"}};
    binding.uses = {{"flights", {"a", "B"}}};
    binding.params = {"late_after"};
    binding.files = {{"/data/x.csv", "x.csv"}};
  }
  Json parts() const { return key_parts(step, verb, binding, {hash}, {{"flights", &flights}}, params, library); }
  std::vector<std::string> why(const Json& before) const { return explain_change(before, parts()); }

  Step step;
  Verb verb = sql_verb();
  StoredTable flights;
  Binding binding;
  std::string hash = "h1", library = "duckdb 1.5.5";
  std::map<std::string, Json> params = {{"late_after", 15}, {"unused", 1}};
};

using Lines = std::vector<std::string>;

TEST_F(Keys, WhatIsNotUsedDoesNotCount) {
  std::string key = key_of(parts());
  params["unused"] = 2;
  flights.column_hashes[2] = "other";
  step.name = "renamed";
  EXPECT_EQ(key_of(parts()), key);
}

TEST_F(Keys, EveryPartCountsAndIsExplained) {
  const Json before = parts();
  const std::string key = key_of(before);
  auto expect = [&](const Lines& lines) {
    EXPECT_NE(key_of(parts()), key);
    EXPECT_EQ(why(before), lines);
  };
  library = "duckdb 1.6.0";
  expect({"the engine changed: duckdb 1.5.5 -> duckdb 1.6.0"});
  library = "duckdb 1.5.5";
  verb.version = 2;
  expect({"this version of filrouge does `sql` differently"});
  verb.version = 1;
  params["late_after"] = 30;
  expect({"parameter late_after changed: 15 -> 30"});
  params["late_after"] = 15;
  hash = "h2";
  expect({"file x.csv changed"});
  hash = "h1";
  flights.column_hashes[1] = "b2";
  expect({"column b of flights changed"});
  flights.column_hashes[1] = "bb";
  flights.rows = 4;
  expect({"flights has other rows: 3 -> 4"});
  flights.rows = 3;
  flights.schema.columns[0].type = "INTEGER";
  expect({"column a of flights changed"});
  flights.schema.columns[0].type = "BIGINT";
  binding.canonical["sql"] = "SELECT a FROM flights";
  expect({"its text changed"});
}

TEST_F(Keys, CountingRowsDependsOnTheirNumberOnly) {
  binding.uses = {{"flights", {}}};
  std::string key = key_of(parts());
  flights.column_hashes = {"x", "y", "z"};
  EXPECT_EQ(key_of(parts()), key);
  flights.rows = 4;
  EXPECT_NE(key_of(parts()), key);
}

}  // namespace
}  // namespace filrouge
