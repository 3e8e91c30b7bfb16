#include "steps/step.h"

#include "base/error.h"
#include "base/text.h"

namespace filrouge {

Programs& WorkContext::programs() {
  FR_CHECK(!"a step starts programs and did not say so");
  std::abort();
}

WrittenTable WorkContext::in_parts(const Json&, const TableFiles&, const std::vector<TableFiles>&,
                                   const std::filesystem::path&) {
  FR_CHECK(!"there are no machines here to do a part of the work");
  return {};
}

Json to_json(const WorkResult& result) {
  Json tables = Json::array(), publish = Json::array();
  for (const WrittenTable& table : result.tables) tables.push_back(to_json(table));
  for (const auto& [from, to] : result.publish) publish.push_back({from, to.string()});
  return {{"tables", tables},          {"publish", publish},    {"passed", result.passed},
          {"summary", result.summary}, {"notes", result.notes}, {"details", result.details}};
}

WorkResult work_result_from_json(const Json& json) {
  WorkResult result;
  for (const Json& table : json.at("tables")) result.tables.push_back(written_table_from_json(table));
  for (const Json& pair : json.at("publish"))
    result.publish.emplace_back(pair[0].get<std::string>(), pair[1].get<std::string>());
  result.passed = json.at("passed");
  result.summary = json.at("summary");
  result.notes = json.at("notes").get<std::vector<std::string>>();
  result.details = json.at("details");
  return result;
}

Json to_json(const Binding& binding) {
  Json tables = Json::array(), uses = Json::array(), files = Json::array(), publishes = Json::array();
  for (const OutputTable& table : binding.tables)
    tables.push_back({{"name", table.name}, {"schema", to_json(table.schema)}, {"lineage", to_json(table.lineage)}});
  for (const Use& use : binding.uses) uses.push_back({{"table", use.table}, {"columns", use.columns}});
  for (const InputFile& file : binding.files) files.push_back({{"path", file.path.string()}, {"shown", file.shown}});
  for (const auto& path : binding.publishes) publishes.push_back(path.string());
  Json json = {{"tables", tables},
               {"uses", uses},
               {"params", binding.params},
               {"files", files},
               {"canonical", binding.canonical},
               {"work", binding.work},
               {"engine", binding.engine},
               {"cuts", binding.cuts},
               {"by_size", binding.by_size},
               {"stays", binding.stays},
               {"gate", binding.gate},
               {"replaces_input", binding.replaces_input},
               {"publishes", publishes}};
  if (binding.expected_rows) json["expected_rows"] = *binding.expected_rows;
  return json;
}

Binding binding_from_json(const Json& json) {
  Binding binding;
  for (const Json& table : json.at("tables"))
    binding.tables.push_back(
        {table.at("name"), schema_from_json(table.at("schema")), lineage_from_json(table.at("lineage"))});
  for (const Json& use : json.at("uses"))
    binding.uses.push_back({use.at("table"), use.at("columns").get<std::vector<std::string>>()});
  binding.params = json.at("params").get<std::vector<std::string>>();
  for (const Json& file : json.at("files"))
    binding.files.push_back({file.at("path").get<std::string>(), file.at("shown").get<std::string>()});
  binding.canonical = json.at("canonical");
  binding.work = json.at("work");
  binding.engine = json.at("engine");
  binding.cuts = json.value("cuts", "");
  binding.by_size = json.value("by_size", false);
  binding.stays = json.value("stays", "");
  binding.gate = json.at("gate");
  binding.replaces_input = json.at("replaces_input");
  for (const Json& path : json.at("publishes")) binding.publishes.emplace_back(path.get<std::string>());
  if (json.contains("expected_rows")) binding.expected_rows = json["expected_rows"].get<uint64_t>();
  return binding;
}

std::string tables_note(const BindContext& context) {
  constexpr size_t kLongest = 300;
  std::vector<std::string> names;
  for (const std::string& name : context.table_names())
    if (name.find('.') == std::string::npos) names.push_back(name);
  std::string note = "tables of this thread: " + join(names, ", ");
  return note.size() > kLongest ? "next: filrouge plan" : note;
}

const Schema* find_table(const Step& step, const std::vector<std::string>& path, const std::string& table,
                         BindContext& context, const std::string& note) {
  if (const Schema* schema = context.schema(table)) return schema;
  std::vector<std::string> tables = context.table_names();
  if (std::find(tables.begin(), tables.end(), table) != tables.end()) return nullptr;  // reported upstream
  auto near = nearest(table, tables);
  context.report(context.thread().at(step, path, "FR0204", fmt::format("no table `{}`", table),
                                     near ? fmt::format("did you mean `{}`?", *near) : "",
                                     note.empty() ? tables_note(context) : note));
  return nullptr;
}

}  // namespace filrouge
