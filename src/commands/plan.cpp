// plan: what `run` would do, and why; nothing is changed.
#include <iostream>

#include "base/text.h"
#include "commands/commands.h"
#include "commands/named.h"
#include "run/touches.h"

namespace filrouge {
namespace {

constexpr int kWorkIsPending = 4;
constexpr size_t kNamesShown = 3;  // of the steps that a step touches

/// As engine_for(), by the inputs that are built.
std::optional<std::string> planned_engine(const Plan& plan, size_t index, uint64_t memory_bytes) {
  const PlannedStep& step = plan.steps[index];
  if (!step.binding) return "";
  std::map<size_t, Version> done;
  if (step.binding->by_size)
    for (size_t need : step.needs)
      if (plan.steps[need].action == Action::reuse) done[need] = *plan.steps[need].version;
  return engine_for(plan, index, done, memory_bytes);
}

Json to_json(const Plan& plan, uint64_t memory_bytes) {
  Json steps = Json::array();
  const std::vector<Touches> touches = touches_of(plan);
  for (size_t i = 0; i < plan.steps.size(); ++i) {
    const PlannedStep& step = plan.steps[i];
    Json entry = {
        {"verb", step.step->verb}, {"name", step.step->name}, {"action", to_string(step.action)}, {"why", step.why}};
    entry["rows"] = step.rows ? Json(*step.rows) : Json(nullptr);
    entry["seconds"] = step.seconds ? Json(*step.seconds) : Json(nullptr);
    Json labels = Json::array();
    for (size_t touched : touches[i].steps) labels.push_back(plan.steps[touched].step->label());
    entry["touches"] = std::move(labels);
    std::optional<std::string> engine = planned_engine(plan, i, memory_bytes);
    entry["engine"] = !step.binding || !engine ? Json(nullptr) : Json(engine->empty() ? "duckdb" : *engine);
    entry["touches_count"] = touches[i].count;
    entry["personal"] = json_of(touches[i].personal);
    steps.push_back(std::move(entry));
  }
  return {{"steps", steps}};
}

/// A check bears the name of what it checks.
std::string shown_name(const Step& step) {
  return step.verb == "check" || step.verb == "explain" ? step.label() : step.name;
}

/// "-> departures, by_hour, by_age and 2 more; personal data".
std::string touched_text(const Plan& plan, size_t index, const std::vector<Touches>& touches) {
  const Touches& mine = touches[index];
  std::vector<std::string> names;
  bool personal = !mine.personal.empty();
  for (size_t touched : mine.steps) {
    personal = personal || !touches[touched].personal.empty();
    if (names.size() < kNamesShown) names.push_back(shown_name(*plan.steps[touched].step));
  }
  std::string text = names.empty() ? "" : "-> " + join(names, ", ");
  if (mine.count > names.size()) text += fmt::format(" and {} more", with_commas(mine.count - names.size()));
  if (personal) text += text.empty() ? "personal data" : "; personal data";
  return text;
}

void print(const Plan& plan, size_t index, size_t verb_width, size_t name_width, const std::vector<Touches>& touches) {
  const PlannedStep& step = plan.steps[index];
  std::string why = join(step.why, "; ");
  std::string line = fmt::format("  {:<5}  {:<{}} {:<{}}  {:<30}", to_string(step.action), step.step->verb, verb_width,
                                 step.step->name, name_width, why);
  const size_t end_of_rows = line.size() + 12;
  const bool has_rows = step.rows && step.step->verb != "check";  // how many expectations a check has is no news
  if (step.action == Action::build && has_rows)
    line += fmt::format("  {:>10}", short_count(*step.rows) + (*step.rows == 1 ? " row" : " rows"));
  if (step.action == Action::build && step.seconds) line += fmt::format("  {:>6}", human_seconds(*step.seconds));
  line.resize(std::max(line.size(), end_of_rows), ' ');
  if (step.action == Action::build) line += "  " + touched_text(plan, index, touches);
  std::cout << line.substr(0, line.find_last_not_of(' ') + 1) << "\n";
}

/// Not what is up to date, and not what was left out.
bool is_news(const PlannedStep& step) {
  return step.action == Action::build || (step.action == Action::skip && step.selected);
}

/// "on spark: departures; on spark in parts: scored; ranked runs here: .." where another engine has something to do.
std::string places_text(const Plan& plan, uint64_t memory_bytes) {
  std::map<std::string, std::vector<std::string>> there;
  std::vector<std::string> places;
  for (size_t i = 0; i < plan.steps.size(); ++i) {
    const PlannedStep& step = plan.steps[i];
    std::optional<std::string> engine = planned_engine(plan, i, memory_bytes);
    if (step.action != Action::build || engine == "") continue;
    std::string place = step.binding->engine + (step.binding->cuts.empty() ? "" : " in parts");
    if (!engine) place += fmt::format(", if what they read takes more than {}", human_bytes(memory_bytes));
    there[place].push_back(shown_name(*step.step));
  }
  for (const auto& [place, names] : there) places.push_back(fmt::format("on {}: {}", place, join(names, ", ")));
  for (const PlannedStep& step : plan.steps)
    if (step.action == Action::build && step.binding && !step.binding->stays.empty())
      places.push_back(fmt::format("{} runs here: {}", shown_name(*step.step), step.binding->stays));
  return join(places, "; ");
}

int plan(const Arguments& arguments) {
  auto start = std::chrono::steady_clock::now();
  Workspace workspace(arguments);
  Plan& plan = workspace.plan(arguments.positional, arguments.all("--exclude"));
  if (auto code = workspace.fail_on_problems()) return *code;
  size_t to_build = 0, reused = 0, barred = 0, verb_width = 5, name_width = 14;
  double seconds = 0;
  for (const PlannedStep& step : plan.steps) {
    name_width = std::max(name_width, std::min<size_t>(32, step.step->name.size()));
    verb_width = std::max(verb_width, step.step->verb.size());
    to_build += step.action == Action::build;
    reused += step.action == Action::reuse;
    barred += step.action == Action::skip && step.selected;
    if (step.action == Action::build) seconds += step.seconds.value_or(0);
  }
  int code = arguments.has("--exit-code") && to_build > 0 ? kWorkIsPending : 0;
  if (arguments.json()) return print_json(to_json(plan, memory_option(arguments))), code;
  const std::vector<Touches> touches = touches_of(plan);
  for (size_t i = 0; i < plan.steps.size(); ++i)
    if (is_news(plan.steps[i]) || arguments.has("--all")) print(plan, i, verb_width, name_width, touches);
  if (std::string places = places_text(plan, memory_option(arguments)); !places.empty())
    std::cout << "  " << places << "\n";
  double took = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (to_build == 0 && barred > 0)
    std::cout << fmt::format("  {} cannot be built, {} up to date  ({})\n", barred, reused, human_seconds(took));
  else if (to_build == 0)
    std::cout << fmt::format("  nothing to do: {} {} up to date  ({})\n", plural(reused, "step"),
                             reused == 1 ? "is" : "are", human_seconds(took));
  else
    std::cout << fmt::format("  {} to build{}, {} up to date; planned in {}  next: filrouge run\n", to_build,
                             seconds > 0 ? ", about " + human_seconds(seconds) : "", reused, human_seconds(took));
  return code;
}

}  // namespace

Command plan_command() {
  Command command;
  command.name = "plan";
  command.usage = "[SELECTOR ...]";
  command.about = "what run would do, and why; changes nothing";
  command.details =
      "Steps that are up to date are left out; --all shows them too. After `->` stands what\n"
      "a step touches further down, and whether personal data (`subject: true`) is there.\n\n"
      "  filrouge plan\n"
      "  filrouge plan +departures --set late_after=30\n"
      "  filrouge plan --exit-code     ends with 4 when work is pending";
  command.options = {{"--exclude", "SELECTOR", "leave these steps out", true},
                     {"--all", "", "show what is up to date too"},
                     {"--exit-code", "", "end with exit code 4 when there is something to do"}};
  command.max_positional = -1;
  command.run = plan;
  return command;
}

}  // namespace filrouge
