// The graph of steps, where no thread can show it yet.
#include <gtest/gtest.h>

#include "run/graph.h"

namespace filrouge {
namespace {

std::vector<std::string> one_name(const Step&) {
  return {"shared"};
}

TEST(Graph, TwoStepsThatMakeOneTable) {
  Thread thread;
  for (const char* name : {"a", "b"}) {
    Step step;
    step.verb = "make", step.name = name;
    thread.steps.push_back(std::move(step));
  }
  Verb verb;
  verb.yields = one_name;
  Plan plan;
  for (const Step& step : thread.steps) {
    PlannedStep planned;
    planned.step = &step, planned.verb = &verb;
    plan.steps.push_back(std::move(planned));
  }
  std::vector<Diagnostic> problems;
  link_steps(plan, thread, problems);
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_EQ(problems[0].code, "FR0215");
  EXPECT_EQ(problems[0].message, "`make a` and `make b` both make the table `shared`");
}

}  // namespace
}  // namespace filrouge
