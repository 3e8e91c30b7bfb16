#include "thread/reporter.h"

#include "base/text.h"

namespace filrouge {

Diagnostic problem_at(const Node& node, std::string code, std::string message, std::string hint, std::string note) {
  const Node* marked = &node;
  bool lines = node.begin.line != node.end.line;
  if (lines && node.kind == Node::Kind::mapping && !node.entries.empty() &&
      node.entries.front().first.begin.line == node.begin.line)
    marked = &node.entries.front().first;
  int length = marked->begin.line == marked->end.line ? marked->end.column - marked->begin.column : 1;
  return {Severity::error,      std::move(code),     node.file, node.begin.line,
          marked->begin.column, std::max(length, 1), "",        std::move(message),
          std::move(hint),      std::move(note)};
}

std::string did_you_mean(std::string_view name, std::span<const std::string> candidates) {
  auto near = nearest(name, candidates);
  return near ? fmt::format("did you mean `{}`?", *near) : "";
}

}  // namespace filrouge
