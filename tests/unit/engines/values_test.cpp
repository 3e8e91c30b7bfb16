// What DuckDB says of a value, told without the value.
#include <gtest/gtest.h>

#include "engines/duckdb_session.h"

namespace filrouge {
namespace {

struct Case {
  const char *type, *message, *sql, *told;
};

TEST(WithoutValues, NoValueOfARowIsTold) {
  const Case cases[] = {
      {"Conversion", "Could not convert string 'abc' to INT32", "SELECT name::INT FROM t",
       "could not convert a string to INT32"},
      {"Conversion", "Could not convert string 'it's 'x' to you' to INT32", "SELECT name::INT FROM t",
       "could not convert a string to INT32"},
      {"Conversion", "Could not convert string 'abc' to INT32", "SELECT 'abc'::INT",
       "Could not convert string 'abc' to INT32"},
      {"Conversion", "invalid date field format: \"31.12.99\", expected format is (YYYY-MM-DD)",
       "SELECT d::DATE FROM t", "invalid date field format: ..., expected format is (YYYY-MM-DD)"},
      {"Conversion",
       "Type INT64 with value 200 can't be cast because the value is out of range for the destination type INT8",
       "SELECT big::TINYINT FROM t",
       "Type INT64 has a value that can't be cast because the value is out of range for the destination type INT8"},
      {"Out of Range", "Overflow in addition of INT64 (1 + 9223372036854775807)!", "SELECT a + b FROM t",
       "overflow in addition of INT64"},
      {"Invalid Input", "refused: Jane", "SELECT error('refused: ' || name) FROM t", "refused: ..."},
      {"Invalid Input", "Jane", "SELECT error(name) FROM t", "error() was called"},
      {"Invalid Input",
       "JSON transform error in file \"a.json\", in record/value 2: Could not convert string \"x y\" to BIGINT",
       "SELECT 1", "JSON transform error in file \"a.json\", in record/value 2: could not convert a string to BIGINT"},
      {"Invalid Input", "missing ): (Jane", "SELECT regexp_matches(a, '(' || name) FROM t", "missing )"},
      {"Invalid Input", "missing ): (J", "SELECT regexp_matches(a, '(J') FROM t", "missing ): (J"},
      {"Not implemented", "Unknown TimeZone 'Jane'!", "SELECT timezone(name, t) FROM t", "Unknown TimeZone ...!"},
      {"IO", "No files found that match the pattern \"x.csv\"", "", "No files found that match the pattern \"x.csv\""}};
  for (const Case& c : cases) {
    DuckError error;
    error.type = c.type;
    error.message = c.message;
    EXPECT_EQ(without_values(error, c.sql), c.told) << c.message;
  }
}

}  // namespace
}  // namespace filrouge
