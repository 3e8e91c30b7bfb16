// Collects problems that stand at nodes.
#pragma once

#include <string>
#include <vector>

#include "thread/yaml.h"

namespace filrouge {

/// A problem at a node. Of a node on several lines its first line is marked, of a mapping its first key.
Diagnostic problem_at(const Node& node, std::string code, std::string message, std::string hint = "",
                      std::string note = "");

class Reporter {
 public:
  explicit Reporter(std::vector<Diagnostic>& problems) : problems_(problems) {}

  std::string step;  ///< goes into every problem: "sql departures", or empty

  void error(const Node& node, std::string code, std::string message, std::string hint = "", std::string note = "") {
    add(problem_at(node, std::move(code), std::move(message), std::move(hint), std::move(note)));
  }
  void add(Diagnostic problem) {
    problem.step = step;
    num_errors_ += problem.severity == Severity::error;
    problems_.push_back(std::move(problem));
  }
  size_t num_errors() const { return num_errors_; }

 private:
  std::vector<Diagnostic>& problems_;
  size_t num_errors_ = 0;
};

/// "did you mean `x`?", or nothing where no candidate is near.
std::string did_you_mean(std::string_view name, std::span<const std::string> candidates);

}  // namespace filrouge
