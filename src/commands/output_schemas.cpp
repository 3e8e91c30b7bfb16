#include "commands/output_schemas.h"

#include "base/version.h"

namespace filrouge {
namespace {

Json type(const char* name) {
  return {{"type", name}};
}
Json text() {
  return type("string");
}
Json whole() {
  return type("integer");
}
Json number() {
  return type("number");
}
Json truth() {
  return type("boolean");
}
Json list(Json items) {
  return {{"type", "array"}, {"items", std::move(items)}};
}
Json any() {
  return Json::object();
}
Json or_null(const char* name) {
  return {{"type", {name, "null"}}};
}
Json one_of(std::vector<std::string> words) {
  return {{"enum", std::move(words)}};
}

/// An object that has all of `properties`, but for those named in `optional`, and may have more.
Json object(const Json& properties, const std::set<std::string>& optional = {}) {
  Json required = Json::array();
  for (const auto& [name, schema] : properties.items())
    if (!optional.contains(name)) required.push_back(name);
  return {{"type", "object"}, {"required", required}, {"properties", properties}};
}

/// A whole answer: an object with schema_version.
Json answer(const Json& properties, const std::set<std::string>& optional = {}) {
  Json all = {{"schema_version", {{"const", kSchemaVersion}}}};
  all.update(properties);
  Json schema = {{"$schema", "http://json-schema.org/draft-07/schema#"}};
  schema.update(object(all, optional));
  return schema;
}

Json problems() {
  return list(object({{"code", {{"type", "string"}, {"pattern", "^FR[0-9]{4}$"}}},
                      {"severity", one_of({"error", "warning"})},
                      {"file", or_null("string")},
                      {"line", or_null("integer")},
                      {"column", or_null("integer")},
                      {"step", or_null("string")},
                      {"message", text()},
                      {"hint", or_null("string")}}));
}

Json columns() {
  return list(object({{"name", text()}, {"type", text()}}));
}

Json rows() {
  return {{"columns", columns()}, {"rows", list(list(any()))}, {"truncated", truth()}};
}

/// Of a plan or a run.
Json steps(std::vector<std::string> actions, const Json& more = Json::object()) {
  Json properties = {{"verb", text()},
                     {"name", text()},
                     {"action", one_of(std::move(actions))},
                     {"why", list(text())},
                     {"rows", or_null("integer")},
                     {"seconds", or_null("number")}};
  properties.update(more);
  return list(object(properties));
}

/// `touches`: labels of steps further down, at most 100; `personal`: columns of the step itself; `engine`: where it
/// runs, null for a step with a problem.
Json touched() {
  return {
      {"touches", list(text())}, {"touches_count", whole()}, {"personal", list(text())}, {"engine", or_null("string")}};
}

Json hops() {
  return list(object({{"from", text()}, {"to", text()}, {"kind", one_of({"values", "rows"})}}));
}

Json users() {
  return object({{"values", list(text())}, {"rows", list(text())}});
}

Json trace() {
  Json weights = list(object({{"model", text()}, {"column", text()}, {"share", number()}, {"sources", list(text())}}));
  Json column = {{"column", text()},     {"type", text()}, {"values", list(text())}, {"weights", weights},
                 {"rows", list(text())}, {"via", hops()},  {"used_by", users()}};
  Json table = {{"table", text()}, {"columns", list(object(column))}, {"rows", list(text())}};
  return {{"oneOf", {answer(column), answer(table)}}};
}

Json why() {
  return answer({{"steps", list(object({{"verb", text()},
                                        {"name", text()},
                                        {"action", one_of({"build", "reuse", "skip"})},
                                        {"why", list(text())},
                                        {"inputs", list(object({{"table", text()}, {"columns", list(text())}}))},
                                        {"params", type("object")},
                                        {"files", list(text())},
                                        {"waits_for", list(text())},
                                        {"downstream", list(text())},
                                        {"key", or_null("string")}}))}});
}

Json show() {
  return answer({{"name", text()},
                 {"verb", text()},
                 {"step", text()},
                 {"about", text()},
                 {"built", truth()},
                 {"columns", {{"type", {"array", "null"}}}},
                 {"key", text()},
                 {"created", text()},
                 {"rows", whole()},
                 {"bytes", whole()},
                 {"versions", whole()},
                 {"files", list(text())},
                 {"card", type("object")},
                 {"proof", object({{"equal", truth()}, {"terms", list(text())}, {"at", text()}})},
                 {"first_rows", object(rows())}},
                {"key", "created", "rows", "bytes", "versions", "files", "card", "proof", "first_rows"});
}

Json history() {
  Json run = {{"run", whole()},
              {"started", text()},
              {"finished", or_null("string")},
              {"seconds", or_null("number")},
              {"command", text()},
              {"exit_code", or_null("integer")},
              {"built", whole()},
              {"reused", whole()},
              {"failed", whole()},
              {"skipped", whole()},
              {"steps", list(type("object"))}};
  Json version = {{"verb", text()},          {"name", text()},
                  {"key", text()},           {"current", truth()},
                  {"created", text()},       {"rows", whole()},
                  {"bytes", whole()},        {"seconds", number()},
                  {"cpu_seconds", number()}, {"peak_memory_bytes", whole()},
                  {"engine", text()},        {"why", text()}};
  return {{"oneOf",
           {answer({{"runs", list(object(run))}}), answer({{"name", text()}, {"versions", list(object(version))}})}}};
}

Json prove() {
  Json step = {{"name", text()},
               {"equal", truth()},
               {"rows", whole()},
               {"other_rows", whole()},
               {"largest_error", number()},
               {"columns", list(object({{"column", text()}, {"rows", whole()}}))},
               {"examples", list(text())},
               {"failure", text()},
               {"seconds", number()},
               {"other_seconds", number()}};
  return answer({{"engines", list(text())}, {"sample", number()}, {"steps", list(object(step))}});
}

Json diff() {
  Json side = object({{"table", text()}, {"key", text()}, {"created", text()}, {"rows", whole()}});
  Json tables = {{"equal", truth()},
                 {"before", side},
                 {"after", side},
                 {"compared_by", list(text())},
                 {"columns_added", list(text())},
                 {"columns_removed", list(text())},
                 {"types_changed", list(object({{"column", text()}, {"before", text()}, {"after", text()}}))},
                 {"rows_added", whole()},
                 {"rows_removed", whole()},
                 {"rows_changed", or_null("integer")},
                 {"columns_changed", list(object({{"column", text()}, {"changed", or_null("integer")}}))},
                 {"examples", type("object")}};
  Json runs = {{"equal", truth()}, {"before", whole()}, {"after", whole()}, {"steps", list(type("object"))}};
  return {{"oneOf", {answer(tables), answer(runs)}}};
}

/// What engines/profile.h says, with the keys that each kind of column has.
Json look() {
  const std::set<std::string> by_kind = {"min",       "max",      "mean",      "std",    "quantiles", "zeros",
                                         "negatives", "infinite", "histogram", "length", "empty",     "top"};
  Json column = {
      {"name", text()},
      {"type", text()},
      {"kind", one_of({"number", "text", "time", "boolean", "other"})},
      {"approximate", truth()},
      {"nulls", whole()},
      {"distinct", whole()},
      {"min", any()},
      {"max", any()},
      {"mean", any()},
      {"std", any()},
      {"quantiles", object({{"5", any()}, {"25", any()}, {"50", any()}, {"75", any()}, {"95", any()}})},
      {"zeros", whole()},
      {"negatives", whole()},
      {"infinite", whole()},
      {"histogram", object({{"from", any()}, {"to", any()}, {"clipped", truth()}, {"counts", list(whole())}})},
      {"length", object({{"min", any()}, {"max", any()}, {"mean", any()}})},
      {"empty", whole()},
      {"top", list(object({{"value", any()}, {"count", whole()}}))},
      {"warnings", list(object({{"code", text()}, {"message", text()}}))}};
  return answer(
      {{"name", text()}, {"notes", list(text())}, {"rows", whole()}, {"columns", list(object(column, by_kind))}});
}

Json help() {
  Json key = object({{"name", text()}, {"value", text()}, {"required", truth()}, {"about", text()}});
  Json option = object({{"option", text()}, {"value", text()}, {"about", text()}});
  Json verb = {{"verb", text()},
               {"makes", text()},
               {"about", text()},
               {"keys", list(std::move(key))},
               {"exactly_one_of", list(list(text()))},
               {"example", text()}};
  Json command = {{"command", text()},
                  {"usage", text()},
                  {"about", text()},
                  {"details", text()},
                  {"options", list(std::move(option))}};
  Json both = {{"commands", list(object(command))}, {"verbs", list(object(verb))}};
  return {{"oneOf", {answer(both), answer(command), answer(verb)}}};
}

Json findings() {
  return list(object({{"what", text()},
                      {"path", text()},
                      {"verb", text()},
                      {"name", text()},
                      {"key", text()},
                      {"message", text()},
                      {"bytes", whole()},
                      {"feeds", list(text())}}));
}

}  // namespace

Json output_schemas() {
  Json run = {{"steps", steps({"built", "reused", "failed", "skipped"})}};
  Json schemas = {
      {"plan", answer({{"steps", steps({"build", "reuse", "skip"}, touched())}})},
      {"run", answer(run)},
      {"ask", answer(rows())},
      {"show", show()},
      {"trace", trace()},
      {"why", why()},
      {"history", history()},
      {"diff", diff()},
      {"prove", prove()},
      {"look", look()},
      {"help", help()},
      {"completion", answer({{"shell", text()}, {"script", text()}})},
      {"schema", answer({{"schema", type("object")}})},
      {"verify", answer({{"findings", findings()}, {"repaired", truth()}})},
      {"gc", answer({{"removed", list(type("object"))}, {"bytes", whole()}, {"dry_run", truth()}})},
      {"doctor", answer({{"checks", list(object({{"what", text()},
                                                 {"found", text()},
                                                 {"state", one_of({"ok", "warn", "bad"})},
                                                 {"mend", or_null("string")}}))},
                         {"ok", whole()},
                         {"warn", whole()},
                         {"bad", whole()}})},
      {"new", answer({{"folder", text()}, {"example", text()}, {"next", text()}})},
      {"explain-error",
       {{"oneOf",
         {answer({{"code", text()}, {"title", text()}, {"about", text()}, {"wrong", text()}, {"right", text()}}),
          answer({{"codes", list(object({{"code", text()}, {"title", text()}}))}})}}}},
      {"errors", answer({{"errors", problems()}})}};
  return schemas;
}

}  // namespace filrouge
