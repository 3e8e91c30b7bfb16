#include "thread/diagnostic.h"

#include <gtest/gtest.h>

namespace filrouge {
namespace {

Diagnostic problem(int line, int column, int length, std::string hint = "", std::string note = "") {
  return {Severity::error, "FR0203",         "thread.yaml",   line, column,
          length,          "sql departures", "no column `x`", hint, note};
}

TEST(Render, AsInTheGuide) {
  std::string text;
  for (int line = 1; line <= 30; ++line) text += "x\n";
  text += "      SELECT f.dep_dely, p.year\n";
  Diagnostic d = problem(31, 16, 8, "did you mean `dep_delay`?",
                         "`flights` comes from line 8 and has 19 columns; next: filrouge show flights");
  d.message = "no column `dep_dely` in `flights`";
  EXPECT_EQ(render(d, {{"thread.yaml", text}}, false),
            "error[FR0203]: no column `dep_dely` in `flights`\n"
            "  --> thread.yaml:31:16\n"
            "   |\n"
            "31 |       SELECT f.dep_dely, p.year\n"
            "   |                ^^^^^^^^ did you mean `dep_delay`?\n"
            "   = `flights` comes from line 8 and has 19 columns; next: filrouge show flights\n");
}

struct Drawn {
  const char* name;
  std::string source;
  Diagnostic diagnostic;
  std::string expected;  ///< below the line with the arrow
};

TEST(Render, Lines) {
  const Drawn kCases[] = {
      {"tab is one blank", "a:\tb\n", problem(1, 4, 1), "  |\n1 | a: b\n  |    ^\n"},
      {"CRLF", "a: b\r\nc: d\r\n", problem(2, 4, 1), "  |\n2 | c: d\n  |    ^\n"},
      {"byte order mark",
       "\xEF\xBB\xBF"
       "a: b",
       problem(1, 1, 1), "  |\n1 | a: b\n  | ^\n"},
      {"wide characters", "漢字: x\n", problem(1, 5, 1), "  |\n1 | 漢字: x\n  |       ^\n"},
      {"carets under wide characters", "漢字: x\n", problem(1, 1, 2), "  |\n1 | 漢字: x\n  | ^^^^\n"},
      {"control characters", std::string("a\x1b[31m\x01\n"), problem(1, 2, 1), "  |\n1 | a�[31m�\n  |  ^\n"},
      {"not UTF-8", "caf\xE9: x\n", problem(1, 4, 1), "  |\n1 | caf�: x\n  |    ^\n"},
      {"behind the end of the line", "ab\n", problem(1, 9, 5), "  |\n1 | ab\n  |   ^\n"},
      {"marks end with the line", "abc\n", problem(1, 2, 50), "  |\n1 | abc\n  |  ^^\n"},
      {"no such line", "ab\n", problem(7, 1, 1, "a hint"), "  = a hint\n"},
      {"note of two lines", "ab\n", problem(1, 1, 1, "", "one\ntwo"), "  |\n1 | ab\n  | ^\n  = one\n    two\n"},
  };
  for (const Drawn& c : kCases) {
    std::string drawn = render(c.diagnostic, {{"thread.yaml", c.source}}, false);
    size_t second = drawn.find('\n', drawn.find('\n') + 1) + 1;
    EXPECT_EQ(drawn.substr(second), c.expected) << c.name;
  }
}

TEST(Render, LongLinesAreCutAroundTheCaret) {
  std::string line(1000, 'a');
  line.replace(500, 3, "XYZ");
  std::string drawn = render(problem(1, 501, 3), {{"thread.yaml", line}}, false);
  std::vector<std::string> lines;
  std::istringstream stream(drawn);
  for (std::string l; std::getline(stream, l);) lines.push_back(l);
  ASSERT_EQ(lines.size(), 5u);
  EXPECT_EQ(lines[3].find("1 | …"), 0u);
  EXPECT_LE(lines[3].size(), 4 + 158 + 6u);  // two dots of three bytes
  size_t shown = lines[3].find("XYZ");
  ASSERT_NE(shown, std::string::npos);
  EXPECT_EQ(lines[4].find("^^^"), shown - 2);  // the first dots have three bytes in one column
}

TEST(Render, WithoutAPlace) {
  Diagnostic d{Severity::warning, "FR0126", "", 0, 0, 1, "", "no such parameter", "did you mean `x`?", "it has: x"};
  EXPECT_EQ(render(d, {}, false), "warning[FR0126]: no such parameter\n  = did you mean `x`?\n  = it has: x\n");
}

TEST(Render, Colors) {
  std::string drawn = render(problem(1, 1, 1, "hint"), {{"thread.yaml", "ab\n"}}, true);
  EXPECT_EQ(drawn.find("\x1b[1;31merror[FR0203]\x1b[0m\x1b[1m: no column `x`\x1b[0m\n"), 0u);
  EXPECT_NE(drawn.find("\x1b[1;34m1 |\x1b[0m ab\n"), std::string::npos);
  EXPECT_NE(drawn.find("\x1b[1;31m^ hint\x1b[0m\n"), std::string::npos);
}

TEST(Diagnostics, AsJson) {
  EXPECT_EQ(dump(to_json(problem(3, 4, 1, "h", "n"))),
            R"({"code":"FR0203","severity":"error","file":"thread.yaml","line":3,"column":4,"step":"sql departures",)"
            R"("message":"no column `x`","hint":"h","note":"n"})");
  Diagnostic warning{Severity::warning, "FR0126", "", 0, 0, 1, "", "m", "", ""};
  EXPECT_TRUE(to_json(warning)["line"].is_null());
  EXPECT_FALSE(has_errors({warning}));
  EXPECT_TRUE(has_errors({warning, problem(1, 1, 1)}));
}

}  // namespace
}  // namespace filrouge
