#include "engines/sql_text.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace filrouge {
namespace {

struct ParameterCase {
  const char* sql;
  std::vector<std::string> names;
};

TEST(SqlText, FindsParametersOutsideTextAndComments) {
  const ParameterCase cases[] = {
      {"SELECT $a, x > $late_after", {"a", "late_after"}},
      {"SELECT $a+$a", {"a", "a"}},
      {"SELECT '$a', \"$b\", 'it''s $c'", {}},
      {"SELECT E'it\\'s $a', $b", {"b"}},
      {"SELECT 'a\\', $b", {"b"}},  // no escapes in a plain string
      {"SELECT re'$a'", {}},
      {"SELECT 1 -- $a\n, $b", {"b"}},
      {"SELECT /* $a /* $b */ $c */ $d", {"d"}},
      {"SELECT $$ $a $$, $b", {"b"}},
      {"SELECT $tag$ $a $$ $tag$, $b", {"b"}},
      {"SELECT a$b, $c", {"c"}},
      {"SELECT $1, ?", {}},
      {"SELECT $a::INTEGER", {"a"}},
      {"SELECT 'open $a", {}},
      {"SELECT /* open $a", {}},
      {"SELECT $$ open $a", {}},
      {"SELECT \"a\"\"$b\", $c", {"c"}},
      {"SELECT $größe", {"größe"}},
      {"$", {}},
      {"", {}},
  };
  for (const ParameterCase& c : cases) {
    std::vector<std::string> names;
    for (const ParameterUse& use : find_parameters(c.sql)) {
      names.push_back(use.name);
      EXPECT_EQ(std::string(c.sql).substr(use.offset, use.length), "$" + use.name);
    }
    EXPECT_EQ(names, c.names) << c.sql;
  }
}

TEST(SqlText, TokensCoverTheWholeText) {
  for (std::string sql : {"SELECT a, 'b' -- c\n FROM \"d\" WHERE $e > 1.5e3 /* f */ AND $$g$$ <> E'\\'';", "'", "\"",
                          "/*", "--", "$a$", "E'\\", "\xff\xfe", "a\r\nb"}) {
    size_t at = 0;
    for (const SqlToken& token : sql_tokens(sql)) {
      EXPECT_EQ(token.offset, at) << sql;
      EXPECT_GT(token.length, 0u);
      at += token.length;
    }
    EXPECT_EQ(at, sql.size()) << sql;
  }
}

struct BindCase {
  const char* sql;
  const char* bound;
};

TEST(SqlText, BindsLiterals) {
  std::map<std::string, Json> params = {{"n", 15},     {"minus", -1},        {"real", 0.25},      {"text", "it's"},
                                        {"yes", true}, {"nothing", nullptr}, {"list", {"a", "b"}}};
  const BindCase cases[] = {
      {"x > $n", "x > 15"},
      {"x-$minus", "x-(-1)"},
      {"$real * 2", "0.25 * 2"},
      {"c = $text", "c = 'it''s'"},
      {"$yes AND $nothing IS NULL", "TRUE AND NULL IS NULL"},
      {"c IN $list", "c IN ['a', 'b']"},
      {"'$n' || $n", "'$n' || 15"},
      {"no parameter", "no parameter"},
  };
  for (const BindCase& c : cases) EXPECT_EQ(BoundSql(c.sql, params).text(), c.bound);
  BoundSql bound("$text, $n, $n", params);
  EXPECT_EQ(bound.used(), (std::vector<std::string>{"n", "text"}));
}

TEST(SqlText, OffsetsGoBackToTheOriginal) {
  std::string sql = "SELECT $a + x + $b";
  BoundSql bound(sql, {{"a", 123456}, {"b", 1}});
  EXPECT_EQ(bound.text(), "SELECT 123456 + x + 1");
  EXPECT_EQ(bound.original_offset(bound.text().find('x')), sql.find('x'));
  EXPECT_EQ(bound.original_offset(bound.text().find("456")), sql.find("$a"));
  EXPECT_EQ(bound.original_offset(0), 0u);
  EXPECT_EQ(bound.original_offset(bound.text().size() - 1), sql.find("$b"));
}

TEST(SqlText, AnUnknownParameterIsAnErrorAtItsPlace) {
  try {
    BoundSql("SELECT '$x', $late_aftr", {{"late_after", 15}});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code, "FR0205");
    EXPECT_EQ(error.text_offset, 13);
    EXPECT_EQ(error.hint, "did you mean `$late_after`?");
  }
}

TEST(SqlText, CanonicalFormIgnoresLayoutOnly) {
  struct Case {
    const char *a, *b;
    bool same;
  };
  const Case cases[] = {
      {"SELECT a,b FROM t", "SELECT a , b\n  FROM t -- done\n;", true},
      {"SELECT f(a) FROM t", "SELECT f ( a )\nFROM t;;", true},
      {"SELECT a/**/FROM t", "SELECT a FROM t", true},
      {"SELECT 'a  b'", "SELECT 'a b'", false},
      {"SELECT 'a -- b'", "SELECT 'a'", false},
      {"SELECT \"a  b\"", "SELECT \"a b\"", false},
      {"SELECT a FROM t", "SELECT afrom t", false},
      {"SELECT - -1", "SELECT --1", false},
      {"SELECT $$ a  b $$", "SELECT $$ a b $$", false},
      {"SELECT ';'", "SELECT ", false},
      {"SELECT a", "select a", false},
  };
  for (const Case& c : cases) EXPECT_EQ(canonical_sql(c.a) == canonical_sql(c.b), c.same) << c.a << "\n" << c.b;
  EXPECT_EQ(canonical_sql("  SELECT (1 ,2)\n;"), "SELECT(1,2)");
}

}  // namespace
}  // namespace filrouge
