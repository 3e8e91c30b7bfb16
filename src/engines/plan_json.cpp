#include "engines/plan_json.h"

#include <charconv>

#include "base/error.h"
#include "base/json.h"

namespace filrouge {

PlanJson::PlanJson(std::string text) : text_(std::move(text)) {
  FR_CHECK(text_.size() < UINT32_MAX);
  nodes_.reserve(text_.size() / 16 + 8);
  parse();
}

void PlanJson::skip_blank() {
  while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t' || text_[at_] == '\r'))
    ++at_;
}

std::pair<uint32_t, uint32_t> PlanJson::read_string() {
  FR_CHECK(at_ < text_.size() && text_[at_] == '"');
  uint32_t begin = ++at_;
  while (at_ < text_.size() && text_[at_] != '"') at_ += text_[at_] == '\\' ? 2 : 1;
  FR_CHECK(at_ < text_.size());
  return {begin, at_++};
}

/// One scalar or string, or the opening bracket of a container.
void PlanJson::read_value(uint32_t key_begin, uint32_t key_end) {
  FR_CHECK(at_ < text_.size());
  char first = text_[at_];
  auto index = static_cast<uint32_t>(nodes_.size());
  Node node{Kind::scalar, at_, at_, key_begin, key_end, index + 1};
  if (first == '{' || first == '[') {
    node.kind = first == '{' ? Kind::object : Kind::array;
    ++at_;
  } else if (first == '"') {
    node.kind = Kind::string;
    std::tie(node.begin, node.end) = read_string();
  } else {
    while (at_ < text_.size() && !std::strchr(",]} \n", text_[at_])) ++at_;
    node.end = at_;
    FR_CHECK(node.end > node.begin);
  }
  nodes_.push_back(node);
}

/// Without recursion: `open` holds the containers around the place read.
void PlanJson::parse() {
  std::vector<uint32_t> open;
  do {
    skip_blank();
    FR_CHECK(at_ < text_.size());
    if (text_[at_] == '}' || text_[at_] == ']') {
      FR_CHECK(!open.empty());
      nodes_[open.back()].next = static_cast<uint32_t>(nodes_.size());
      open.pop_back();
      ++at_;
      continue;
    }
    if (text_[at_] == ',') {
      ++at_;
      continue;
    }
    std::pair<uint32_t, uint32_t> key{0, 0};
    if (!open.empty() && nodes_[open.back()].kind == Kind::object) {
      key = read_string();
      skip_blank();
      FR_CHECK(at_ < text_.size() && text_[at_] == ':');
      ++at_;
      skip_blank();
    }
    read_value(key.first, key.second);
    if (nodes_.back().kind <= Kind::array) open.push_back(static_cast<uint32_t>(nodes_.size() - 1));
  } while (!open.empty());
}

PlanNode::Iterator& PlanNode::Iterator::operator++() {
  at_ = tree_->nodes_[at_].next;
  return *this;
}

PlanNode::Iterator PlanNode::begin() const {
  return {tree_, is_object() || is_array() ? at_ + 1 : at_};
}
PlanNode::Iterator PlanNode::end() const {
  return {tree_, is_object() || is_array() ? tree_->nodes_[at_].next : at_};
}

PlanNode PlanNode::operator[](std::string_view name) const {
  if (!is_object()) return {};
  for (PlanNode member : *this)
    if (member.key() == name) return member;
  return {};
}

size_t PlanNode::size() const {
  size_t count = 0;
  if (tree_)
    for ([[maybe_unused]] PlanNode member : *this) ++count;
  return count;
}

bool PlanNode::is_object() const {
  return tree_ && tree_->nodes_[at_].kind == PlanJson::Kind::object;
}
bool PlanNode::is_array() const {
  return tree_ && tree_->nodes_[at_].kind == PlanJson::Kind::array;
}

std::string_view PlanNode::key() const {
  if (!tree_) return {};
  const PlanJson::Node& node = tree_->nodes_[at_];
  return std::string_view(tree_->text_).substr(node.key_begin, node.key_end - node.key_begin);
}

std::string PlanNode::text() const {
  if (!tree_) return {};
  const PlanJson::Node& node = tree_->nodes_[at_];
  std::string raw = tree_->text_.substr(node.begin, node.end - node.begin);
  if (node.kind != PlanJson::Kind::string || raw.find('\\') == std::string::npos) return raw;
  return Json::parse('"' + raw + '"').get<std::string>();
}

bool PlanNode::is(std::string_view text) const {
  if (!tree_) return false;
  const PlanJson::Node& node = tree_->nodes_[at_];
  return std::string_view(tree_->text_).substr(node.begin, node.end - node.begin) == text;
}

uint64_t PlanNode::number(uint64_t otherwise) const {
  if (!tree_) return otherwise;
  const PlanJson::Node& node = tree_->nodes_[at_];
  uint64_t value = otherwise;
  std::from_chars(tree_->text_.data() + node.begin, tree_->text_.data() + node.end, value);
  return value;
}

}  // namespace filrouge
