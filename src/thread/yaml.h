// YAML as a tree in which every node knows where it stands, so that a problem can be shown in the user's own line.
// The only file that knows libyaml is yaml.cpp.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "thread/diagnostic.h"

namespace filrouge {

/// A place in a source file: line and column from 1 (column in code points), offset in bytes.
struct Place {
  int line = 0;
  int column = 0;
  size_t offset = 0;
};

struct Node {
  enum class Kind { null, scalar, sequence, mapping };
  Node();
  Kind kind = Kind::null;
  std::string text;         ///< scalar: its value, decoded
  bool plain = true;        ///< scalar without quotes and not a block: may be a number, a boolean or null
  std::string file;         ///< as in Diagnostic::file
  Place begin, end;         ///< of the node; for a block scalar `begin` is the indicator (| or >)
  std::vector<Node> items;  ///< sequence
  std::vector<std::pair<Node, Node>> entries;  ///< mapping, in the order of the file; keys are scalars

  /// The value of a key of a mapping, or nullptr.
  const Node* find(std::string_view key) const;
  /// The key's own node (to point at it), or nullptr.
  const Node* find_key(std::string_view key) const;
};

/// Limits that stop hostile files: nesting 100, nodes after expanding aliases 1,000,000, file 64 MiB.
/// Reports (never throws for content): syntax errors, duplicate keys, non-scalar keys, undefined aliases, bytes that
/// are not UTF-8, tabs in indentation, too deep or too large. A BOM and CRLF are fine. Aliases are expanded; `<<`
/// merges.
Node parse_yaml(const std::string& text, const std::string& file, std::vector<Diagnostic>& problems);

/// YAML 1.2 core types: null, true/false, integers, floats; everything else (and everything quoted) is text.
Json to_json(const Node& node);

/// Where the byte `offset` of the decoded scalar stands in the file: through block indentation, folding, quotes and
/// escapes. `source` is the text of node.file. Exact for plain one-line, quoted one-line and literal (|) scalars; the
/// line is exact for the rest.
Place place_in_scalar(const Node& node, const std::string& source, size_t offset);

}  // namespace filrouge
