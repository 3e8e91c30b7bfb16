// history: the runs of a thread, and the versions of one step.
#include <iostream>

#include "base/error.h"
#include "base/text.h"
#include "commands/commands.h"
#include "commands/named.h"
#include "commands/text_table.h"

namespace filrouge {
namespace {

constexpr uint64_t kShownRuns = 20;

struct Counts {
  size_t built = 0, reused = 0, failed = 0, skipped = 0;
};

Counts count(const Run& run) {
  Counts counts;
  for (const RunStep& step : run.steps) {
    counts.built += step.action == "built";
    counts.reused += step.action == "reused";
    counts.failed += step.action == "failed";
    counts.skipped += step.action == "skipped";
  }
  return counts;
}

/// Seconds since 1970 of "2026-11-24T16:26:47.123Z"; nothing where it is no such time.
std::optional<double> seconds_of(const std::string& iso) {
  std::tm time{};
  double second = 0;
  if (std::sscanf(iso.c_str(), "%d-%d-%dT%d:%d:%lf", &time.tm_year, &time.tm_mon, &time.tm_mday, &time.tm_hour,
                  &time.tm_min, &second) != 6)
    return std::nullopt;
  time.tm_year -= 1900, time.tm_mon -= 1;
  return static_cast<double>(::timegm(&time)) + second;
}

std::optional<double> duration(const Run& run) {
  auto from = seconds_of(run.started), to = seconds_of(run.finished);
  return from && to ? std::optional(*to - *from) : std::nullopt;
}

std::string outcome(const Run& run) {
  if (run.finished.empty()) return "unfinished";
  if (run.command.starts_with("filrouge prove")) {
    auto differs = [](const RunStep& step) { return step.action == "different"; };
    bool any = std::any_of(run.steps.begin(), run.steps.end(), differs);
    return any ? "different" : run.exit_code == 0 ? "equal" : "not compared";
  }
  static const std::map<int, std::string> words = {
      {0, "done"}, {1, "failed"}, {3, "check failed"}, {130, "interrupted"}};
  auto word = words.find(run.exit_code);
  return word == words.end() ? fmt::format("exit {}", run.exit_code) : word->second;
}

Json step_json(const RunStep& step) {
  Json json = {{"verb", step.verb},
               {"name", step.name},
               {"action", step.action},
               {"why", step.why},
               {"key", step.key},
               {"rows", step.rows},
               {"seconds", step.seconds},
               {"cpu_seconds", step.cpu_seconds},
               {"peak_memory_bytes", step.peak_memory_bytes}};
  if (!step.error.empty()) json["error"] = step.error;
  return json;
}

Json run_json(const Run& run) {
  Counts counts = count(run);
  Json steps = Json::array();
  for (const RunStep& step : run.steps) steps.push_back(step_json(step));
  auto seconds = duration(run);
  return {{"run", run.id},
          {"started", run.started},
          {"finished", run.finished.empty() ? Json(nullptr) : Json(run.finished)},
          {"seconds", seconds ? Json(*seconds) : Json(nullptr)},
          {"command", run.command},
          {"exit_code", run.finished.empty() ? Json(nullptr) : Json(run.exit_code)},
          {"built", counts.built},
          {"reused", counts.reused},
          {"failed", counts.failed},
          {"skipped", counts.skipped},
          {"steps", std::move(steps)}};
}

int print_runs(const Arguments& arguments, const Store& store) {
  std::vector<Run> runs = store.runs(limit_option(arguments, kShownRuns));
  if (arguments.json()) {
    Json list = Json::array();
    for (const Run& run : runs) list.push_back(run_json(run));
    print_json({{"runs", list}});
    return 0;
  }
  if (runs.empty()) {
    std::cerr << "nothing was run yet; next: filrouge run\n";
    return 0;
  }
  TextTable table({{"run", "", true},
                   {"started (UTC)"},
                   {"took", "", true},
                   {"outcome"},
                   {"built", "", true},
                   {"reused", "", true},
                   {"failed", "", true},
                   {"command"}});
  for (const Run& run : runs) {
    Counts counts = count(run);
    auto seconds = duration(run);
    table.add({std::to_string(run.id), short_time(run.started), seconds ? human_seconds(*seconds) : "", outcome(run),
               with_commas(counts.built), with_commas(counts.reused), with_commas(counts.failed), run.command});
  }
  std::cout << table.draw(output_style()).text;
  return 0;
}

/// All versions of every step of that name, newest first.
std::vector<Version> versions_named(const std::string& name, const Store& store) {
  std::vector<Version> found;
  for (const Verb& verb : verbs())
    for (Version& version : store.versions(verb.spec.name, name)) found.push_back(std::move(version));
  std::stable_sort(found.begin(), found.end(),
                   [](const Version& a, const Version& b) { return a.created > b.created; });
  return found;
}

/// Why it was built, from the run that built it.
std::map<std::string, std::string> reasons(const std::string& name, const Store& store) {
  std::map<std::string, std::string> reasons;
  for (const Run& run : store.runs(10'000))
    for (const RunStep& step : run.steps)
      if (step.name == name && step.action == "built") reasons.emplace(step.verb + step.key, join(step.why, "; "));
  return reasons;
}

[[noreturn]] void no_versions(const Arguments& arguments, const std::string& name) {
  std::vector<std::string> names;
  if (thread_file(arguments))
    for (const Step& step : Workspace(arguments).thread.steps) names.push_back(step.name);
  if (std::find(names.begin(), names.end(), name) != names.end())
    throw Error(ErrorKind::user, "FR0608", fmt::format("`{}` was not built yet", name),
                fmt::format("next: filrouge run +{}", name));
  auto near = nearest(name, names);
  throw Error(ErrorKind::user, "FR0606", fmt::format("no step `{}` in this thread", name),
              near ? fmt::format("did you mean `{}`?", *near) : "next: filrouge history");
}

uint64_t rows_of(const Version& version) {
  return version.tables.empty() ? 0 : version.tables[0].rows;
}

uint64_t bytes_of(const Version& version) {
  uint64_t bytes = 0;
  for (const StoredTable& table : version.tables) bytes += table.bytes;
  return bytes;
}

bool is_current(const Version& version, const Store& store) {
  auto current = store.current(version.verb, version.name);
  return current && current->key == version.key;
}

int print_versions(const Arguments& arguments, const Store& store, const std::string& name) {
  std::vector<Version> versions = versions_named(name, store);
  if (versions.empty()) no_versions(arguments, name);
  versions.resize(std::min<size_t>(versions.size(), limit_option(arguments, kShownRuns)));
  std::map<std::string, std::string> why = reasons(name, store);
  TextTable table({{"verb"},
                   {"key"},
                   {"built (UTC)"},
                   {"rows", "", true},
                   {"size", "", true},
                   {"took", "", true},
                   {"CPU", "", true},
                   {"memory", "", true},
                   {"why"}});
  Json list = Json::array();
  for (const Version& version : versions) {
    bool current = is_current(version, store);
    std::string reason = why[version.verb + version.key];
    table.add({version.verb, version.key.substr(0, 8) + (current ? " *" : ""), short_time(version.created),
               with_commas(rows_of(version)), human_bytes(bytes_of(version)), human_seconds(version.seconds),
               human_seconds(version.cpu_seconds), human_bytes(version.peak_memory_bytes), reason});
    list.push_back({{"verb", version.verb},
                    {"name", version.name},
                    {"key", version.key},
                    {"current", current},
                    {"created", version.created},
                    {"rows", rows_of(version)},
                    {"bytes", bytes_of(version)},
                    {"seconds", version.seconds},
                    {"cpu_seconds", version.cpu_seconds},
                    {"peak_memory_bytes", version.peak_memory_bytes},
                    {"engine", version.engine},
                    {"why", reason}});
  }
  if (arguments.json())
    print_json({{"name", name}, {"versions", list}});
  else
    std::cout << table.draw(output_style()).text << "* the version of the last run\n";
  return 0;
}

int history(const Arguments& arguments) {
  auto store = Store::open(store_place(arguments), Store::Access::read, true);
  if (arguments.positional.empty()) return print_runs(arguments, *store);
  return print_versions(arguments, *store, arguments.positional[0]);
}

}  // namespace

Command history_command() {
  Command command;
  command.name = "history";
  command.usage = "[NAME]";
  command.about = "the runs so far, or the versions of one step";
  command.details =
      "With a name: every version of the step that is still kept, with what it cost and\n"
      "why it was built. For example:\n"
      "  filrouge history\n"
      "  filrouge history departures";
  command.options = {{"--limit", "N", "at most this many, newest first; default: 20"}};
  command.max_positional = 1;
  command.run = history;
  return command;
}

}  // namespace filrouge
