#include "thread/thread.h"

#include <charconv>

#include "base/text.h"
#include "thread/lines.h"
#include "thread/reporter.h"

namespace filrouge {

namespace {

const Node* item_of(const Node& list, const std::string& number) {
  size_t index = 0;
  auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), index);
  if (error != std::errc() || end != number.data() + number.size() || index >= list.items.size()) return nullptr;
  return &list.items[index];
}

/// What a path leads to: the deepest node that exists, and its key where it is the value of one.
struct Target {
  const Node* node = nullptr;
  const Node* key = nullptr;
  bool whole_path = true;
};

Target follow(const Step& step, const std::vector<std::string>& path) {
  Target target{&step.node, step.node.find_key(step.verb), true};
  for (const std::string& part : path) {
    const Node* next = nullptr;
    const Node* key = nullptr;
    if (target.node->kind == Node::Kind::mapping) {
      next = target.node->find(part);
      key = target.node->find_key(part);
    } else if (target.node->kind == Node::Kind::sequence) {
      next = item_of(*target.node, part);
    }
    if (!next) {
      target.whole_path = false;
      break;
    }
    target.node = next, target.key = key;
  }
  return target;
}

/// What to mark: a short value itself, the key of a long one, the name of a step as a whole.
const Node& mark_of(const Step& step, const Target& target) {
  if (target.node == &step.node) {
    const Node* name = step.node.find(step.verb);
    return name ? *name : step.node;
  }
  bool one_line =
      target.node->begin.line == target.node->end.line && target.node->end.column > target.node->begin.column;
  bool block = target.node->kind == Node::Kind::scalar && !one_line;
  bool collection = target.node->kind != Node::Kind::scalar;
  return target.key && (block || collection) ? *target.key : *target.node;
}

const std::string* text_of(const std::vector<SourceText>& sources, const std::string& name) {
  for (const SourceText& source : sources)
    if (source.name == name) return &source.text;
  return nullptr;
}

}  // namespace

const Step* Thread::find(std::string_view verb, std::string_view wanted) const {
  for (const Step& step : steps)
    if (step.name == wanted && step.verb == verb) return &step;
  return nullptr;
}

Diagnostic Thread::at(const Step& step, const std::vector<std::string>& path, std::string code, std::string message,
                      std::string hint, std::string note) const {
  Diagnostic problem = problem_at(mark_of(step, follow(step, path)), std::move(code), std::move(message),
                                  std::move(hint), std::move(note));
  problem.step = step.label();
  return problem;
}

Diagnostic Thread::at_text(const Step& step, const std::vector<std::string>& path, size_t offset, size_t length,
                           std::string code, std::string message, std::string hint, std::string note) const {
  Diagnostic problem = at(step, path, std::move(code), std::move(message), std::move(hint), std::move(note));
  Target target = follow(step, path);
  bool from_file = !step.sql_file.empty() && path.size() == 1 && path[0] == "query" && !target.whole_path;
  if (!from_file && (!target.whole_path || target.node->kind != Node::Kind::scalar)) return problem;

  std::string from_config;
  if (from_file) from_config = step.config.value("query", "");
  const std::string& text = from_file ? from_config : target.node->text;
  offset = std::min(offset, text.size());
  if (length == 0) length = word_length(text, offset);
  size_t end = std::min({offset + length, text.size(), text.find_first_of("\r\n", offset)});
  problem.length =
      std::max(1, static_cast<int>(count_code_points(std::string_view(text).substr(offset, end - offset))));
  const std::string* source = text_of(sources, from_file ? step.sql_file : target.node->file);
  if (!source) return problem;
  Place place =
      from_file ? place_of_byte(*source, bom_length(*source) + offset) : place_in_scalar(*target.node, *source, offset);
  problem.file = from_file ? step.sql_file : target.node->file;
  problem.line = place.line, problem.column = place.column;
  return problem;
}

}  // namespace filrouge
