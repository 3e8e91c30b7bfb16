#include "run/selectors.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace filrouge {
namespace {

/// a <- b <- c <- d and x <- c: the second list are the steps that a step needs.
const std::vector<SelectableStep> kSteps = {{"read", "a", {}},    {"sql", "b", {0}}, {"read", "x", {}},
                                            {"sql", "c", {1, 2}}, {"sql", "d", {3}}, {"check", "a", {0}}};

std::string chosen(const std::vector<std::string>& select, const std::vector<std::string>& exclude = {}) {
  std::string text;
  std::vector<bool> flags = select_steps(kSteps, select, exclude);
  for (size_t i = 0; i < flags.size(); ++i)
    if (flags[i]) text += kSteps[i].verb.substr(0, 1) + ":" + kSteps[i].name + " ";
  return text;
}

TEST(Selectors, AsInDbt) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{}, "r:a s:b r:x s:c s:d c:a "},
      {{"b"}, "s:b "},
      {{"a"}, "r:a c:a "},
      {{"check:a"}, "c:a "},
      {{"+c"}, "r:a s:b r:x s:c "},
      {{"1+c"}, "s:b r:x s:c "},
      {{"c+"}, "s:c s:d "},
      {{"b+1"}, "s:b s:c "},
      {{"1+c+"}, "s:b r:x s:c s:d "},
      {{"@b"}, "r:a s:b r:x s:c s:d "},
      {{"b", "x"}, "s:b r:x "},
      {{"+c,b+"}, "s:b s:c "},
      {{"[bc]"}, "s:b s:c "},
      {{"sql:*"}, "s:b s:c s:d "},
  };
  for (const auto& [select, expected] : cases)
    EXPECT_EQ(chosen(select), expected) << (select.empty() ? "" : select.front());
}

TEST(Selectors, Exclude) {
  EXPECT_EQ(chosen({"+d"}, {"x"}), "r:a s:b s:c s:d ");
  EXPECT_EQ(chosen({}, {"b+"}), "r:a r:x c:a ");
}

TEST(Selectors, ASelectorThatMatchesNothingIsAnError) {
  try {
    chosen({"sql:dd"});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code, "FR0606");
  }
}

}  // namespace
}  // namespace filrouge
