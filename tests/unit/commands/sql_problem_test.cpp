#include <gtest/gtest.h>

#include "commands/sql_problem.h"

namespace filrouge {
namespace {

struct Case {
  const char* text;
  long offset, length;
  int line, column, marked;
};

TEST(sql_problem, place) {
  for (const Case& c : std::initializer_list<Case>{{"SELECT abc FROM t", 7, 0, 1, 8, 3},
                                                   {"SELECT a\nFROM tab", 14, 0, 2, 6, 3},
                                                   {"SELECT 'é', xy", 13, 0, 1, 13, 2},  // columns are code points
                                                   {"x > $late", 4, 0, 1, 5, 5},
                                                   {"a b\nc", 2, 9, 1, 3, 1},  // the mark ends with the line
                                                   {"SELECT", 6, 0, 1, 7, 1},
                                                   {"SELECT", 99, 0, 1, 7, 1},
                                                   {"", 0, 0, 1, 1, 1}}) {
    Error error(ErrorKind::user, "FR0203", "wrong", "did you mean?");
    error.text_offset = c.offset, error.text_length = c.length;
    Diagnostic problem = problem_in_text(error, c.text, "<sql>");
    EXPECT_EQ(problem.file, "<sql>");
    EXPECT_EQ(problem.line, c.line) << c.text;
    EXPECT_EQ(problem.column, c.column) << c.text;
    EXPECT_EQ(problem.length, c.marked) << c.text;
    EXPECT_EQ(problem.hint, "did you mean?");
  }
}

TEST(sql_problem, without_a_place) {
  Diagnostic problem =
      problem_in_text(Error(ErrorKind::data, "FR0311", "no", "next: filrouge plan"), "SELECT", "<sql>");
  EXPECT_TRUE(problem.file.empty());
  EXPECT_EQ(problem.line, 0);
  EXPECT_EQ(problem.note, "next: filrouge plan");
}

}  // namespace
}  // namespace filrouge
