#include "models/metrics_page.h"

#include "models/fairness.h"
#include "models/metrics.h"

namespace filrouge {

namespace {

constexpr const char* kIntroduction = R"(# Metrics

This page is printed from the tables in `src/models/`; a test compares them. Do not edit it by hand.

Every metric of `learn` comes with a 95 % interval and takes row weights. Values equal scikit-learn's to 1e-9; the test
`tests/unit/models/metrics_test.cpp` compares 20 cases. In the formulas a mean or a sum is over rows, weighted where there
are weights; y is the truth, p the prediction: a probability, a number or a score. With two classes, class 1 is said from
a probability of 0.5 on; with more, the most probable class; with `costs`, the class with the least expected cost.

The first metric of each table is the task's main one.
)";

std::string cell(std::string text) {
  for (size_t at = text.find('|'); at != std::string::npos; at = text.find('|', at + 2)) text.insert(at, "\\");
  return text;
}

std::string metrics_table(const char* title, Task task, int classes) {
  std::string text =
      fmt::format("\n## {}\n\n| metric | better | what it says | formula | 95 % interval | source |\n", title);
  text += "|---|---|---|---|---|---|\n";
  for (const MetricSpec& spec : metric_specs()) {
    if (!spec.applies(task, classes)) continue;
    text += fmt::format("| `{}` | {} | {} | {} | {} | {} |\n", spec.name, spec.higher_is_better ? "higher" : "lower",
                        cell(spec.about), cell(spec.formula), cell(spec.interval), cell(spec.source));
  }
  return text;
}

std::string criteria_table() {
  std::string text =
      "\n## Fairness: groups compared\n\nRates and criteria are those of fairlearn, except that a rate which a group "
      "cannot "
      "have (no rows of class 1 to find)\nis left out, not 0. Rates have Wilson's interval, differences Newcombe's "
      "(1998, "
      "method 10), ratios none.\n\n| criterion | fair | what it asks | formula | source |\n|---|---|---|---|---|\n";
  for (const CriterionSpec& spec : criterion_specs()) {
    text += fmt::format("| `{}` | {} | {} | {} | {} |\n", spec.name, spec.fair, cell(spec.about), cell(spec.formula),
                        cell(spec.source));
  }
  return text;
}

}  // namespace

std::string metrics_page() {
  return kIntroduction + metrics_table("Two classes", Task::classify, 2) +
         metrics_table("More classes", Task::classify, 3) + metrics_table("Numbers", Task::regress, 1) +
         metrics_table("Ranks", Task::rank, 1) + metrics_table("Clusters", Task::cluster, 1) +
         metrics_table("Anomalies, where labels are known", Task::anomaly, 1) + criteria_table();
}

}  // namespace filrouge
