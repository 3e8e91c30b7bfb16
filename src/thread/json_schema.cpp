// JSON Schema (draft 7) of thread.yaml, from the descriptions of the verbs: editors complete and check with it,
// offline. It is a little more generous than the parser, never stricter: what the parser accepts, an editor must not
// underline.
#include "thread/check_keys.h"
#include "thread/thread.h"

namespace filrouge {

namespace {

constexpr const char* kNamePattern = "^[a-z][a-z0-9_]*$";
constexpr const char* kTablePattern = "^[a-z][a-z0-9_]*(\\.[a-z][a-z0-9_]*)*$";

/// Editors read `5`, `true` and `null` as such; where a text is wanted, the parser takes them as written.
Json text_types() {
  return Json::array({"string", "number", "boolean", "null"});
}

Json object_schema(const std::vector<KeySpec>& keys);

Json value_schema(const KeySpec& key) {
  switch (key.type) {
    case ValueType::text:
    case ValueType::column:
    case ValueType::sql:
      return {{"type", text_types()}};
    case ValueType::file:
      return {{"type", "string"}};
    case ValueType::table:
      return {{"type", "string"}, {"pattern", kTablePattern}};
    case ValueType::integer:
      return {{"type", "integer"}, {"minimum", key.least}};
    case ValueType::number:
      return {{"type", "number"}};
    case ValueType::boolean:
      return {{"type", "boolean"}};
    case ValueType::choice: {
      Json words = Json::array();
      for (const std::string& choice : key.choices) {
        Node as_written;  // an editor reads the choice `1` as a number
        as_written.kind = Node::Kind::scalar, as_written.text = choice;
        words.push_back(choice);
        if (Json value = to_json(as_written); !value.is_string()) words.push_back(value);
      }
      return {{"enum", words}};
    }
    case ValueType::percent:
      return {{"oneOf", Json::array({{{"type", "string"}, {"pattern", "^\\s*[0-9.]+\\s*%?\\s*$"}},
                                     {{"type", "number"}, {"minimum", 0}, {"maximum", 1}}})}};
    case ValueType::bytes:
      return {{"type", Json::array({"string", "number"})}, {"examples", Json::array({"4GB"})}};
    case ValueType::duration:
      return {{"type", Json::array({"string", "number"})}, {"examples", Json::array({"10s"})}};
    case ValueType::text_list:
      return {
          {"oneOf", Json::array({{{"type", text_types()}}, {{"type", "array"}, {"items", {{"type", text_types()}}}}})}};
    case ValueType::mapping:
      return key.keys.empty() ? Json{{"type", "object"}} : object_schema(key.keys);
    case ValueType::list:
      return key.keys.empty() ? Json{{"type", "array"}} : Json{{"type", "array"}, {"items", object_schema(key.keys)}};
    case ValueType::any:
      break;
  }
  return Json::object();
}

Json described(const KeySpec& key) {
  Json schema = value_schema(key);
  std::string about = key.about;
  if (key.type == ValueType::sql) about += about.empty() ? "SQL; `$name` is a parameter" : "; `$name` is a parameter";
  if (!about.empty()) schema["description"] = about;
  if (!key.default_value.empty()) {
    Node as_written;
    as_written.kind = Node::Kind::scalar, as_written.text = key.default_value;
    schema["default"] = to_json(as_written);
  }
  return schema;
}

Json object_schema(const std::vector<KeySpec>& keys) {
  Json schema = {{"type", "object"}, {"additionalProperties", false}, {"properties", Json::object()}};
  Json required = Json::array();
  for (const KeySpec& key : keys) {
    if (key.name == "*") {
      schema["additionalProperties"] = described(key);
      continue;
    }
    schema["properties"][key.name] = described(key);
    if (key.required) required.push_back(key.name);
  }
  if (!required.empty()) schema["required"] = required;
  return schema;
}

Json name_schema(const std::string& about) {
  return {{"type", "string"}, {"pattern", kNamePattern}, {"description", about}};
}

/// A group of exactly_one_of: one key of it is there.
Json one_of_keys(const std::vector<std::string>& group) {
  Json choices = Json::array();
  for (const std::string& key : group) choices.push_back({{"required", Json::array({key})}});
  return {{"oneOf", choices}};
}

Json step_schema(const VerbSpec& verb) {
  Json schema = object_schema(verb.keys);
  Json properties = Json::object();
  properties[verb.name] = name_schema(verb.about);
  properties[about_key().name] = described(about_key());
  properties.update(schema["properties"]);
  schema["properties"] = properties;
  Json required = Json::array({verb.name});
  if (schema.contains("required"))
    required.insert(required.end(), schema["required"].begin(), schema["required"].end());
  schema["required"] = required;
  schema["description"] = verb.about;
  if (!verb.exactly_one_of.empty()) {
    Json groups = Json::array();
    for (const std::vector<std::string>& group : verb.exactly_one_of) groups.push_back(one_of_keys(group));
    schema["allOf"] = groups;
  }
  return schema;
}

}  // namespace

Json thread_schema(const std::vector<VerbSpec>& verbs) {
  Json definitions = Json::object(), steps = Json::array();
  for (const VerbSpec& verb : verbs) {
    definitions[verb.name] = step_schema(verb);
    steps.push_back({{"$ref", "#/definitions/" + verb.name}});
  }
  Json properties;
  properties["thread"] = name_schema("the name of the thread: small letters, digits and `_`");
  properties["about"] = {{"type", text_types()},
                         {"description", "what the thread is for, in a sentence for the reader"}};
  properties["params"] = {
      {"type", Json::array({"object", "null"})},
      {"description",
       "parameters and their defaults: `$name` in SQL; `--set name=value` overrides, with the type of the default"},
      {"propertyNames", {{"pattern", kNamePattern}}},
      {"additionalProperties", {{"type", Json::array({"string", "number", "boolean"})}}}};
  properties["include"] = {
      {"oneOf", Json::array({{{"type", "string"}}, {{"type", "array"}, {"items", {{"type", "string"}}}}})},
      {"description", "files with further steps, such as [steps/*.yaml]"}};
  properties["seed"] = {
      {"type", "integer"}, {"minimum", 0}, {"description", "of everything that draws random numbers"}};
  properties["engine"] = {{"type", "string"},
                          {"description",
                           "where steps run that can run elsewhere: duckdb, an engine of engines.yaml, or auto: there "
                           "where a step's inputs take more than the memory"}};
  properties["steps"] = {
      {"type", Json::array({"array", "null"})},
      {"description", "what is done, one step an item: a verb with the name of what it makes, and its keys"},
      {"items", {{"oneOf", steps}}}};
  return {{"$schema", "http://json-schema.org/draft-07/schema#"},
          {"title", "thread.yaml of filrouge"},
          {"type", "object"},
          {"required", Json::array({"thread"})},
          {"additionalProperties", false},
          {"properties", properties},
          {"definitions", definitions}};
}

}  // namespace filrouge
