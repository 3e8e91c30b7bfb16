#include "commands/workspace.h"

#include <signal.h>
#include <unistd.h>

#include <iostream>

#include "base/error.h"
#include "base/machine.h"
#include "base/scratch.h"
#include "base/text.h"
#include "thread/codes.h"

namespace filrouge {
namespace {

constexpr double kMemoryShare = 0.6;  // of the machine or the container: the rest is for the file cache and for others

[[noreturn]] void bad_option(const std::string& option, const std::string& value, const std::string& example) {
  throw Error(ErrorKind::user, "FR0604", fmt::format("{} cannot be `{}`", option, value), "for example " + example);
}

fs::path find_thread(const Arguments& arguments) {
  if (auto file = thread_file(arguments)) return *file;
  throw Error(ErrorKind::user, "FR0605", "there is no thread.yaml in this folder or above it",
              "next: filrouge new NAME --example flights");
}

ParseOptions parse_options(const Arguments& arguments) {
  ParseOptions options;
  for (const std::string& text : arguments.all("--set")) {
    size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) bad_option("--set", text, "--set late_after=30");
    options.set[text.substr(0, equals)] = text.substr(equals + 1);
  }
  options.engine = arguments.get("--engine");
  return options;
}

Thread parse(const Arguments& arguments, std::vector<Diagnostic>& problems) {
  return parse_thread(find_thread(arguments), verb_specs(), parse_options(arguments), problems);
}

}  // namespace

std::optional<fs::path> thread_file(const Arguments& arguments) {
  if (arguments.has("--file")) {
    fs::path file = fs::absolute(arguments.get("--file"));
    if (fs::is_directory(file)) file /= "thread.yaml";
    if (!fs::exists(file)) throw Error(ErrorKind::user, "FR0605", fmt::format("there is no file {}", file.string()));
    return file;
  }
  for (fs::path folder = fs::current_path();; folder = folder.parent_path()) {
    if (fs::exists(folder / "thread.yaml")) return folder / "thread.yaml";
    if (folder == folder.root_path()) return std::nullopt;
  }
}

StorePlace store_place(const Arguments& arguments) {
  if (arguments.has("--store")) return parse_place(arguments.get("--store"));
  return find_thread(arguments).parent_path() / ".filrouge";
}

fs::path scratch_folder() {
  static const ScratchFolder scratch;
  return scratch.path();
}

uint64_t memory_option(const Arguments& arguments) {
  if (!arguments.has("--memory"))
    return static_cast<uint64_t>(static_cast<double>(memory_available_bytes()) * kMemoryShare);
  auto bytes = parse_bytes(arguments.get("--memory"));
  if (!bytes || *bytes < kLeastMemoryBytes)
    bad_option("--memory", arguments.get("--memory"), "--memory 4GB (at least 100MB)");
  return *bytes;
}

uint64_t count_option(const Arguments& arguments, const std::string& option, uint64_t otherwise,
                      const std::string& example) {
  if (!arguments.has(option)) return otherwise;
  auto count = parse_count(arguments.get(option));
  if (!count) bad_option(option, arguments.get(option), example);
  return *count;
}

int jobs_option(const Arguments& arguments) {
  const std::string example = "--jobs 2";
  uint64_t jobs = count_option(arguments, "--jobs", static_cast<uint64_t>(processors()), example);
  if (jobs < 1 || jobs > 9999) bad_option("--jobs", arguments.get("--jobs"), example);
  return static_cast<int>(jobs);
}

uint64_t timeout_option_ms(const Arguments& arguments) {
  if (!arguments.has("--step-timeout")) return 0;
  auto milliseconds = parse_duration_ms(arguments.get("--step-timeout"));
  if (!milliseconds || *milliseconds == 0)
    bad_option("--step-timeout", arguments.get("--step-timeout"), "--step-timeout 10s");
  return *milliseconds;
}

std::string command_text(const std::string& command, const Arguments& arguments) {
  std::string text = "filrouge " + command;
  for (const std::string& word : arguments.positional) text += " " + word;
  for (const auto& [option, values] : arguments.options)
    for (const std::string& value : values)
      if (option != "--json" && option != "--quiet") text += " " + option + (value.empty() ? "" : " " + value);
  return text;
}

void stop_execution_on_signals() {
  for (int number : {SIGINT, SIGTERM, SIGHUP}) ::signal(number, [](int) { request_stop(); });
}

std::unique_ptr<Worker> make_query_worker() {
  return std::make_unique<Worker>(scratch_folder());
}

Json ask_worker(Worker& worker, const Arguments& arguments, Json query, const std::vector<TableFiles>& tables) {
  Json inputs = Json::array();
  for (const TableFiles& table : tables) inputs.push_back(to_json(table));
  Limits limits{memory_option(arguments), jobs_option(arguments), timeout_option_ms(arguments)};
  return worker.ask({{"kind", "query"}, {"query", std::move(query)}, {"inputs", inputs}, {"limits", to_json(limits)}})
      .result;
}

Workspace::Workspace(const Arguments& arguments) : thread(parse(arguments, problems)), arguments_(arguments) {}
Workspace::~Workspace() = default;

Store& Workspace::open_store(Store::Access access) {
  planner_.reset();
  plan_.reset();
  store_ = Store::open(store_place(arguments_), access, !arguments_.has("--no-wait"), [&](const std::string& text) {
    if (!arguments_.quiet()) std::cerr << "  " << text << "\n";
  });
  return *store_;
}

Store& Workspace::store() {
  return store_ ? *store_ : open_store(Store::Access::read);
}

Plan& Workspace::plan(const std::vector<std::string>& select, const std::vector<std::string>& exclude, bool again) {
  store();
  PlanOptions options;
  options.select = select;
  options.exclude = exclude;
  options.again = again;
  options.scratch = scratch_folder();
  options.limits = {memory_option(arguments_), jobs_option(arguments_), timeout_option_ms(arguments_)};
  planner_ = std::make_unique<Planner>(thread, *store_, std::move(options));
  plan_ = planner_->plan(problems);
  return *plan_;
}

RunOptions Workspace::run_options(const std::string& command) const {
  RunOptions options;
  options.memory_bytes = memory_option(arguments_);
  options.jobs = jobs_option(arguments_);
  options.step_timeout_ms = timeout_option_ms(arguments_);
  options.command = command;
  options.scratch = scratch_folder();
  return options;
}

Worker& Workspace::worker() {
  if (!worker_) worker_ = make_query_worker();
  return *worker_;
}

std::optional<int> Workspace::fail_on_problems() {
  if (has_errors(problems)) {
    bool environment = std::all_of(problems.begin(), problems.end(), [](const Diagnostic& problem) {
      return problem.severity == Severity::warning || is_of_environment(problem.code);
    });
    return report_problems(arguments_, problems, thread.sources, environment ? 5 : 2);
  }
  if (!arguments_.json())
    for (; shown_ < problems.size(); ++shown_)
      std::cerr << (shown_ ? "\n" : "") << render(problems[shown_], thread.sources, use_color(2));
  return std::nullopt;
}

}  // namespace filrouge
