#include "run/request.h"

#include "base/error.h"
#include "run/worker.h"

namespace filrouge {

TableFiles files_in(const Store& store, const PlannedStep& provider, const Version& version, const std::string& table) {
  const std::vector<OutputTable>& outputs = provider.binding->tables;
  for (size_t i = 0; i < outputs.size(); ++i)
    if (outputs[i].name == table) return {table, store.files_of(version, version.tables.at(i)), outputs[i].schema};
  FR_CHECK(!"a step does not make the table that it provides");
  return {};
}

Json work_request(const Thread& thread, const PlannedStep& step, const Json& inputs, const fs::path& staging,
                  const Limits& limits, const std::string& engine) {
  Json files = Json::array();
  for (const InputFile& file : step.binding->files) files.push_back(file.path.string());
  Json request = {
      {"kind", "work"},     {"verb", step.step->verb}, {"name", step.step->name},     {"work", step.binding->work},
      {"inputs", inputs},   {"files", files},          {"staging", staging.string()}, {"limits", to_json(limits)},
      {"seed", thread.seed}};
  if (engine.empty()) return request;
  request["engine"] = thread.engines.at(engine);
  if (!step.binding->cuts.empty()) request["cuts"] = step.binding->cuts;
  return request;
}

}  // namespace filrouge
