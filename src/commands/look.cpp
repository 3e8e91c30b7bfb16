// look: the profile of a table of the thread, or of a file that belongs to no thread yet.
//
// Parquet is looked at as it lies. Any other file is read as a `read` step would read it, into a store that is thrown
// away: so what is shown is what a thread would get, rejected records included.
#include <unistd.h>

#include <iostream>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "commands/commands.h"
#include "commands/look_text.h"
#include "commands/named.h"
#include "commands/text_table.h"
#include "run/graph.h"
#include "sources/find.h"

namespace filrouge {
namespace {

constexpr size_t kPageWidth = 100, kNarrowest = 60;

/// What was asked for, ready to be profiled.
struct Subject {
  std::string name;  ///< as the user named it
  TableFiles table;
  bool is_own_file = false;  ///< the user's Parquet, as it lies
  std::vector<std::string> notes;
};

/// A name for the step from that of a file: "My Flights-2013.csv.gz" -> "my_flights_2013".
std::string table_name(const std::string& target) {
  std::string stem = fs::path(target).filename().string();
  std::string name;
  for (char c : lower(stem.substr(0, stem.find('.'))))
    name += std::isalnum(static_cast<unsigned char>(c)) && !(c & 0x80) ? c : '_';
  return name.empty() || !(name[0] >= 'a' && name[0] <= 'z') ? "t_" + name : name;
}

/// The problems without their places: they would be those of a thread that the user never wrote. Each names what was
/// looked at.
int report_plainly(const Arguments& arguments, const std::string& target, std::vector<Diagnostic> problems,
                   int exit_code) {
  std::erase_if(problems, [](const Diagnostic& problem) { return problem.severity != Severity::error; });
  for (Diagnostic& problem : problems) {
    problem.file.clear(), problem.line = problem.column = 0;
    if (problem.message.find(fs::path(target).filename().string()) == std::string::npos)
      problem.message = fmt::format("`{}`: {}", target, problem.message);
  }
  return report_problems(arguments, problems, {}, exit_code);
}

/// "3 records could not be kept; the first: line 17: 2 columns in place of 3"
std::string about_rejects(Workspace& workspace, const Arguments& arguments, const Version& version) {
  if (version.tables.size() < 2 || version.tables[1].rows == 0) return "";
  const StoredTable& rejects = version.tables[1];
  TableFiles files{rejects.name, workspace.store().files_of(version, rejects), rejects.schema};
  Json first = ask_worker(workspace.worker(), arguments,
                          {{"do", "rows"},
                           {"sql", fmt::format("SELECT line, reason FROM {}", quote_table(rejects.name))},
                           {"max_rows", 1}},
                          {files})
                   .at("rows")[0];
  return fmt::format("{} could not be kept; the first: line {}: {}", plural(rejects.rows, "record"),
                     cell_of(first[0]).text, cell_of(first[1]).text);
}

/// Reads the file by a thread of one step. Ends with an exit code when that fails.
std::optional<int> read_file_like_a_thread(const Arguments& arguments, const std::string& target, Subject& subject) {
  fs::path folder = scratch_folder() / "look";
  make_folder(folder);
  std::string name = table_name(target);
  std::string from = is_url(target) ? target : fs::absolute(target).string();
  write_file_durably(folder / "thread.yaml",
                     fmt::format("thread: look\nsteps:\n  - read: {}\n    from: {}\n", name, dump(from)));
  Arguments inner = arguments;
  inner.options["--file"] = {(folder / "thread.yaml").string()};
  inner.options["--store"] = {(folder / "store").string()};
  inner.options.erase("--set");
  Workspace workspace(inner);
  workspace.open_store(Store::Access::write);
  Plan& plan = workspace.plan();
  if (has_errors(workspace.problems)) return report_plainly(arguments, target, workspace.problems, 2);
  stop_execution_on_signals();
  RunOutcome outcome = execute(workspace.thread, workspace.store(), workspace.planner(), plan,
                               workspace.run_options("look"), [](const RunEvent&) {});
  if (outcome.exit_code() != 0) return report_plainly(arguments, target, outcome.problems, outcome.exit_code());
  Named named = find_built(workspace, name);
  const Version& version = *named.version;
  subject.table = files_of(workspace, named);
  if (std::string note = about_rejects(workspace, arguments, version); !note.empty()) subject.notes.push_back(note);
  for (const std::string& note : version.notes)
    if (note.find(".rejects") == std::string::npos) subject.notes.push_back(note);
  return std::nullopt;
}

/// The files of a target when all of them are Parquet.
std::vector<fs::path> parquet_files(const std::string& target) {
  std::vector<fs::path> files;
  for (const SourceFile& file : find_source_files(fs::current_path(), target)) {
    if (!file.path.string().ends_with(".parquet") || !file.member.empty() || !file.partition.empty()) return {};
    files.push_back(file.path);
  }
  return files;
}

/// Fills `subject`; ends with an exit code when that fails.
std::optional<int> find_subject(const Arguments& arguments, Subject& subject) {
  const std::string& target = subject.name;
  std::vector<std::string> names;
  if (thread_file(arguments)) {
    Workspace workspace(arguments);
    names = table_names(workspace.thread);
    if (std::find(names.begin(), names.end(), target) != names.end()) {
      mention_problems(workspace, arguments);
      subject.table = files_of(workspace, find_built(workspace, target));
      return std::nullopt;
    }
  }
  std::error_code ignored;
  bool is_file = is_url(target) || fs::exists(fs::symlink_status(target, ignored)) ||
                 target.find_first_of("/*") != std::string::npos;
  if (!is_file) {
    auto near = nearest(target, names);
    throw Error(ErrorKind::user, "FR0606", fmt::format("there is no table and no file `{}`", target),
                near            ? fmt::format("did you mean `{}`?", *near)
                : names.empty() ? "name a file, for example data/flights.csv"
                                : "tables: " + fit(join(names, ", "), 200));
  }
  if (!is_url(target))
    if (std::vector<fs::path> files = parquet_files(target); !files.empty()) {
      subject.table = {table_name(target), files, {}};
      subject.is_own_file = true;
      return std::nullopt;
    }
  return read_file_like_a_thread(arguments, target, subject);
}

/// What is wrong with the user's own file is told as a `read` step would, by the name that the user gave it.
Json profile_of(const Arguments& arguments, const Subject& subject) {
  Json query = {{"do", "profile"}, {"sql", "SELECT * FROM " + quote_table(subject.table.name)}};
  try {
    return ask_worker(*make_query_worker(), arguments, query, {subject.table});
  } catch (Error& error) {
    if (!subject.is_own_file) throw;
    if (error.kind == ErrorKind::data)
      throw Error(ErrorKind::data, "FR0308", fmt::format("`{}` cannot be read: {}", subject.name, error.message));
    error.message = fmt::format("`{}`: {}", subject.name, error.message);
    throw;
  }
}

int look(const Arguments& arguments) {
  Subject subject;
  subject.name = arguments.positional[0];
  if (auto code = find_subject(arguments, subject)) return *code;
  Json profile = profile_of(arguments, subject);
  if (arguments.json()) {
    Json answer = {{"name", subject.name}, {"notes", subject.notes}};
    answer.update(profile);
    print_json(std::move(answer));
    return 0;
  }
  TextStyle style = output_style();
  size_t width = style.width == 0 ? kPageWidth : std::max(style.width, kNarrowest);
  std::cout << bold(subject.name, style.color) << "\n" << render_profile(profile, static_cast<int>(width), style.color);
  for (const std::string& note : subject.notes) std::cout << "note: " << note << "\n";
  return 0;
}

}  // namespace

Command look_command() {
  Command command;
  command.name = "look";
  command.usage = "TABLE | FILE";
  command.about = "the profile of a table or file: types, gaps, values, warnings";
  command.details =
      "A table is looked at as it was last built; a file (also a folder, a pattern in\n"
      "quotes, or a URL) need not belong to a thread. For example:\n"
      "  filrouge look flights\n"
      "  filrouge look data/planes.csv";
  command.min_positional = command.max_positional = 1;
  command.run = look;
  return command;
}

}  // namespace filrouge
