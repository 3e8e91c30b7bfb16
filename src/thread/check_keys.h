// Checks the keys of a step, and of the mappings inside it, against the description of its verb.
#pragma once

#include "base/json.h"
#include "thread/reporter.h"
#include "thread/spec.h"

namespace filrouge {

/// [a-z][a-z0-9_]*
bool is_name(std::string_view text);
/// [a-z][a-z0-9_]* with further names behind dots: "late.metrics".
bool is_table_name(std::string_view text);
/// The nearest name to a text that is none: "Late flights" -> "late_flights"; may be empty.
std::string name_from(std::string_view text);

/// Whether `name` is one; if not, reports it at the node, or at `key` where there is no name. `of_what`: "a step".
bool check_name(const Node& name, const Node& key, std::string_view of_what, Reporter& reporter);

/// A scalar that says something: also `null` and `~`, which are texts where a text is wanted.
bool is_text(const Node& node);
bool contains(const std::vector<std::string>& names, std::string_view name);

/// What a node is, for a message: "a list", "the text `abc`", "the number 5", "nothing".
std::string describe(const Node& node);

/// The key that every step has besides those of its verb.
const KeySpec& about_key();

/// Checks the step's mapping `node`; `name` is the value of its verb key. Gives the step's keys as in Step::config,
/// except that a key of ValueType::file still holds the path.
Json check_step_keys(const Node& node, const Node& name, const VerbSpec& verb, const std::vector<VerbSpec>& verbs,
                     Reporter& reporter);

}  // namespace filrouge
