#include "thread/yaml.h"

#include <gtest/gtest.h>

#include "thread/lines.h"

namespace filrouge {
namespace {

std::string places(const std::vector<Diagnostic>& problems) {
  std::string all;
  for (const Diagnostic& d : problems)
    all += fmt::format("{}{}@{}:{}", all.empty() ? "" : " ", d.code, d.line, d.column);
  return all;
}

struct Bad {
  const char* text;
  const char* expected;   ///< code@line:column
  const char* says = "";  ///< part of the message or the hint
};

TEST(Yaml, ProblemsAndTheirPlaces) {
  const Bad kCases[] = {
      {"steps:\n\t- read: a\n", "FR0102@2:1", "tab"},
      {"steps:\n  - read: a\n\tfrom: b\n", "FR0102@3:1", "tab"},
      {"steps:\n  - sql: a\n  \t  query: b\n", "FR0102@3:3", "tab"},
      {"q: |\n\tSELECT 1\n", "FR0102@2:1", "tab"},
      {"thread:flights\nsteps:\n  - a: b\n", "FR0101@1:1", "write `thread: flights`"},
      {"a: b\nabout:text\nsteps:\n", "FR0101@2:1", "blank is missing after `about:`"},
      {"- sql: a\n  query:SELECT 1\n", "FR0101@2:3", "write `query: SELECT 1`"},
      {"- sql: a\n  query: SELECT a: b\n", "FR0101@2:18", "value of `query` has a colon"},
      {"- sql: a\n    query: SELECT 1\n", "FR0101@2:5", "begin it in column 3"},
      {"s:\n  - sql: a\n   query: b\n", "FR0101@3:4", "indentation of this line fits no line above"},
      {"s:\n  - sql: a\n  query: b\n", "FR0101@3:3", "is no list item"},
      {"s:\n  - sql: a\n query: b\n", "FR0101@3:2", "indentation"},
      {"s:\n  - b\n - c\n", "FR0101@3:2", "indentation"},
      {"s:\n  q: |\n      x\n    y\nb: 2\n", "FR0101@4:5", "indentation"},
      {"s: - sql: a\n", "FR0101@1:4", "cannot stand on the line of `s:`"},
      {"a: b\n- sql: a\n", "FR0101@2:1", "list item `-` cannot stand among the keys"},
      {"a: b\nfoo\nc: d\n", "FR0101@2:1", "is a colon missing: `foo:`?"},
      {"foo bar\nb: x\n", "FR0101@1:1", "no `key: value`"},
      {"a: \"x\nb: c\n", "FR0103@1:4", "never closed"},
      {"a: 'x\nb: c\n", "FR0103@1:4", "closing `'`"},
      {"a: \"x\n---\n", "FR0103@1:4", "never closed"},
      {"a: [x, y\nb: c\n", "FR0103@1:4", "closing `]`"},
      {"a: {x: 1\nb: c\n", "FR0103@1:4", "closing `}`"},
      {"a: b\n]\n", "FR0101@2:1", "no opening one"},
      {"a: [b]]\n", "FR0101@1:7", "no opening one"},
      {"a: \"x\" y\nb: c\n", "FR0101@1:8", "after its closing quote"},
      {"a: 'it's'\n", "FR0101@1:8", "after its closing quote"},
      {"a: *.csv\n", "FR0101@1:4", "write \"*.csv\""},
      {"a: @foo\n", "FR0101@1:4", "write \"@foo\""},
      {"a: `foo`\n", "FR0101@1:4", "quotes"},
      {"%foo\na: b\n", "FR0101@1:1", "`%`"},
      {"a: | SELECT\n", "FR0101@1:6", "nothing may stand behind `|`"},
      {"a: \"\\d\"\n", "FR0101@1:5", "use single quotes"},
      {"a: [${secret:x}]\n", "FR0101@1:5", "needs quotes"},
      {"a: !x!foo b\n", "FR0101@1:4"},
      {"a: !foo b\n", "FR0101@1:4", "tag"},
      {"{a: 1}, b\n", "FR0101@1:7"},
      {"a: caf\xE9\n", "FR0104@1:7", "0xe9"},
      {"é: ü\nb: \xFF\xFE\n", "FR0104@2:4", "0xff"},
      {"a: x\x01y\n", "FR0104@1:5", "0x01"},
      {"\xFF\xFE"
       "a",
       "FR0104@1:1", "UTF-16"},
      {"a: 1\nb: 2\na: 3\n", "FR0105@3:1", "given twice"},
      {"a: {x: 1, x: 2}\na: 3\n", "FR0105@1:11 FR0105@2:1"},
      {"? [a]\n: b\n", "FR0106@1:3", "plain text"},
      {"a: {{ b }}\n", "FR0106@1:5", "quotes"},
      {"a: b\n: c\n", "FR0106@2:1", "key is missing"},
      {"a: *b\n", "FR0107@1:4", "no `&b`"},
      {"a: &base 1\nb: *bose\n", "FR0107@2:4", "did you mean `*base`?"},
      {"a: &b [*b]\n", "FR0107@1:8", "inside"},
      {"<<: 3\n", "FR0117@1:5", "`<<`"},
      {"a: b\n---\nc: d\n", "FR0109@2:1", "second document"},
      {"é: [\"ü\", x\nb: 1", "FR0103@1:4"},
  };
  for (const Bad& c : kCases) {
    std::vector<Diagnostic> problems;
    parse_yaml(c.text, "t", problems);
    EXPECT_EQ(places(problems), c.expected) << c.text;
    if (problems.empty()) continue;
    EXPECT_NE((problems[0].message + " " + problems[0].hint).find(c.says), std::string::npos)
        << c.text << problems[0].message << " | " << problems[0].hint;
  }
}

TEST(Yaml, GoesOnAfterBytesThatAreNotUtf8) {
  std::vector<Diagnostic> problems;
  Node root = parse_yaml("a: \xE9\xE8\nb: 2\nb: 3\n", "t", problems);
  EXPECT_EQ(places(problems), "FR0104@1:4 FR0105@3:1");
  EXPECT_NE(problems[0].note.find("1 more"), std::string::npos);
  EXPECT_NE(root.find("b"), nullptr);
}

TEST(Yaml, BombsAreRefused) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    bomb += fmt::format("a{}: &a{} [", i, i);
    for (int j = 0; j < 9; ++j) bomb += fmt::format("{}*a{}", j ? ", " : "", i - 1);
    bomb += "]\n";
  }
  std::string deep = "a: " + std::string(5000, '[') + std::string(5000, ']');
  std::string aliases = "a: &a " + std::string(1'000'000, 'x') + "\nb:\n";
  for (int i = 0; i < 200; ++i) aliases += "  - *a\n";
  std::string nested = "a0: &a0 " + std::string(60, '[') + std::string(60, ']') + "\na1: " + std::string(60, '[') +
                       "*a0" + std::string(60, ']') + "\n";
  std::string many = "a: [";
  for (int i = 0; i < 1'000'001; ++i) many += "1,";
  many += "1]\n";
  for (const std::string& text : {bomb, deep, aliases, nested, many}) {
    std::vector<Diagnostic> problems;
    parse_yaml(text, "t", problems);
    ASSERT_EQ(problems.size(), 1u) << text.substr(0, 40);
    EXPECT_EQ(problems[0].code, "FR0108") << text.substr(0, 40);
  }
  std::vector<Diagnostic> problems;
  parse_yaml(std::string((size_t{64} << 20) + 1, 'a'), "t", problems);
  EXPECT_EQ(places(problems), "FR0108@1:1");
}

TEST(Yaml, LargeScalarsAndLongLinesAreFine) {
  std::string items = "é: [";
  for (int i = 0; i < 200'000; ++i) items += "ü,";
  for (const std::string& text : {"q: |\n  " + std::string(1'000'000, 'x') + "\n", items + "1]\n"}) {
    std::vector<Diagnostic> problems;
    Node root = parse_yaml(text, "t", problems);
    EXPECT_EQ(places(problems), "");
    const Node& value = root.entries.at(0).second;
    EXPECT_EQ(value.text.size() + value.items.size(), value.items.empty() ? 1'000'001u : 200'001u);
    int last = value.items.empty() ? 0 : value.items.back().begin.column;
    EXPECT_EQ(last, value.items.empty() ? 0 : 5 + 400'000);
  }
}

Json read(const std::string& text) {
  std::vector<Diagnostic> problems;
  Node root = parse_yaml(text, "t", problems);
  EXPECT_EQ(places(problems), "") << text;
  return to_json(root);
}

TEST(Yaml, Values) {
  const std::pair<const char*, const char*> kCases[] = {
      {"", "null"},
      {"# only a comment\n", "null"},
      {"---\na: 1\n...\n", R"({"a":1})"},
      {"\xEF\xBB\xBF"
       "a: 1\r\nb: 2\r\n",
       R"({"a":1,"b":2})"},
      {"a: [1, -2, +3, 007, 0x1F, 0o17]", R"({"a":[1,-2,3,7,31,15]})"},
      {"a: [1.5, .5, 1e3, 2., -0.25]", R"({"a":[1.5,0.5,1000.0,2.0,-0.25]})"},
      {"a: [1_000, 1:30, .inf, .nan, 2013-01-01, 1.2.3, '5', \"5\"]",
       R"({"a":["1_000","1:30",".inf",".nan","2013-01-01","1.2.3","5","5"]})"},
      {"a: [9223372036854775807, 18446744073709551615, -9223372036854775808]",
       R"({"a":[9223372036854775807,18446744073709551615,-9223372036854775808]})"},
      {"a: [true, False, TRUE, yes, no, on, 'true']", R"({"a":[true,false,true,"yes","no","on","true"]})"},
      {"a: [null, ~, Null, NULL, 'null', '']", R"({"a":[null,null,null,null,"null",""]})"},
      {"a:\nb: x", R"({"a":null,"b":"x"})"},
      {"a: !!str 5", R"({"a":"5"})"},
      {"a: |\n  x\n   y\n", R"({"a":"x\n y\n"})"},
      {"a: |-\r\n  x\r\n  y\r\n", R"({"a":"x\ny"})"},
      {"base: &b {x: 1, y: 2}\nc:\n  <<: *b\n  y: 3\n", R"({"base":{"x":1,"y":2},"c":{"y":3,"x":1}})"},
      {"a: &a {x: 1}\nb: &b {x: 2, z: 2}\nc: {<<: [*a, *b], k: 1}",
       R"({"a":{"x":1},"b":{"x":2,"z":2},"c":{"k":1,"x":1,"z":2}})"},
      {"a: &x [1]\nb: *x\n", R"({"a":[1],"b":[1]})"},
      {"'<<': 3", R"({"<<":3})"},
      {"null: 1\n5: 2\ntrue: 3", R"({"null":1,"5":2,"true":3})"},
  };
  for (auto [text, expected] : kCases) EXPECT_EQ(dump(read(text)), expected) << text;
}

TEST(Yaml, DropsTheStepBehindWhichTheTextBreaksOff) {
  std::vector<Diagnostic> problems;
  Node root = parse_yaml("thread: x\nsteps:\n  - read: a\n    from: f\n  - sql: b\n   query: x\n", "t", problems);
  EXPECT_EQ(dump(to_json(root)), R"({"thread":"x","steps":[{"read":"a","from":"f"}]})");
}

TEST(Yaml, KeepsWhatIsCompleteWhereTheTextBreaksOff) {
  std::vector<Diagnostic> problems;
  Node root = parse_yaml("thread: x\nsteps:\n  - read: a\n    from: f\n  - sql: b\n    query: a: b\n", "t", problems);
  EXPECT_EQ(dump(to_json(root)), R"({"thread":"x","steps":[{"read":"a","from":"f"}]})");
}

// ---- where the bytes of a scalar stand ----

/// The scalar of key `q` in each text holds HERE once: its place in the value must lead to its place in the file.
TEST(PlaceInScalar, FindsTheWord) {
  const std::string kCases[] = {
      "q: HERE",
      "q:    a b HERE\n",
      "q: \"a HERE\"\n",
      "q: 'a HERE'\n",
      "q: 'it''s HERE'\n",
      "q: \"\\\"a\\\" \\t \\u00e9 \\x41 \\U0001F600 \\N \\L HERE\"\n",
      "q: \"é漢 HERE\"\n",
      "q: é漢 HERE\n",
      "q: |\n  HERE\n",
      "q: |\n  SELECT é, HERE\n  FROM x\n",
      "q: |\n  a\n\n\n    b HERE\n",
      "q: |\n\n\n  a\n  HERE",
      "q: |2\n    a HERE\n  b\n",
      "q: |2-\n    a\n     HERE\n",
      "q: |+2 # comment HERE?\n    a\n  x HERE\n",
      "q: | # c\n  a\n  HERE",
      "a:\n  - x:\n      q: |\n        a\n          HERE\n",
      "q: |\r\n  a\r\n    HERE\r\n",
      "\xEF\xBB\xBFq: |\r\n  é\r\n  HERE\r\n",
      "\xEF\xBB\xBFq: HERE\r\n",
      "q: |\n  a\n  \tHERE\n",
      "q: >\n  a\n  b HERE\n",
      "q: >\n  a\n\n\n   b\n  c  HERE\n",
      "q: >-\n\n    a\n    b\n     c HERE\n    d\n",
      "q: a\n  b\n  HERE\n",
      "q: a\n\n\n  b HERE c\n",
      "q: \"a\n\n  b\n  HERE\"\n",
      "q: \"a \\\n  HERE\"\n",
      "q: \"a\\\n\n   b HERE\"\n",
      "q: 'a\n   b ''\n\n  HERE'\n",
      "q: \"a   \r\n  HERE\"\n",
      "q: &mark HERE\n",
      "q: !!str HERE\n",
      "q: &m # comment\n  HERE\n",
      "q: &m |\n  a\n  HERE\n",
      "é: {ü: 1, q: HERE}\n",
      "é: [1, {q: \"ä HERE\"}]\n",
  };
  for (const std::string& text : kCases) {
    std::vector<Diagnostic> problems;
    Node root = parse_yaml(text, "t", problems);
    ASSERT_EQ(places(problems), "") << text;
    const Node* node = nullptr;
    auto search = [&](const auto& self, const Node& at) -> void {
      if (const Node* found = at.find("q")) node = found;
      for (const Node& item : at.items) self(self, item);
      for (const auto& [key, value] : at.entries) self(self, value);
    };
    search(search, root);
    ASSERT_NE(node, nullptr) << text;
    Place place = place_in_scalar(*node, text, node->text.find("HERE"));
    Place expected = place_of_byte(text, text.rfind("HERE"));
    EXPECT_EQ(fmt::format("{}:{} {}", place.line, place.column, place.offset),
              fmt::format("{}:{} {}", expected.line, expected.column, expected.offset))
        << text;
  }
}

TEST(PlaceInScalar, EveryByteOfLiteralAndOneLineScalars) {
  const std::string kCases[] = {
      "q: SELECT a , b\n",
      "q: \"SELECT  a 'x'\"\n",
      "q: 'SELECT ''x'' '\n",
      "q: |\n   SELECT\n\n     a ,  b\n   FROM x \n",
      "q: |1\r\n   SELECT\r\n a ,  b\r\n",
  };
  for (const std::string& text : kCases) {
    std::vector<Diagnostic> problems;
    Node root = parse_yaml(text, "t", problems);
    const Node& node = *root.find("q");
    for (size_t i = 0; i < node.text.size(); ++i) {
      Place place = place_in_scalar(node, text, i);
      char there = text[place.offset] == '\r' ? '\n' : text[place.offset];
      EXPECT_EQ(there, node.text[i]) << text << i;
    }
    Place end = place_in_scalar(node, text, node.text.size() + 5);
    EXPECT_LE(end.offset, text.size());
    EXPECT_GE(end.offset, node.begin.offset);
  }
}

TEST(Lines, TheTwoWaysToCountAgree) {
  std::string text =
      "\xEF\xBB\xBF"
      "aé\r\n漢b\rc\n\n";
  for (int i = 0; i < 400; ++i) text += "xü";
  Lines lines(text);
  EXPECT_EQ(lines.count(), 5);
  size_t code_point = 0;
  for (size_t byte = 3; byte <= text.size(); ++byte) {
    if (byte < text.size() && (text[byte] & 0xC0) == 0x80) continue;
    Place a = place_of_byte(text, byte), b = lines.at_byte(byte), c = lines.at_code_point(code_point++);
    for (const Place& p : {b, c}) {
      EXPECT_EQ(p.line, a.line) << byte;
      EXPECT_EQ(p.column, a.column) << byte;
      EXPECT_EQ(p.offset, a.offset) << byte;
    }
  }
  EXPECT_EQ(lines.line(2), "漢b");
  EXPECT_EQ(find_line(text, 2), "漢b");
  EXPECT_EQ(find_line(text, 6), std::nullopt);
}

}  // namespace
}  // namespace filrouge
