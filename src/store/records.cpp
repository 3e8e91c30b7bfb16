#include "store/records.h"

#include "base/error.h"
#include "base/hash.h"
#include "base/json.h"

namespace filrouge {
namespace {

constexpr int kFormat = 1;  // of a run's record
constexpr const char* kCurrentFile = "current.json";

/// With the hash of itself.
std::string sealed(Json json) {
  json["hash"] = hash_text(dump(json));
  return dump(json, 1) + "\n";
}

/// The object in the file, if it is as it was written.
Json unsealed(const fs::path& file) {
  Json json = parse_json(read_file(file), file.string());
  if (!json.is_object() || !json.contains("hash"))
    throw Error(ErrorKind::data, "FR0514", "the file is not one of the store's");
  std::string hash = json["hash"].get<std::string>();
  json.erase("hash");
  if (hash_text(dump(json)) != hash) throw Error(ErrorKind::data, "FR0514", "the content does not match its hash");
  return json;
}

Json to_json(const Run& run) {
  Json steps = Json::array();
  for (const RunStep& step : run.steps)
    steps.push_back({{"verb", step.verb},
                     {"name", step.name},
                     {"key", step.key},
                     {"action", step.action},
                     {"why", step.why},
                     {"seconds", step.seconds},
                     {"cpu_seconds", step.cpu_seconds},
                     {"peak_memory_bytes", step.peak_memory_bytes},
                     {"rows", step.rows},
                     {"error", step.error}});
  return {{"format", kFormat},        {"id", run.id},           {"started", run.started},
          {"finished", run.finished}, {"command", run.command}, {"exit_code", run.exit_code},
          {"steps", std::move(steps)}};
}

Run run_from_json(const Json& json) {
  if (json.at("format") > kFormat)
    throw Error(ErrorKind::environment, "FR0511", "a run was recorded by a newer filrouge",
                "use a filrouge at least as new as the one that wrote the store");
  Run run{json.at("id"), json.at("started"), json.at("finished"), json.at("command"), json.at("exit_code"), {}};
  for (const Json& step : json.at("steps"))
    run.steps.push_back({step.at("verb"), step.at("name"), step.at("key"), step.at("action"),
                         step.at("why").get<std::vector<std::string>>(), step.at("seconds"), step.at("cpu_seconds"),
                         step.at("peak_memory_bytes"), step.at("rows"), step.at("error")});
  return run;
}

/// Reads with `read`; what stands in the way is told to `bad`.
template <class Read>
void read_or_tell(const fs::path& path, std::vector<Finding>* bad, Read read) {
  std::string problem;
  try {
    read();
    return;
  } catch (const Error& e) {
    if (e.code == "FR0511") throw;
    problem = e.message;
  } catch (const nlohmann::json::exception& e) {
    problem = e.what();
  }
  if (bad) bad->push_back({"damaged", path.string(), "", "", "", problem});
}

}  // namespace

fs::path run_record(int64_t id) {
  return fs::path("runs") / fmt::format("{:09}.json", id);
}

void write_run_record(const fs::path& store, const Run& run, const fs::path& temporary) {
  make_folder_durably(store / "runs");
  write_file_durably(store / run_record(run.id), sealed(to_json(run)), temporary);
}

std::vector<Run> read_run_records(const fs::path& store, std::vector<Finding>* bad) {
  std::vector<Run> runs;
  for (const fs::path& file : entries_of(store / "runs")) {
    fs::path path = fs::path("runs") / file.filename();
    read_or_tell(path, bad, [&] {
      Run run = run_from_json(unsealed(store / path));
      if (run_record(run.id) != path) throw Error(ErrorKind::data, "FR0514", "it is the record of another run");
      runs.push_back(std::move(run));
    });
  }
  std::sort(runs.begin(), runs.end(), [](const Run& a, const Run& b) { return a.id < b.id; });
  return runs;
}

void write_current(const fs::path& store, std::span<const StepKey> steps, const fs::path& temporary) {
  Json list = Json::array();
  for (const StepKey& step : steps) list.push_back({{"verb", step.verb}, {"name", step.name}, {"key", step.key}});
  write_file_durably(store / kCurrentFile, sealed({{"current", std::move(list)}}), temporary);
}

std::map<StepName, std::string> read_current(const fs::path& store, std::vector<Finding>* bad) {
  std::map<StepName, std::string> keys;
  std::error_code ignored;
  if (!fs::exists(store / kCurrentFile, ignored)) return keys;
  read_or_tell(kCurrentFile, bad, [&] {
    Json whole = parse_json(read_file(store / kCurrentFile), kCurrentFile);
    // Before it had a hash it was the list alone.
    Json list = whole.is_array() ? whole : unsealed(store / kCurrentFile).at("current");
    for (const Json& entry : list) keys[{entry.at("verb"), entry.at("name")}] = entry.at("key");
  });
  return keys;
}

}  // namespace filrouge
