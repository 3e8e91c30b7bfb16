// The JSON Schema of thread.yaml: a small validator of draft 7 (the keywords that the schema uses, no others) shows
// that it takes what the parser takes and refuses what an editor should underline.
#include <gtest/gtest.h>

#include <regex>

#include "sample_verbs.h"
#include "thread/thread.h"

namespace filrouge {
namespace {

class Validator {
 public:
  explicit Validator(Json schema) : root_(std::move(schema)) {}
  bool accepts(const Json& value) const { return matches(root_, value); }

 private:
  static bool has_type(const std::string& type, const Json& value) {
    if (type == "object") return value.is_object();
    if (type == "array") return value.is_array();
    if (type == "string") return value.is_string();
    if (type == "boolean") return value.is_boolean();
    if (type == "null") return value.is_null();
    if (type == "integer") return value.is_number_integer();
    EXPECT_EQ(type, "number");
    return value.is_number();
  }

  size_t num_matches(const Json& schemas, const Json& value) const {
    return static_cast<size_t>(
        std::count_if(schemas.begin(), schemas.end(), [&](const Json& schema) { return matches(schema, value); }));
  }

  bool matches(const Json& schema, const Json& value) const {
    for (const auto& [word, rule] : schema.items())
      if (!obeys(word, rule, schema, value)) return false;
    return true;
  }

  bool obeys(const std::string& word, const Json& rule, const Json& schema, const Json& value) const {
    if (word == "$ref") return matches(root_["definitions"][rule.get<std::string>().substr(14)], value);
    if (word == "type" && rule.is_string()) return has_type(rule, value);
    if (word == "type")
      return std::any_of(rule.begin(), rule.end(), [&](const Json& type) { return has_type(type, value); });
    if (word == "enum") return std::find(rule.begin(), rule.end(), value) != rule.end();
    if (word == "oneOf") return num_matches(rule, value) == 1;
    if (word == "allOf") return num_matches(rule, value) == rule.size();
    if (word == "pattern")
      return !value.is_string() || std::regex_search(value.get<std::string>(), std::regex(rule.get<std::string>()));
    if (word == "minimum") return !value.is_number() || value >= rule;
    if (word == "maximum") return !value.is_number() || value <= rule;
    if (word == "items")
      return !value.is_array() ||
             std::all_of(value.begin(), value.end(), [&](const Json& item) { return matches(rule, item); });
    if (!value.is_object()) return true;
    if (word == "required")
      return std::all_of(rule.begin(), rule.end(),
                         [&](const Json& key) { return value.contains(key.get<std::string>()); });
    for (const auto& [key, item] : value.items()) {
      bool named = schema.contains("properties") && schema["properties"].contains(key);
      if (word == "properties" && named && !matches(rule[key], item)) return false;
      if (word == "additionalProperties" && !named && (rule.is_boolean() ? !rule.get<bool>() : !matches(rule, item)))
        return false;
      if (word == "propertyNames" && !matches(rule, key)) return false;
    }
    static const std::set<std::string> kKnown = {"properties", "additionalProperties", "propertyNames", "$schema",
                                                 "title",      "description",          "default",       "examples",
                                                 "definitions"};
    EXPECT_TRUE(kKnown.contains(word)) << word;
    return true;
  }

  Json root_;
};

Json as_editors_read(const std::string& yaml) {
  std::vector<Diagnostic> problems;
  Json json = to_json(parse_yaml(yaml, "t", problems));
  EXPECT_TRUE(problems.empty()) << yaml;
  return json;
}

TEST(JsonSchema, TakesWhatTheParserTakes) {
  Validator validator(thread_schema(sample_verbs()));
  const char* kGood[] = {
      "thread: a\n",
      "thread: a\nabout: b\nseed: 3\nparams: {x: 1, y: true, z: 2013-01-01}\ninclude: [a/*.yaml]\nsteps: []\n",
      "thread: a\nparams:\nsteps:\n",
      "thread: a\nsteps: [{read: x, from: a.csv}, {read: y, from: [a, 2013], null: [NA, null, 5], delimiter: ;}]\n",
      "thread: a\nsteps: [{read: x, from: a, header: true, skip: 3, sample: 0.5, format: csv, limit: 4GB, about: b}]\n",
      "thread: a\nsteps: [{read: x, from: a, columns: {a: {b: c}, d: 1}}]\n",
      "thread: a\nsteps: [{sql: x, query: SELECT 1}, {sql: y, file: sql/a.sql}]\n",
      "thread: a\nsteps: [{check: x, expect: [{unique: a, at_most: 20%}, {range: {a: [1, 2]}, at_most: 0.2}], within: "
      "10s}]\n",
      "thread: a\nsteps: [{learn: m, from: a.b, predict: 2013, split: {time: t, test: 20%}}]\n",
  };
  for (const char* yaml : kGood) EXPECT_TRUE(validator.accepts(as_editors_read(yaml))) << yaml;
}

TEST(JsonSchema, RefusesWhatIsWrong) {
  Validator validator(thread_schema(sample_verbs()));
  const char* kBad[] = {
      "about: a\n",
      "thread: Late flights\n",
      "thread: a\nabuot: b\n",
      "thread: a\nseed: -1\n",
      "thread: a\nparams: {x: [1]}\n",
      "thread: a\nparams: {Big: 1}\n",
      "thread: a\nsteps: {read: b}\n",
      "thread: a\nsteps: [{reed: x}]\n",
      "thread: a\nsteps: [{read: x}]\n",
      "thread: a\nsteps: [{read: X y, from: a}]\n",
      "thread: a\nsteps: [{read: x, from: a, form: b}]\n",
      "thread: a\nsteps: [{read: x, from: a, header: yes}]\n",
      "thread: a\nsteps: [{read: x, from: a, format: csvv}]\n",
      "thread: a\nsteps: [{read: x, from: a, skip: 1.5}]\n",
      "thread: a\nsteps: [{read: x, from: {a: b}}]\n",
      "thread: a\nsteps: [{read: x, from: a, check: y, expect: []}]\n",
      "thread: a\nsteps: [{sql: x}]\n",
      "thread: a\nsteps: [{sql: x, query: a, file: b}]\n",
      "thread: a\nsteps: [{check: x, expect: [{uniqe: a}]}]\n",
      "thread: a\nsteps: [{check: x, expect: [{unique: a, at_most: 20}]}]\n",
      "thread: a\nsteps: [{learn: m, from: A b, predict: c}]\n",
      "thread: a\nsteps: [{learn: m, from: a, predict: c, split: {time: t}}]\n",
  };
  for (const char* yaml : kBad) EXPECT_FALSE(validator.accepts(as_editors_read(yaml))) << yaml;
}

TEST(JsonSchema, TellsWhatKeysAreFor) {
  Json schema = thread_schema(sample_verbs());
  EXPECT_EQ(schema["$schema"], "http://json-schema.org/draft-07/schema#");
  EXPECT_EQ(schema["definitions"]["read"]["properties"]["from"]["description"], "the files");
  EXPECT_EQ(schema["definitions"]["sql"]["properties"]["query"]["description"], "SQL; `$name` is a parameter");
  EXPECT_EQ(schema["definitions"]["read"]["required"], Json::array({"read", "from"}));
}

}  // namespace
}  // namespace filrouge
