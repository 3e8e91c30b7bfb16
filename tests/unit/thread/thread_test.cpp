// Places in steps, secrets, the table of codes, and hostile input.
#include "thread/thread.h"

#include <gtest/gtest.h>

#include "../temp_folder.h"
#include "base/error.h"
#include "sample_verbs.h"
#include "thread/codes.h"
#include "thread/lines.h"

namespace filrouge {
namespace {

constexpr const char* kThread = R"(thread: flights
params: {late_after: 15}
steps:
  - read: flights
    from: [a.csv, b.csv]
  - check: flights
    expect:
      - unique: [tailnum, hour]
      - range: {dep_delay: [-60, 1500]}
        at_most: 20%
  - sql: late
    query: |
      SELECT *,
        dep_dely
      FROM flights
  - sql: short
    query: SELECT 'é', dep_dely
  - sql: filed
    file: sql/late.sql
)";

class PlacesInSteps : public testing::Test {
 protected:
  PlacesInSteps() {
    folder_.write("sql/late.sql", "\xEF\xBB\xBFSELECT 'é',\r\n  dep_dely\r\n");
    std::vector<Diagnostic> problems;
    thread_ = parse_thread(folder_.write("thread.yaml", kThread), sample_verbs(), {}, problems);
    EXPECT_TRUE(problems.empty());
  }
  const Step& step(const char* verb, const char* name) { return *thread_.find(verb, name); }
  static std::string place(const Diagnostic& d) {
    return fmt::format("{}:{}:{}+{}", d.file, d.line, d.column, d.length);
  }
  std::string at_word(const Step& step, const char* word) {
    std::string text = step.config["query"];
    return place(thread_.at_text(step, {"query"}, text.find(word), std::string(word).size(), "FR0203", "m"));
  }

  TempFolder folder_;
  Thread thread_;
};

TEST_F(PlacesInSteps, OfKeysAndValues) {
  const std::pair<std::vector<std::string>, const char*> kCases[] = {
      {{}, "thread.yaml:6:12+7"},           // the step's name
      {{"nothing"}, "thread.yaml:6:12+7"},  // the deepest part that exists
      {{"expect"}, "thread.yaml:7:5+6"},
      {{"expect", "0", "unique"}, "thread.yaml:8:9+6"},  // of a list, its key
      {{"expect", "0", "unique", "1"}, "thread.yaml:8:27+4"},
      {{"expect", "1", "range", "dep_delay", "0"}, "thread.yaml:9:29+3"},
      {{"expect", "1", "at_most"}, "thread.yaml:10:18+3"},  // of a short value, the value
      {{"expect", "7", "at_most"}, "thread.yaml:7:5+6"},
  };
  for (const auto& [path, expected] : kCases) {
    Diagnostic d = thread_.at(step("check", "flights"), path, "FR0203", "m", "h", "n");
    EXPECT_EQ(place(d), expected);
    EXPECT_EQ(d.step, "check flights");
    EXPECT_EQ(d.code + d.message + d.hint + d.note, "FR0203mhn");
  }
  EXPECT_EQ(place(thread_.at(step("sql", "late"), {"query"}, "FR0201", "m")), "thread.yaml:12:5+5");
  EXPECT_EQ(place(thread_.at(step("sql", "filed"), {"query"}, "FR0201", "m")), "thread.yaml:18:10+5");
}

TEST_F(PlacesInSteps, OfBytesInSql) {
  EXPECT_EQ(at_word(step("sql", "late"), "dep_dely"), "thread.yaml:14:9+8");
  EXPECT_EQ(at_word(step("sql", "short"), "dep_dely"), "thread.yaml:17:24+8");
  EXPECT_EQ(at_word(step("sql", "filed"), "dep_dely"), "sql/late.sql:2:3+8");
  EXPECT_EQ(at_word(step("sql", "filed"), "'é'"), "sql/late.sql:1:8+3");
  // A mark stays on its line, and an offset behind the text is at its end.
  EXPECT_EQ(place(thread_.at_text(step("sql", "late"), {"query"}, 7, 100, "FR0201", "m")), "thread.yaml:13:14+2");
  EXPECT_EQ(place(thread_.at_text(step("sql", "short"), {"query"}, 999, 1, "FR0201", "m")), "thread.yaml:17:32+1");
  // What is no text is marked as a whole.
  EXPECT_EQ(place(thread_.at_text(step("check", "flights"), {"expect"}, 3, 1, "FR0201", "m")), "thread.yaml:7:5+6");
}

TEST(Secrets, AreResolvedFromEnvironmentAndFile) {
  TempFolder folder;
  folder.write("filrouge/secrets.yaml", "crm: from-the-file\nnumber: 0123\n");
  setenv("XDG_CONFIG_HOME", folder.path().c_str(), 1);
  setenv("FILROUGE_SECRET_API_KEY", "from-the-environment", 1);
  EXPECT_EQ(resolve_secrets("a ${secret:api_key} b ${secret:crm}${secret:number} ${HOME}"),
            "a from-the-environment b from-the-file0123 ${HOME}");
  EXPECT_EQ(Error(ErrorKind::user, "FR0900", "leaks from-the-file").message, "leaks ***");
  try {
    resolve_secrets("${secret:other}");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code, "FR0121");
    EXPECT_NE(error.hint.find("FILROUGE_SECRET_OTHER"), std::string::npos);
    EXPECT_NE(error.hint.find("filrouge/secrets.yaml"), std::string::npos);
  }
  EXPECT_THROW(resolve_secrets("${secret: x}"), Error);
  folder.write("filrouge/secrets.yaml", "crm: \"secret value\n");
  try {
    resolve_secrets("${secret:crm}");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code, "FR0121");
    EXPECT_EQ(error.message.find("secret value"), std::string::npos);
  }
  unsetenv("XDG_CONFIG_HOME");
}

TEST(ErrorCodes, AreUniqueSortedAndComplete) {
  std::string last;
  for (const ErrorCode& row : error_codes()) {
    EXPECT_LT(last, row.code);
    last = row.code;
    EXPECT_EQ(last.size(), 6u);
    EXPECT_TRUE(last.starts_with("FR0"));
    EXPECT_STRNE(row.title, "") << row.code;
    EXPECT_STRNE(row.about, "") << row.code;
    bool without_example = last == "FR0900";
    EXPECT_EQ(std::string(row.wrong).empty(), without_example) << row.code;
    EXPECT_EQ(std::string(row.right).empty(), without_example) << row.code;
    EXPECT_EQ(std::string(row.wrong) == row.right, without_example) << row.code;
    EXPECT_EQ(find_error_code(row.code), &row);
  }
  EXPECT_EQ(find_error_code("FR9999"), nullptr);
}

TEST(ErrorCodes, EveryCodeUsedHasARow) {
  size_t num_found = 0;
  for (const fs::path& path : glob_files(FILROUGE_SOURCE_DIR "/src", "**/*.cpp")) {
    std::string text = read_file(path);
    for (size_t at = text.find("\"FR0"); at != std::string::npos; at = text.find("\"FR0", at + 1)) {
      if (at + 7 >= text.size() || text[at + 7] != '"') continue;
      EXPECT_NE(find_error_code(text.substr(at + 1, 6)), nullptr) << text.substr(at + 1, 6) << " in " << path;
      ++num_found;
    }
  }
  EXPECT_GT(num_found, 100u);
}

// ---- hostile input ----

class Mutator {
 public:
  std::string mutate(std::string text) {
    for (uint32_t round = 0, rounds = 1 + below(4); round < rounds && !text.empty(); ++round) {
      size_t at = below(text.size());
      switch (below(7)) {
        case 0:
          text[at] = static_cast<char>(text[at] ^ (1 << below(8)));
          break;
        case 1:
          text.resize(at);
          break;
        case 2:
          text.erase(at, 1 + below(8));
          break;
        case 3:
          text.insert(at, 1, "\t\n\r:-[]{}\"'|>&*#%@`! \xC3\x01"[below(24)]);
          break;
        case 4:
          text.insert(at, text.substr(below(text.size()), below(40)));
          break;
        case 5:
          swap_lines(text);
          break;
        default:
          text.insert(line_begin(text, at), std::string(below(6), ' '));
          break;
      }
    }
    return text;
  }

 private:
  uint32_t below(size_t limit) {  // xorshift: the same numbers on every machine
    state_ ^= state_ << 13, state_ ^= state_ >> 17, state_ ^= state_ << 5;
    return limit == 0 ? 0 : static_cast<uint32_t>(state_ % limit);
  }
  static size_t line_begin(const std::string& text, size_t at) { return at == 0 ? 0 : text.rfind('\n', at - 1) + 1; }
  void swap_lines(std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    if (lines.size() > 1) std::swap(lines[below(lines.size())], lines[below(lines.size())]);
    text.clear();
    for (const std::string& line : lines) text += line + "\n";
  }
  uint32_t state_ = 2463534242;
};

TEST(HostileInput, EveryProblemStandsInTheFile) {
  TempFolder folder;
  folder.write("sql/late.sql", "SELECT 1");
  Mutator mutator;
  size_t num_bad = 0;
  for (int round = 0; round < 3000; ++round) {
    std::string text = mutator.mutate(round % 5 == 0 ? std::string("\xEF\xBB\xBF") + kThread : std::string(kThread));
    std::vector<Diagnostic> problems;
    Thread thread = parse_thread(folder.write("thread.yaml", text), sample_verbs(), {}, problems);
    num_bad += has_errors(problems);
    int num_lines = Lines(text).count();
    for (const Diagnostic& d : problems) {
      ASSERT_EQ(d.file, "thread.yaml") << text;
      ASSERT_TRUE(d.line >= 1 && d.line <= num_lines && d.column >= 1 && d.length >= 1) << d.line << "\n" << text;
      ASSERT_NE(find_error_code(d.code), nullptr) << d.code;
      ASSERT_FALSE(d.message.empty());
      ASSERT_FALSE(render(d, thread.sources, false).empty());
    }
    for (const Step& step : thread.steps) {
      if (!step.config.contains("query")) continue;
      size_t size = step.config["query"].get<std::string>().size();
      for (size_t offset : {size_t{0}, size / 2, size}) {
        Diagnostic d = thread.at_text(step, {"query"}, offset, 3, "FR0201", "m");
        ASSERT_TRUE(d.line >= 1 && (d.file != "thread.yaml" || d.line <= num_lines)) << text;
      }
    }
  }
  EXPECT_GT(num_bad, 1500u);  // else the mutations would test nothing
}

}  // namespace
}  // namespace filrouge
