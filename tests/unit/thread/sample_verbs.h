// A few verbs that use every type of key, for the tests of the thread.
#pragma once

#include "thread/spec.h"

namespace filrouge {

inline const std::vector<VerbSpec>& sample_verbs() {
  static const std::vector<VerbSpec> verbs = [] {
    auto key = [](std::string name, ValueType type, std::string about = "") {
      KeySpec spec;
      spec.name = std::move(name), spec.type = type, spec.about = std::move(about);
      return spec;
    };
    auto needed = [](KeySpec spec) {
      spec.required = true;
      return spec;
    };
    auto with_keys = [](KeySpec spec, std::vector<KeySpec> keys) {
      spec.keys = std::move(keys);
      return spec;
    };
    auto choice = [&](std::string name, std::vector<std::string> choices) {
      KeySpec spec = key(std::move(name), ValueType::choice);
      spec.choices = std::move(choices);
      return spec;
    };
    VerbSpec read{"read", "a table", "Reads files.", {}, "", {}};
    read.keys = {needed(key("from", ValueType::text_list, "the files")),
                 choice("format", {"csv", "json", "parquet"}),
                 key("header", ValueType::boolean),
                 key("skip", ValueType::integer),
                 key("sample", ValueType::number),
                 key("null", ValueType::text_list),
                 key("delimiter", ValueType::text),
                 key("limit", ValueType::bytes),
                 with_keys(key("columns", ValueType::mapping), {key("*", ValueType::any)})};
    VerbSpec sql{"sql", "a table", "One SELECT.", {}, "", {{"query", "file"}}};
    sql.keys = {key("query", ValueType::sql), key("file", ValueType::file)};
    VerbSpec check{"check", "NAME.checks", "Expectations.", {}, "", {}};
    check.keys = {needed(with_keys(key("expect", ValueType::list),
                                   {key("unique", ValueType::text_list), key("at_most", ValueType::percent),
                                    key("range", ValueType::mapping), key("sql", ValueType::sql)})),
                  choice("otherwise", {"stop", "warn", "quarantine"}), key("within", ValueType::duration)};
    VerbSpec learn{"learn", "a model", "Learns.", {}, "", {}};
    learn.keys = {needed(key("from", ValueType::table)), needed(key("predict", ValueType::column)),
                  key("sql", ValueType::text),
                  with_keys(key("split", ValueType::mapping),
                            {key("time", ValueType::column), needed(key("test", ValueType::percent))})};
    return std::vector{read, sql, check, learn};
  }();
  return verbs;
}

}  // namespace filrouge
