// run: brings everything up to date that is not, and nothing else.
#include <sys/ioctl.h>
#include <unistd.h>

#include <iostream>

#include "base/text.h"
#include "commands/commands.h"
#include "commands/workspace.h"
#include "run/disk.h"

namespace filrouge {
namespace {

/// Prints a line for each finished step; on a terminal also one live line with what is running.
class Reporter {
 public:
  Reporter(const Plan& plan, const Thread& thread, bool quiet)
      : thread_(thread), quiet_(quiet), live_(!quiet && ::isatty(2) && use_color(2)), color_(use_color(2)) {
    for (const PlannedStep& step : plan.steps) {
      name_width_ = std::max(name_width_, step.step->name.size());
      verb_width_ = std::max(verb_width_, step.step->verb.size());
      if (step.step->verb == "chart")
        summary_width_ = std::max(summary_width_, fmt::format("10,000 rows  charts/{}.svg", step.step->name).size());
    }
    name_width_ = std::min(name_width_, kWidest);
    summary_width_ = std::min(summary_width_, kWidest + 16);
  }

  void on(const RunEvent& event) {
    if (event.kind == RunEvent::Kind::started) running_[event.step] = "";
    if (event.kind == RunEvent::Kind::progress) note_progress(event);
    if (event.kind == RunEvent::Kind::finished) finished(event);
    draw_live();
  }

  void say(const std::string& line) {
    if (quiet_) return;
    erase_live();
    std::cerr << line << "\n";
    draw_live();
  }

  void erase_live() {
    if (live_ && shown_) std::cerr << "\r\033[K" << std::flush;
    shown_ = false;
  }

 private:
  void note_progress(const RunEvent& event) {
    std::string& text = running_[event.step];
    if (!event.phase.empty()) text = event.phase;
    if (event.fraction >= 0.01) text = fmt::format("{:.0f} %", event.fraction * 100);
  }

  void finished(const RunEvent& event) {
    running_.erase(event.step);
    erase_live();
    bool left_out = event.action == "skipped" && !event.step->selected;  // nobody asked for it
    if (!quiet_ && event.action != "reused" && !left_out) print(event);
    if (event.problem) std::cerr << render(*event.problem, thread_.sources, color_);
    if (quiet_) return;
    for (const std::string& note : event.notes) std::cerr << "        " << paint("33", note) << "\n";
  }

  void print(const RunEvent& event) {
    const Step& step = *event.step->step;
    std::string summary = event.action == "failed" ? paint("31", "failed") : event.summary;
    if (event.action == "skipped") summary = paint("33", "skipped") + ": " + event.summary;
    std::string line = fmt::format("  {:<{}} {:<{}}  ", step.verb, verb_width_, step.name, name_width_);
    std::string time = event.action == "skipped" ? "" : human_seconds(event.seconds);
    size_t width = display_width(summary);
    if (event.action == "failed" && color_) width = 6;
    std::cerr << line << summary
              << std::string(width < summary_width_ && !time.empty() ? summary_width_ - width : 0, ' ');
    if (!time.empty()) std::cerr << "  " << fmt::format("{:>6}", time);
    std::cerr << "\n";
  }

  std::string paint(const char* code, const std::string& text) const {
    return color_ ? fmt::format("\033[{}m{}\033[0m", code, text) : text;
  }

  void draw_live() {
    if (!live_ || running_.empty()) return;
    std::string line;
    for (const auto& [step, text] : running_)
      line += fmt::format("  {} {} {}", step->step->verb, step->step->name, text);
    winsize size{};
    size_t width = ::ioctl(2, TIOCGWINSZ, &size) == 0 && size.ws_col > 10 ? size.ws_col : 80;
    std::cerr << "\r\033[K" << line.substr(0, width - 1) << std::flush;
    shown_ = true;
  }

  const Thread& thread_;
  bool quiet_, live_, color_, shown_ = false;
  static constexpr size_t kWidest = 32;  // longer names push what follows to the right
  size_t verb_width_ = 5, name_width_ = 14, summary_width_ = 30;
  std::map<const PlannedStep*, std::string> running_;
};

Json to_json(const RunOutcome& outcome) {
  Json steps = Json::array(), errors = Json::array();
  for (const RunStep& step : outcome.steps)
    steps.push_back({{"verb", step.verb},
                     {"name", step.name},
                     {"action", step.action},
                     {"why", step.why},
                     {"rows", step.rows},
                     {"seconds", step.seconds}});
  Json answer = {{"steps", steps},           {"built", outcome.built},     {"reused", outcome.reused},
                 {"failed", outcome.failed}, {"skipped", outcome.skipped}, {"seconds", outcome.seconds}};
  for (const Diagnostic& problem : outcome.problems) errors.push_back(to_json(problem));
  if (!errors.empty()) answer["errors"] = errors;
  return answer;
}

/// All steps as reused, for a run that has nothing to do; those that were left out and never built as skipped.
RunOutcome idle_outcome(const Plan& plan, double seconds) {
  RunOutcome outcome;
  outcome.seconds = seconds;
  for (const PlannedStep& step : plan.steps) {
    uint64_t rows = step.version && !step.version->tables.empty() ? step.version->tables[0].rows : 0;
    outcome.steps.push_back({.verb = step.step->verb,
                             .name = step.step->name,
                             .key = step.key.value_or(""),
                             .action = step.action == Action::reuse ? "reused" : "skipped",
                             .why = {},
                             .rows = rows});
    ++(step.action == Action::reuse ? outcome.reused : outcome.skipped);
  }
  return outcome;
}

/// What to type next: the last table of the run that a person would want to see.
std::string next_command(const Plan& plan) {
  const Step* last = nullptr;
  for (const PlannedStep& step : plan.steps)
    if (step.selected && (!last || step.step->verb == "sql" || last->verb != "sql")) last = step.step;
  return last ? "next: filrouge show " + last->name : "";
}

std::string closing_line(const RunOutcome& outcome, const Plan& plan) {
  std::string line = fmt::format("{} built, {} reused", outcome.built, outcome.reused);
  if (outcome.failed) line += fmt::format(", {} failed", outcome.failed);
  if (outcome.skipped) line += fmt::format(", {} skipped", outcome.skipped);
  line += ", " + human_seconds(outcome.seconds);
  if (outcome.interrupted) return line + "  interrupted: what was built is kept; next: filrouge run";
  if (outcome.exit_code() != 0) return line;
  return fmt::format("{:<40}  {}", line, next_command(plan));
}

int idle(const Plan& plan, const Arguments& arguments, double seconds) {
  RunOutcome outcome = idle_outcome(plan, seconds);
  if (arguments.json())
    print_json(to_json(outcome));
  else
    std::cerr << fmt::format(
        "  {:<40}  {}\n",
        "nothing to do: " + plural(outcome.reused, "step") + (outcome.reused == 1 ? " is" : " are") + " up to date",
        human_seconds(seconds));
  return 0;
}

/// What did not fit is told again where nobody can miss it: "not kept: 1 row in orders.rejects, 2 in
/// priced.quarantine".
std::string not_kept(const RunOutcome& outcome, const Store& store) {
  std::vector<std::string> places;
  for (const RunStep& step : outcome.steps) {
    std::optional<Version> version = step.key.empty() || step.action == "failed" || step.action == "skipped"
                                         ? std::nullopt
                                         : store.find(step.verb, step.name, step.key);
    if (!version) continue;
    for (const StoredTable& table : version->tables)
      if (table.rows > 0 && (table.name.ends_with(".rejects") || table.name.ends_with(".quarantine")))
        places.push_back(
            fmt::format("{} in {}", places.empty() ? plural(table.rows, "row") : with_commas(table.rows), table.name));
  }
  constexpr size_t kShown = 4;
  std::string more = places.size() > kShown ? fmt::format(" and {} more tables", places.size() - kShown) : "";
  if (places.size() > kShown) places.resize(kShown);
  return places.empty() ? "" : "not kept: " + join(places, ", ") + more;
}

void say_if_it_will_not_fit(const Plan& plan, const Store& store) {
  DiskNeed need = disk_need(plan, store);
  if (!need.fits())
    std::cerr << fmt::format("  this run writes about {}, and {} are free in {}; next: filrouge gc --dry-run\n",
                             human_bytes(need.needed_bytes), human_bytes(need.free_bytes), store.folder().string());
}

/// Removes what is damaged, so that it counts as never built.
void repair(Store& store, const Arguments& arguments) {
  for (const Finding& finding : store.verify(/*repair=*/true, {}))
    if (!arguments.json()) std::cerr << fmt::format("  {} {}: {}\n", finding.what, finding.path, finding.message);
}

int run(const Arguments& arguments) {
  auto start = std::chrono::steady_clock::now();
  Workspace workspace(arguments);
  if (has_errors(workspace.problems)) {
    workspace.plan();  // the rest of the thread may have problems too: all are reported at once
    return *workspace.fail_on_problems();
  }
  Store& store = workspace.open_store(Store::Access::write);
  if (arguments.has("--repair")) repair(store, arguments);
  Plan& plan = workspace.plan(arguments.positional, arguments.all("--exclude"), arguments.has("--again"));
  if (auto code = workspace.fail_on_problems()) return *code;
  auto elapsed = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(); };
  if (nothing_to_do(workspace.thread, plan)) return idle(plan, arguments, elapsed());
  if (!arguments.json()) say_if_it_will_not_fit(plan, store);
  stop_execution_on_signals();
  Reporter reporter(plan, workspace.thread, arguments.quiet() || arguments.json());
  bool show_problems = !arguments.json();
  RunOutcome outcome = execute(workspace.thread, store, workspace.planner(), plan,
                               workspace.run_options(command_text("run", arguments)), [&](const RunEvent& event) {
                                 if (show_problems) reporter.on(event);
                               });
  reporter.erase_live();
  outcome.seconds = elapsed();
  if (arguments.json())
    print_json(to_json(outcome));
  else
    std::cerr << "  " << closing_line(outcome, plan) << "\n";
  if (std::string lost = not_kept(outcome, store); !lost.empty() && !arguments.json())
    std::cerr << "  " << lost << "\n";
  return outcome.exit_code();
}

}  // namespace

Command run_command() {
  Command command;
  command.name = "run";
  command.usage = "[SELECTOR ...]";
  command.about = "bring everything up to date that is not, and nothing else";
  command.details =
      "Selectors are as in dbt: NAME, +NAME (and all it needs), NAME+ (and all that needs it),\n"
      "2+NAME, @NAME; several = union, commas = intersection.\n\n"
      "  filrouge run\n"
      "  filrouge run +departures --set late_after=30\n"
      "  filrouge run --again departures      compute it again and compare";
  command.options = {{"--exclude", "SELECTOR", "leave these steps out", true},
                     {"--again", "", "compute the selected steps again and compare with what is kept"},
                     {"--repair", "", "read the whole store first, and build again what is damaged in it"}};
  command.max_positional = -1;
  command.run = run;
  return command;
}

}  // namespace filrouge
