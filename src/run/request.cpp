#include "run/request.h"

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "engines/sql_text.h"

namespace filrouge {
namespace {

/// What went wrong, whoever said it: in a thread of its own nothing else may leave a step.
Error as_error(const std::exception& problem) {
  if (const auto* error = dynamic_cast<const Error*>(&problem)) return *error;
  if (dynamic_cast<const fs::filesystem_error*>(&problem))
    return Error(ErrorKind::environment, "FR0502", problem.what());
  if (dynamic_cast<const std::bad_alloc*>(&problem))
    return Error(ErrorKind::environment, "FR0314", "out of memory", "run where there is more memory");
  return Error(ErrorKind::internal, "FR0900", problem.what());
}

}  // namespace

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

StepAnswer ask_for_step(Worker& worker, Json request, const std::function<void(const Json&)>& on_event) {
  Json& limits = request["limits"];
  const bool may_again =
      limits.at("threads") > 1 && !request.contains("engine") && !request.at("work").contains("programs");
  const auto start = std::chrono::steady_clock::now();
  try {
    return {worker.ask(request, on_event)};
  } catch (const Error& error) {
    if (error.code != "FR0314" || !may_again) throw;
  }
  const auto taken = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
  if (uint64_t whole = limits.value("timeout_ms", uint64_t{0}); whole > 0)
    limits["timeout_ms"] = whole - std::min<uint64_t>(static_cast<uint64_t>(taken.count()), whole - 1);
  for (const fs::path& left : entries_of(request.at("staging").get<std::string>())) fs::remove_all(left);
  limits["threads"] = 1;
  return {worker.ask(std::move(request), on_event), true};
}

Version version_of(const PlannedStep& step, const Answer& answer, const fs::path& staging) {
  WorkResult result = work_result_from_json(answer.result);
  Version version;
  version.verb = step.step->verb;
  version.name = step.step->name;
  version.key = *step.key;
  FR_CHECK(result.tables.size() == step.binding->tables.size());
  for (size_t i = 0; i < result.tables.size(); ++i) {
    const WrittenTable& written = result.tables[i];
    const OutputTable& promised = step.binding->tables[i];
    StoredTable table;
    table.name = promised.name;
    for (const fs::path& file : written.files) table.files.push_back(file.lexically_relative(staging).string());
    table.rows = written.rows;
    table.bytes = written.bytes;
    table.schema = written.schema;
    table.column_hashes = written.column_hashes;
    table.lineage = promised.lineage;
    for (Column& column : table.schema.columns)
      if (const Column* bound = promised.schema.find(column.name)) column.meaning = bound->meaning;
    version.tables.push_back(std::move(table));
  }
  for (const auto& [from, to] : result.publish) {
    fs::path file(from);
    version.publish_from.push_back(file.is_absolute() ? file.lexically_relative(staging).string() : from);
    version.publish_to.push_back(to.string());
  }
  version.passed = result.passed;
  version.summary = result.summary;
  version.notes = result.notes;
  version.details = result.details;
  version.seconds = answer.seconds;
  version.cpu_seconds = answer.cpu_seconds;
  version.peak_memory_bytes = answer.peak_memory_bytes;
  version.engine = answer.engine;
  version.why_key = step.why_key;
  if (version.summary.empty() && !version.tables.empty())
    version.summary = fmt::format("{}  {}", plural(version.tables[0].rows, "row"),
                                  plural(version.tables[0].schema.columns.size(), "column"));
  return version;
}

Diagnostic problem_of(const Thread& thread, const PlannedStep& step, const std::exception& problem) {
  const Error error = changed_file(step).value_or(as_error(problem));
  if (error.text_offset && step.step->config.contains("query")) {
    BoundSql bound(step.step->config["query"].get<std::string>(), thread.params);
    return thread.at_text(*step.step, {"query"}, bound.original_offset(static_cast<size_t>(*error.text_offset)),
                          static_cast<size_t>(error.text_length), error.code, error.message, error.hint);
  }
  // A hint of several lines: the first one stands beside the place, the others below.
  size_t end = std::min(error.hint.find('\n'), error.hint.size());
  std::string note = error.hint.substr(std::min(end + 1, error.hint.size()));
  return thread.at(*step.step, {}, error.code, error.message, error.hint.substr(0, end), note);
}

}  // namespace filrouge
