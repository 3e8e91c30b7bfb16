#include "thread/yaml.h"

#include <yaml.h>

#include "base/error.h"
#include "base/text.h"
#include "thread/lines.h"
#include "thread/yaml_failure.h"

namespace filrouge {

Node::Node() = default;  // not in the header, where pair<Node, Node> is incomplete when clang asks for it

namespace {

constexpr size_t kMaxDepth = 100;
constexpr size_t kMaxNodes = 1'000'000;
constexpr size_t kMaxFileBytes = size_t{64} << 20;
constexpr size_t kMaxExpandedBytes = size_t{64} << 20;  ///< text that aliases repeat

struct Event : yaml_event_t {
  Event() : yaml_event_t{} {}
  ~Event() { yaml_event_delete(this); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
};

std::string_view view(const yaml_char_t* text) {
  return text ? std::string_view(reinterpret_cast<const char*>(text)) : std::string_view();
}

/// The values that YAML 1.2 reads as null, when they stand without quotes.
bool is_null_text(std::string_view text) {
  return text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL";
}

/// How much a subtree holds, to limit what aliases repeat.
struct Measure {
  size_t nodes = 1, bytes = 0, depth = 1;
  void add(const Measure& inner) {
    nodes += inner.nodes, bytes += inner.bytes, depth = std::max(depth, inner.depth + 1);
  }
};

Measure measure(const Node& node) {
  Measure all;
  all.bytes = node.text.size();
  for (const Node& item : node.items) all.add(measure(item));
  for (const auto& [key, value] : node.entries) all.add(measure(key)), all.add(measure(value));
  return all;
}

/// Builds the tree from libyaml's events. libyaml's marks count code points: their line and column are not used because
/// they take NEL, LS and PS for line ends, which no editor shows as such.
class TreeBuilder {
 public:
  TreeBuilder(std::string_view text, const Lines& lines, const std::string& file, std::vector<Diagnostic>& problems)
      : text_(text), lines_(lines), file_(file), problems_(problems) {
    FR_CHECK(yaml_parser_initialize(&parser_));
    std::string_view body = text.substr(bom_length(text));
    yaml_parser_set_encoding(&parser_, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(body.data()), body.size());
  }
  ~TreeBuilder() { yaml_parser_delete(&parser_); }
  TreeBuilder(const TreeBuilder&) = delete;
  TreeBuilder& operator=(const TreeBuilder&) = delete;

  Node build() {
    Node root;
    root.file = file_, root.begin = root.end = lines_.at_code_point(0);
    bool read_root = false;
    for (bool going = true; going;) {
      Event event;
      if (!next(event)) break;
      switch (event.type) {
        case YAML_STREAM_END_EVENT:
          going = false;
          break;
        case YAML_DOCUMENT_START_EVENT:
          if (read_root) {
            report(lines_.at_code_point(event.start_mark.index), 3, "FR0109", "a second document begins here",
                   "remove the line `---`", "a file holds one thread; `include:` adds the steps of other files");
            going = false;
          }
          break;
        case YAML_STREAM_START_EVENT:
        case YAML_DOCUMENT_END_EVENT:
          break;
        default:
          read_root = true;
          going = value(event, root, 0);
      }
    }
    return root;
  }

 private:
  struct Anchor {
    Node node;
    Measure size;
  };

  void report(const Place& place, int length, std::string code, std::string message, std::string hint,
              std::string note = "") {
    problems_.push_back({Severity::error, std::move(code), file_, place.line, place.column, std::max(length, 1), "",
                         std::move(message), std::move(hint), std::move(note)});
  }
  void report(const Node& node, std::string code, std::string message, std::string hint, std::string note = "") {
    int length = node.end.line == node.begin.line ? node.end.column - node.begin.column : 1;
    report(node.begin, length, std::move(code), std::move(message), std::move(hint), std::move(note));
  }

  bool next(Event& event) {
    if (yaml_parser_parse(&parser_, &event)) return true;
    YamlFailure failure;
    failure.problem = parser_.problem ? parser_.problem : "out of memory";
    bool reading = parser_.error == YAML_READER_ERROR;  // the only kind that counts in bytes
    failure.place = reading ? lines_.at_byte(bom_length(text_) + parser_.problem_offset)
                            : lines_.at_code_point(parser_.problem_mark.index);
    if (parser_.context) {
      failure.context = parser_.context;
      failure.context_place = lines_.at_code_point(parser_.context_mark.index);
    }
    problems_.push_back(explain_yaml_failure(failure, lines_, file_));
    return false;
  }

  /// One more node; false where the limits are passed.
  bool count(const Place& place, size_t depth, const Measure& size) {
    nodes_ += size.nodes;
    if (depth + size.depth > kMaxDepth) {
      report(place, 1, "FR0108", fmt::format("values are nested more than {} deep", kMaxDepth), "");
      return false;
    }
    if (nodes_ > kMaxNodes || expanded_bytes_ > kMaxExpandedBytes) {
      report(place, 1, "FR0108",
             nodes_ > kMaxNodes ? fmt::format("the file holds more than {} values", with_commas(kMaxNodes))
                                : fmt::format("aliases repeat more than {} of text", human_bytes(kMaxExpandedBytes)),
             "", "values that aliases (`*name`) repeat count each time");
      return false;
    }
    return true;
  }

  /// Reads the value that begins with `event`. False: reading ends here; what was complete is in `out`.
  bool value(const Event& event, Node& out, size_t depth) {
    out.file = file_;
    out.begin = lines_.at_code_point(event.start_mark.index);
    out.end = lines_.at_code_point(event.end_mark.index);
    if (event.type == YAML_ALIAS_EVENT) return alias(event, out, depth);
    if (!count(out.begin, depth, Measure{})) return false;

    bool is_scalar = event.type == YAML_SCALAR_EVENT, is_sequence = event.type == YAML_SEQUENCE_START_EVENT;
    std::string anchor(view(is_scalar     ? event.data.scalar.anchor
                            : is_sequence ? event.data.sequence_start.anchor
                                          : event.data.mapping_start.anchor));
    std::string_view tag = view(is_scalar     ? event.data.scalar.tag
                                : is_sequence ? event.data.sequence_start.tag
                                              : event.data.mapping_start.tag);
    if (!anchor.empty() || !tag.empty()) skip_properties(event, out);
    if (!anchor.empty()) open_anchors_.push_back(anchor);
    bool going = true;
    if (is_scalar)
      scalar(event, out, tag);
    else if (is_sequence)
      going = sequence(event, out, depth);
    else
      going = mapping(event, out, depth);
    if (!anchor.empty()) {
      open_anchors_.pop_back();
      if (going) {
        Measure size = measure(out);
        if (!count(out.begin, depth, size)) return false;
        anchors_.insert_or_assign(anchor, Anchor{out, size});
      }
    }
    return going;
  }

  /// libyaml's mark of a value stands at its `&anchor` or `!tag`: moves `begin` to the value itself.
  void skip_properties(const Event& event, Node& out) {
    size_t at = out.begin.offset, end = out.end.offset;
    bool collection = event.type != YAML_SCALAR_EVENT;
    auto past = [&](std::string_view set, bool skip) {
      at = skip ? text_.find_first_not_of(set, at) : text_.find_first_of(set, at);
      at = std::min(at, text_.size());
    };
    while (at < text_.size() && (text_[at] == '&' || text_[at] == '!' || text_[at] == '#')) {
      past(text_[at] == '#' ? "\r\n" : " \t\r\n", false);
      past(" \t\r\n", true);
    }
    if (!collection) at = std::min(at, end);
    out.begin = lines_.at_byte(at);
  }

  void scalar(const Event& event, Node& out, std::string_view tag) {
    out.text.assign(reinterpret_cast<const char*>(event.data.scalar.value), event.data.scalar.length);
    bool quoted = event.data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    bool as_text = tag == "!" || tag == "tag:yaml.org,2002:str";
    out.plain = !quoted && !as_text;
    out.kind = out.plain && is_null_text(out.text) ? Node::Kind::null : Node::Kind::scalar;
    if (!tag.empty() && !as_text && !tag.starts_with("tag:yaml.org,2002:"))
      report(lines_.at_code_point(event.start_mark.index), static_cast<int>(tag.size()), "FR0101",
             fmt::format("the tag `{}` means nothing here", tag), "remove it, or put the text in quotes");
  }

  bool alias(const Event& event, Node& out, size_t depth) {
    std::string name(view(event.data.alias.anchor));
    auto found = anchors_.find(name);
    if (found == anchors_.end()) {
      bool inside = std::find(open_anchors_.begin(), open_anchors_.end(), name) != open_anchors_.end();
      std::vector<std::string> known;
      for (const auto& [anchor, _] : anchors_) known.push_back(anchor);
      auto near = nearest(name, known);
      report(out, "FR0107",
             inside ? fmt::format("the alias `*{}` stands inside the value that it repeats", name)
                    : fmt::format("the alias `*{}` repeats nothing: no `&{}` stands above", name, name),
             near ? fmt::format("did you mean `*{}`?", *near) : "put it in quotes if it is meant as a text");
      out.kind = Node::Kind::null;
      return true;
    }
    expanded_bytes_ += found->second.size.bytes;
    if (!count(out.begin, depth, found->second.size)) return false;
    out = found->second.node;
    return true;
  }

  bool sequence(const Event& start, Node& out, size_t depth) {
    out.kind = Node::Kind::sequence;
    bool flow = start.data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE;
    while (true) {
      Event event;
      if (!next(event)) return drop_last(out);
      if (event.type == YAML_SEQUENCE_END_EVENT) {
        close(event, flow, out);
        return true;
      }
      Node item;
      bool going = value(event, item, depth + 1);
      if (!going) return false;
      out.items.push_back(std::move(item));
    }
  }

  bool mapping(const Event& start, Node& out, size_t depth) {
    out.kind = Node::Kind::mapping;
    bool flow = start.data.mapping_start.style == YAML_FLOW_MAPPING_STYLE;
    std::vector<Node> merged;
    bool going = true;
    while (going) {
      Event event, value_event;
      if (!next(event)) return drop_last(out);
      if (event.type == YAML_MAPPING_END_EVENT) {
        close(event, flow, out);
        break;
      }
      Node key, item;
      if (!value(event, key, depth + 1) || !next(value_event)) return false;
      going = value(value_event, item, depth + 1);
      // Of a text that breaks off, the keys at the top and the steps that are complete are kept.
      if (!going && depth > 0) return false;
      if (key.text == "<<" && key.plain)
        merged.push_back(std::move(item));
      else if (is_key(key))
        out.entries.emplace_back(std::move(key), std::move(item));
    }
    report_duplicates(out);
    for (Node& source : merged) merge(std::move(source), out);
    return going;
  }

  /// A block collection's own end mark stands at whatever follows it; its last part tells where it really ends.
  void close(const Event& event, bool flow, Node& out) {
    if (flow)
      out.end = lines_.at_code_point(event.end_mark.index);
    else if (!out.items.empty())
      out.end = out.items.back().end;
    else if (!out.entries.empty())
      out.end = out.entries.back().second.end;
  }

  /// Of a text that breaks off behind a step or a value, that one is dropped: what belongs to it may stand in the part
  /// not read. Returns false, for its callers.
  static bool drop_last(Node& node) {
    if (!node.items.empty()) {
      node.items.pop_back();
    } else if (!node.entries.empty()) {
      Node& last = node.entries.back().second;
      if (last.kind == Node::Kind::sequence) return drop_last(last);
      node.entries.pop_back();
    }
    return false;
  }

  bool is_key(Node& key) {
    if (key.kind == Node::Kind::sequence || key.kind == Node::Kind::mapping) {
      bool braces = key.begin.offset > 0 && text_.substr(key.begin.offset - 1, 2) == "{{";
      report(key.begin, 1, "FR0106", "a key must be a plain text, not a list or a mapping",
             braces ? "put `{{ ... }}` in quotes" : "",
             braces ? "a thread has no template language: parameters are `$name` in SQL" : "");
      return false;
    }
    if (key.text.empty() && key.plain) {
      report(key.begin, 1, "FR0106", "a key is missing before the colon", "write `key: value`");
      return false;
    }
    key.kind = Node::Kind::scalar;
    return true;
  }

  /// Reports every key that was given before, and drops it: the first one counts.
  void report_duplicates(Node& node) {
    std::unordered_map<std::string_view, size_t> first;
    std::vector<size_t> again;
    for (size_t i = 0; i < node.entries.size(); ++i) {
      auto [found, is_new] = first.emplace(node.entries[i].first.text, i);
      if (is_new) continue;
      again.push_back(i);
      report(node.entries[i].first, "FR0105", fmt::format("the key `{}` is given twice", node.entries[i].first.text),
             "remove one of the two",
             fmt::format("it stands already in line {}", node.entries[found->second].first.begin.line));
    }
    for (auto i = again.rbegin(); i != again.rend(); ++i)
      node.entries.erase(node.entries.begin() + static_cast<std::ptrdiff_t>(*i));
  }

  /// `<<: *defaults`: takes the entries that `into` does not have.
  void merge(Node&& source, Node& into) {
    if (source.kind == Node::Kind::sequence) {
      for (Node& item : source.items) merge(std::move(item), into);
    } else if (source.kind == Node::Kind::mapping) {
      for (auto& [key, item] : source.entries)
        if (!into.find(key.text)) into.entries.emplace_back(std::move(key), std::move(item));
    } else {
      report(source, "FR0117", "`<<` takes a mapping or a list of mappings", "such as `<<: *defaults`");
    }
  }

  yaml_parser_t parser_;
  std::string_view text_;
  const Lines& lines_;
  const std::string& file_;
  std::vector<Diagnostic>& problems_;
  std::map<std::string, Anchor> anchors_;
  std::vector<std::string> open_anchors_;
  size_t nodes_ = 0, expanded_bytes_ = 0;
};

bool is_control(unsigned char c) {
  return (c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7F;
}

/// A copy of `text` of the same length with `?` for each byte that no YAML file may hold; reports the first of each
/// kind.
std::string repair_bytes(const std::string& text, const std::string& file, std::vector<Diagnostic>& problems) {
  std::string good = text;
  size_t num_invalid = 0, num_control = 0, first_invalid = 0, first_control = 0;
  for (size_t from = 0;;) {
    auto bad = first_invalid_utf8(std::string_view(good).substr(from));
    if (!bad) break;
    if (num_invalid++ == 0) first_invalid = from + *bad;
    good[from + *bad] = '?';
    from += *bad + 1;
  }
  for (size_t i = 0; i < good.size(); ++i) {
    if (!is_control(static_cast<unsigned char>(good[i]))) continue;
    if (num_control++ == 0) first_control = i;
    good[i] = '?';
  }
  auto report = [&](size_t offset, size_t count, std::string message, std::string hint) {
    Place place = place_of_byte(good, offset);
    problems.push_back({Severity::error, "FR0104", file, place.line, place.column, 1, "", std::move(message),
                        std::move(hint),
                        count > 1 ? fmt::format("the file holds {} more such bytes", with_commas(count - 1)) : ""});
  };
  auto byte = [&](size_t offset) { return static_cast<unsigned>(static_cast<unsigned char>(text[offset])); };
  if (num_invalid > 0)
    report(first_invalid, num_invalid, fmt::format("the byte {:#04x} is not UTF-8", byte(first_invalid)),
           "save the file with the encoding UTF-8");
  if (num_control > 0)
    report(first_control, num_control,
           fmt::format("the control character {:#04x} cannot stand here", byte(first_control)), "remove it");
  return good;
}

bool is_utf16(std::string_view text) {
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) return true;
  return text.size() >= 4 && ((text[0] == 0 && text[2] == 0) || (text[1] == 0 && text[3] == 0));
}

}  // namespace

const Node* Node::find(std::string_view key) const {
  for (const auto& [name, value] : entries)
    if (name.text == key) return &value;
  return nullptr;
}

const Node* Node::find_key(std::string_view key) const {
  for (const auto& entry : entries)
    if (entry.first.text == key) return &entry.first;
  return nullptr;
}

Node parse_yaml(const std::string& text, const std::string& file, std::vector<Diagnostic>& problems) {
  Node nothing;
  nothing.file = file, nothing.begin = nothing.end = Place{1, 1, 0};
  auto refuse = [&](std::string code, std::string message, std::string hint) {
    problems.push_back({Severity::error, std::move(code), file, 1, 1, 1, "", std::move(message), std::move(hint), ""});
    return nothing;
  };
  if (text.size() > kMaxFileBytes)
    return refuse(
        "FR0108",
        fmt::format("the file has {}, more than the {} allowed", human_bytes(text.size()), human_bytes(kMaxFileBytes)),
        "");
  if (is_utf16(text)) return refuse("FR0104", "the file is UTF-16", "save it with the encoding UTF-8");

  std::string repaired;
  bool clean = !first_invalid_utf8(text) &&
               std::none_of(text.begin(), text.end(), [](char c) { return is_control(static_cast<unsigned char>(c)); });
  if (!clean) repaired = repair_bytes(text, file, problems);
  const std::string& good = clean ? text : repaired;
  Lines lines(good);
  return TreeBuilder(good, lines, file, problems).build();
}

}  // namespace filrouge
