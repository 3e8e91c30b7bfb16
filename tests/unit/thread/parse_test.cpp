// Whole threads: what is wrong with them, and where.
#include <gtest/gtest.h>

#include "../temp_folder.h"
#include "base/error.h"
#include "sample_verbs.h"
#include "thread/codes.h"
#include "thread/thread.h"

namespace filrouge {
namespace {

struct Case {
  const char* text;
  const char* expected;   ///< code@line:column, in order
  const char* says = "";  ///< part of the first problem, as rendered
};

struct Parsed {
  Thread thread;
  std::vector<Diagnostic> problems;
  std::string rendered() const {
    std::string all;
    for (const Diagnostic& d : problems) all += render(d, thread.sources, false);
    return all;
  }
  std::string places() const {
    std::string all;
    for (const Diagnostic& d : problems) {
      bool main = d.file.empty() || d.file == "thread.yaml";
      all += fmt::format("{}{}{}@{}:{}", all.empty() ? "" : " ", d.code, main ? "" : "@" + d.file, d.line, d.column);
    }
    return all;
  }
};

Parsed parse(const fs::path& file, const std::map<std::string, std::string>& set = {}) {
  Parsed parsed;
  parsed.thread = parse_thread(file, sample_verbs(), {set}, parsed.problems);
  return parsed;
}

void expect_all(std::span<const Case> cases, const TempFolder& folder) {
  for (const Case& c : cases) {
    Parsed parsed = parse(folder.write("thread.yaml", c.text));
    EXPECT_EQ(parsed.places(), c.expected) << c.text << parsed.rendered();
    EXPECT_NE(parsed.rendered().find(c.says), std::string::npos) << c.says << "\n" << parsed.rendered();
    for (const Diagnostic& d : parsed.problems) EXPECT_NE(find_error_code(d.code), nullptr) << d.code;
  }
}

TEST(ParseThread, TopLevel) {
  const Case kCases[] = {
      {"", "FR0110@1:1", "the file says nothing"},
      {"# nothing\n", "FR0110@1:1"},
      {"- read: a\n", "FR0110@1:1", "not a list"},
      {"flights\n", "FR0110@1:1", "not the text `flights`"},
      {"thread:flights\n", "FR0101@1:1", "write `thread: flights`"},
      {"about: x\n", "FR0112@1:1", "add `thread: name`"},
      {"thread: Late flights\n", "FR0118@1:9", "did you mean `late_flights`?"},
      {"thread: 5\n", "FR0118@1:9"},
      {"thread:\n", "FR0118@1:1", "needs a name"},
      {"thread: [a]\n", "FR0117@1:1"},
      {"thread: a\nabuot: b\n", "FR0111@2:1", "did you mean `about`?"},
      {"thread: a\nsql: b\n", "FR0111@2:1", "write `- sql: b` below `steps:`"},
      {"thread: a\nabout: [b]\n", "FR0117@2:8"},
      {"thread: a\nseed: -1\n", "FR0117@2:7"},
      {"thread: a\nseed: x\n", "FR0117@2:7", "such as `seed: 42`"},
      {"thread: a\nsteps: {read: b}\n", "FR0117@2:1", "`steps` takes a list, not a mapping"},
      {"thread: a\nsteps: x\n", "FR0117@2:8"},
      {"thread: a\nsteps:\n", ""},
      {"thread: a\nsteps: []\n", ""},
      {"thread: a\nthread: b\n", "FR0105@2:1"},
      {"thread: a\nabout: ${secret}\n", "FR0129@2:8"},
  };
  expect_all(kCases, TempFolder());
}

TEST(ParseThread, Params) {
  const Case kCases[] = {
      {"thread: a\nparams: {x: 1, y: 2.5, z: true, d: 2013-01-01, s: 'a'}\n", ""},
      {"thread: a\nparams:\n", ""},
      {"thread: a\nparams: [x]\n", "FR0117@2:9"},
      {"thread: a\nparams:\n  x: [1]\n  y: {a: 1}\n  z:\n", "FR0128@3:6 FR0128@4:6 FR0128@5:3", "must be one value"},
      {"thread: a\nparams:\n  Big: 1\n", "FR0118@3:3", "did you mean `big`?"},
  };
  expect_all(kCases, TempFolder());
}

TEST(ParseThread, Verbs) {
  const Case kCases[] = {
      {"thread: a\nsteps:\n  - reed: x\n    from: y\n", "FR0113@3:5", "did you mean `read`?"},
      {"thread: a\nsteps:\n  - transmogrify: x\n", "FR0113@3:5", "the verbs are: read, sql, check, learn"},
      {"thread: a\nsteps:\n  - from: x\n    laern: y\n", "FR0113@4:5", "did you mean `learn`?"},
      {"thread: a\nsteps:\n  - from: x\n", "FR0114@3:5", "has no verb"},
      {"thread: a\nsteps:\n  - about: x\n", "FR0114@3:5"},
      {"thread: a\nsteps:\n  - read\n  - read:x\n  -\n  - [a]\n", "FR0114@3:5 FR0114@4:5 FR0114@5:4 FR0114@6:5",
       "write `- read: name`"},
      {"thread: a\nsteps:\n  - read: x\n    from: y\n    check: z\n", "FR0115@5:5", "two verbs, `read` and `check`"},
      {"thread: a\nsteps:\n  - learn: x\n    from: y\n    predict: z\n    sql: text\n", ""},
      {"thread: a\nsteps:\n  - read: Flights\n    from: x\n", "FR0118@3:11", "did you mean `flights`?"},
      {"thread: a\nsteps:\n  - read:\n    from: x\n", "FR0118@3:5", "such as `read: flights`"},
      {"thread: a\nsteps:\n  - read: [x]\n    from: x\n", "FR0117@3:11", "takes a name, not a list"},
      {"thread: a\nsteps:\n  - read: x\n    from: y\n  - read: x\n    from: z\n", "FR0119@5:11",
       "the first stands in thread.yaml:3"},
      {"thread: a\nsteps:\n  - read: x\n    from: y\n  - sql: x\n    query: z\n", "FR0119@5:10",
       "two steps make the table"},
      {"thread: a\nsteps:\n  - read: x\n    from: y\n  - check: x\n    expect: [{unique: a}]\n", ""},
  };
  expect_all(kCases, TempFolder());
}

/// Keys of one step each: the text stands behind "thread: a\nsteps:\n".
TEST(ParseThread, KeysAndValues) {
  const Case kCases[] = {
      {"  - read: x\n", "FR0112@3:11", "`read` needs the key `from`"},
      {"  - read: x\n    form: y\n", "FR0116@4:5", "did you mean `from`?"},
      {"  - read: x\n    from: y\n    predict: z\n", "FR0116@5:5", "`predict` is a key of `learn`"},
      {"  - read: x\n    from: y\n    abuot: z\n", "FR0116@5:5", "did you mean `about`?"},
      {"  - read: x\n    from: y\n    about: z\n", ""},
      {"  - read: x\n    from:\n", "FR0117@4:5", "`from` has no value"},
      {"  - read: x\n    from: {a: b}\n", "FR0117@4:11", "a text or a list of texts, not a mapping"},
      {"  - read: x\n    from: [a, [b], {c: d}]\n", "FR0117@4:15 FR0117@4:20", "an item of `from`"},
      {"  - read: x\n    from: y\n    delimiter: [a]\n", "FR0117@5:16"},
      {"  - read: x\n    from: y\n    header: yes\n", "FR0117@5:13", "did you mean `true`?"},
      {"  - read: x\n    from: y\n    header: off\n", "FR0117@5:13", "did you mean `false`?"},
      {"  - read: x\n    from: y\n    skip: '3'\n", "FR0117@5:11", "remove the quotes"},
      {"  - read: x\n    from: y\n    skip: 3.5\n", "FR0117@5:11", "a whole number, not the number 3.5"},
      {"  - read: x\n    from: y\n    sample: many\n", "FR0117@5:13"},
      {"  - read: x\n    from: y\n    sample: 1\n", ""},
      {"  - read: x\n    from: y\n    format: csvv\n", "FR0122@5:13", "did you mean `csv`?"},
      {"  - read: x\n    from: y\n    format: feather\n", "FR0122@5:13", "one of: csv, json, parquet"},
      {"  - read: x\n    from: y\n    limit: lots\n", "FR0123@5:12", "4GB"},
      {"  - read: x\n    from: y\n    columns: {a: {b: [c]}, d: 1}\n", ""},
      {"  - read: x\n    from: y\n    columns: [a]\n", "FR0117@5:14"},
      {"  - sql: x\n", "FR0120@3:10", "`sql` needs `query` or `file`"},
      {"  - sql: x\n    query: a\n    file: b.sql\n", "FR0120@5:5 FR0125@5:11", "exclude each other"},
      {"  - sql: x\n    qurey: a\n", "FR0116@4:5", "did you mean `query`?"},
      {"  - sql: x\n    query: |\n\n", "FR0117@4:5", "is empty"},
      {"  - sql: x\n    query: [a]\n", "FR0117@4:12", "SQL as a text"},
      {"  - check: x\n    expect: {unique: a}\n", "FR0117@4:13", "begin each item with `- `"},
      {"  - check: x\n    expect:\n      - foo\n      - uniqe: a\n", "FR0117@5:9 FR0116@6:9"},
      {"  - check: x\n    expect:\n      - range: 3\n        at_most: 20\n", "FR0117@5:16 FR0123@6:18"},
      {"  - check: x\n    expect: [{at_most: 20}]\n", "FR0123@4:24", "did you mean `20%`?"},
      {"  - check: x\n    expect: [{at_most: 120%}, {at_most: 5%}, {at_most: 0.5}]\n", "FR0123@4:24"},
      {"  - check: x\n    expect: []\n    within: 3 parsecs\n", "FR0123@5:13", "10s"},
      {"  - check: x\n    expect: []\n    otherwise: panic\n", "FR0122@5:16"},
      {"  - learn: x\n    from: A b\n    predict: y\n", "FR0118@4:11", "did you mean `a_b`?"},
      {"  - learn: x\n    from: a.b\n    predict: y\n    split: {time: t}\n", "FR0112@6:5",
       "`split` needs the key `test`"},
      {"  - learn: x\n    from: a\n    predict: y\n    split: {tset: 20%}\n", "FR0116@6:13", "did you mean `test`?"},
      {"  - read: x\n    from: y\n    skip: -3\n", "FR0123@5:11", "`skip` is at least 0, not -3"},
      {"  - read: x\n    from: y\n    skip: 0\n", ""},
      {"  - read: x\n    from: y\n    columns: {x:1}\n", ""},
      {"  - learn: x\n    from: a\n    predict: y\n    split: {test:20%}\n", "FR0112@6:5 FR0116@6:13",
       "is a blank missing"},
      {"  - read: x\n    from: ${secret.a}/b\n", "FR0129@4:11", "write `${secret:name}`"},
      {"  - read: x\n    from: \"é ${ secret:a }\"\n", "FR0129@4:14"},
      {"  - sql: x\n    query: |\n      SELECT 1,\n        '${secret:a b}'\n", "FR0129@6:10"},
      {"  - read: x\n    from: ${secret:a}/${HOME}\n", ""},
      {"  - read: x\n    from: y\n    password: hunter2\n", "FR0116@5:5 FR0130@5:5", "plain text"},
      {"  - read: x\n    from: postgres://me:hunter2@db/crm\n", "FR0130@4:11", "address with a password"},
      {"  - read: x\n    from: postgres://me:${secret:crm}@db/crm\n", ""},
      {"  - read: x\n    from: https://host:80/a@b\n    columns: {token: VARCHAR}\n", ""},
  };
  TempFolder folder;
  for (const Case& c : kCases) {
    std::string text = std::string("thread: a\nsteps:\n") + c.text;
    Case whole{text.c_str(), c.expected, c.says};
    expect_all(std::span(&whole, 1), folder);
  }
}

TEST(ParseThread, AllProblemsAtOnce) {
  TempFolder folder;
  Parsed parsed =
      parse(folder.write("thread.yaml",
                         "thread: a\nparmas: {}\nsteps:\n  - read: x\n    form: y\n  - sql: y\n    query: a\n"
                         "  - sql: z\n    qury: b\n  - sql: w\n    query: a: b\n"));
  EXPECT_EQ(parsed.places(), "FR0111@2:1 FR0116@5:5 FR0116@9:5 FR0101@11:13");
  ASSERT_EQ(parsed.thread.steps.size(), 1u);
  EXPECT_EQ(parsed.thread.steps[0].label(), "sql y");
  EXPECT_EQ(parsed.thread.left_out, (std::set<std::string>{"x", "z"}));
  EXPECT_TRUE(parsed.thread.cut_short);
  EXPECT_EQ(parsed.problems[1].step, "read x");
}

TEST(ParseThread, AnAnchoredMistakeIsReportedOnce) {
  TempFolder folder;
  Parsed parsed = parse(folder.write("thread.yaml",
                                     "thread: a\nsteps:\n  - read: x\n    from: y\n    columns: &c {t: 1}\n    <<: &m\n"
                                     "      skip: no\n  - read: z\n    from: y\n    <<: *m\n    columns: *c\n"));
  EXPECT_EQ(parsed.places(), "FR0117@7:13") << parsed.rendered();
}

TEST(ParseThread, Configuration) {
  TempFolder folder;
  Parsed parsed = parse(folder.write("thread.yaml", R"(
thread: a
about: why
seed: 7
steps:
  - read: x
    from: 2013
    null: [NA, null, ~, 5]
    delimiter: ;
    header: true
    skip: 3
    limit: 1048576
    sample: .5
    columns: {a: {time: true}}
    about: true
  - check: x
    otherwise: warn
    expect:
      - unique: a
        at_most: 20%
      - range: {b: [1, 2]}
        at_most: 0.2
)"));
  EXPECT_EQ(parsed.places(), "") << parsed.rendered();
  ASSERT_EQ(parsed.thread.steps.size(), 2u);
  EXPECT_EQ(dump(parsed.thread.steps[0].config),
            R"({"from":["2013"],"null":["NA","null","~","5"],"delimiter":";","header":true,"skip":3,"limit":1048576,)"
            R"("sample":0.5,"columns":{"a":{"time":true}},"about":"true"})");
  EXPECT_EQ(dump(parsed.thread.steps[1].config),
            R"({"otherwise":"warn","expect":[{"unique":["a"],"at_most":"20%"},{"range":{"b":[1,2]},"at_most":0.2}]})");
  EXPECT_EQ(parsed.thread.name, "a");
  EXPECT_EQ(parsed.thread.about, "why");
  EXPECT_EQ(parsed.thread.seed, 7u);
  EXPECT_EQ(parsed.thread.folder, folder.path());
  EXPECT_NE(parsed.thread.find("check", "x"), nullptr);
  EXPECT_EQ(parsed.thread.find("sql", "x"), nullptr);
}

TEST(ParseThread, SetParameters) {
  TempFolder folder;
  fs::path file =
      folder.write("thread.yaml", "thread: a\nparams:\n  whole: 15\n  part: 0.5\n  flag: false\n  day: 2013-01-01\n");
  Parsed good = parse(file, {{"whole", "30"}, {"part", "1"}, {"flag", "true"}, {"day", "5"}});
  EXPECT_EQ(good.places(), "");
  EXPECT_EQ(dump(Json(good.thread.params)), R"({"day":"5","flag":true,"part":1.0,"whole":30})");
  Parsed bad = parse(file, {{"whole", "soon"}, {"part", ""}, {"flag", "1"}, {"wohle", "3"}});
  EXPECT_EQ(bad.places(), "FR0126@0:0 FR0127@3:10 FR0127@4:9 FR0127@5:9");
  EXPECT_NE(
      bad.rendered().find("error[FR0126]: `--set wohle`: the thread has no such parameter\n  = did you mean `whole`?"),
      std::string::npos);
  EXPECT_EQ(bad.thread.params["whole"], Json(15));
}

TEST(ParseThread, Includes) {
  TempFolder folder;
  folder.write("steps/a.yaml", "- sql: a\n  query: x\n");
  folder.write("steps/b.yaml", "about: b\nsteps:\n  - sql: b\n    query: x\n  - sql: a\n    query: y\n");
  folder.write("bad/c.yaml", "thread: c\nstep:\n");
  folder.write("bad/d.yaml", "text\n");
  folder.write("bad/e.yaml", "- sql: e\n  query: a: b\n");
  Parsed good = parse(folder.write("thread.yaml", "thread: t\ninclude: steps/*.yaml\n"));
  EXPECT_EQ(good.places(), "FR0119@steps/b.yaml@5:10");
  EXPECT_NE(good.rendered().find("the first stands in steps/a.yaml:1"), std::string::npos);
  EXPECT_EQ(good.thread.steps.size(), 2u);
  EXPECT_EQ(good.thread.sources.size(), 3u);

  Parsed bad =
      parse(folder.write("thread.yaml", "thread: t\ninclude: [no/*.yaml, \"*.yaml\", ../x.yaml, bad/*, [x]]\n"));
  EXPECT_EQ(bad.places(),
            "FR0124@2:11 FR0124@2:22 FR0124@2:32 FR0117@2:50 FR0111@bad/c.yaml@1:1 FR0111@bad/c.yaml@2:1 "
            "FR0110@bad/d.yaml@1:1 FR0101@bad/e.yaml@2:11")
      << bad.rendered();
  EXPECT_NE(bad.rendered().find("the thread includes itself"), std::string::npos);

  Parsed wrong = parse(folder.write("thread.yaml", "thread: t\ninclude: {a: b}\n"));
  EXPECT_EQ(wrong.places(), "FR0117@2:10");
}

TEST(ParseThread, SqlFiles) {
  TempFolder folder;
  folder.write("sql/late.sql", "\xEF\xBB\xBFSELECT 1\r\n");
  folder.write("sql/bad.sql", "SELECT\n 'caf\xE9'\n");
  fs::create_symlink("/etc/hostname", folder.path() / "sql/out.sql");
  std::string text = "thread: t\nsteps:\n";
  for (const char* path : {"sql/late.sql", "./sql/../sql/late.sql", "sql/ltae.sql", "../x.sql", "/etc/hostname", "sql",
                           "sql/bad.sql", "sql/out.sql"})
    text += fmt::format("  - sql: s{}\n    file: {}\n", text.size(), path);
  Parsed parsed = parse(folder.write("thread.yaml", text));
  EXPECT_EQ(parsed.places(), "FR0125@8:11 FR0125@10:11 FR0125@12:11 FR0125@14:11 FR0125@16:11 FR0125@18:11")
      << parsed.rendered();
  EXPECT_NE(parsed.rendered().find("did you mean `sql/late.sql`?"), std::string::npos);
  EXPECT_NE(parsed.rendered().find("`sql/bad.sql` is not UTF-8: line 2, column 6"), std::string::npos);
  ASSERT_EQ(parsed.thread.steps.size(), 2u);
  for (const Step& step : parsed.thread.steps) {
    EXPECT_EQ(step.sql_file, "sql/late.sql");
    EXPECT_EQ(dump(step.config), R"({"query":"SELECT 1\r\n"})");
  }
  EXPECT_EQ(parsed.thread.sources.size(), 2u);
}

TEST(ParseThread, CannotBeRead) {
  std::vector<Diagnostic> problems;
  try {
    parse_thread("/nowhere/thread.yaml", sample_verbs(), {}, problems);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code, "FR0501");
  }
}

TEST(ParseThread, Rendered) {
  TempFolder folder;
  Parsed parsed = parse(folder.write("thread.yaml", "thread: flights\nsteps:\n  - sql: late\n    qurey: SELECT 1\n"));
  EXPECT_EQ(parsed.rendered(),
            "error[FR0116]: `sql` has no key `qurey`\n"
            " --> thread.yaml:4:5\n"
            "  |\n"
            "4 |     qurey: SELECT 1\n"
            "  |     ^^^^^ did you mean `query`?\n"
            "  = the keys are: query, file, about; next: filrouge help sql\n");
}

}  // namespace
}  // namespace filrouge
