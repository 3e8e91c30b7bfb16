// What a verb's keys are: the one description from which the parser, `filrouge help`, the JSON Schema and docs/verbs.md
// come.
#pragma once

#include <string>
#include <vector>

namespace filrouge {

enum class ValueType {
  text,  ///< a scalar, taken as text
  integer,
  number,
  boolean,
  choice,     ///< one of KeySpec::choices
  percent,    ///< "20%" or 0.2
  bytes,      ///< "4GB"
  duration,   ///< "10s", "2 h"
  sql,        ///< SQL text; $name is a parameter
  file,       ///< path of a text file beside the thread whose text takes the place of the key
  column,     ///< the name of a column
  table,      ///< the name of a table of the thread
  text_list,  ///< one text or a list of texts
  mapping,    ///< keys given by KeySpec::keys, or free where that is empty; a key named "*" describes all others
  list,       ///< a sequence whose items are mappings with KeySpec::keys, or anything where that is empty
  any
};

struct KeySpec {
  std::string name;
  ValueType type = ValueType::text;
  bool required = false;
  std::string default_value;         ///< as written in YAML; empty = none
  std::string about;                 ///< one line for help and documentation
  std::vector<std::string> choices;  ///< for choice
  std::vector<KeySpec> keys;         ///< for mapping and list: the keys inside
  int64_t least = 0;                 ///< for integer: the smallest that makes sense
};

struct VerbSpec {
  std::string name;           ///< "read"
  std::string makes;          ///< "a table"
  std::string about;          ///< one or two sentences
  std::vector<KeySpec> keys;  ///< without the verb key itself and without the keys every step has (about)
  std::string example;        ///< YAML of one step, executed by a test
  std::vector<std::vector<std::string>> exactly_one_of;  ///< {{"query","file"}}
};

}  // namespace filrouge
