// new: a folder with a thread to begin with.
//
// Examples lie where the program lies: share/filrouge/examples beside its bin/ folder when installed, beside the
// program itself in a build tree.
#include <iostream>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "commands/commands.h"
#include "commands/example_data.h"
#include "steps/step.h"
#include "thread/thread.h"

namespace filrouge {
namespace {

constexpr const char* kSchemaFile = "thread.schema.json";
constexpr const char* kSchemaLine = "# yaml-language-server: $schema=thread.schema.json\n";

/// A thread that runs as it stands: data to replace by one's own.
constexpr const char* kEmptyThread =
    "thread: {}\n"
    "about: What is it that you want to know?\n"
    "\n"
    "steps:\n"
    "  - read: numbers          # put your own file here: CSV, JSON, Parquet ...\n"
    "    from: data/numbers.csv\n"
    "\n"
    "  - sql: answer\n"
    "    query: SELECT count(*) AS rows, sum(value) AS total FROM numbers\n";
constexpr const char* kEmptyData = "name,value\none,1\ntwo,2\nthree,3\n";

std::optional<fs::path> examples_folder() {
  fs::path program = fs::read_symlink("/proc/self/exe").parent_path();
  for (const fs::path& share : {program.parent_path() / "share", program / "share"})
    if (fs::is_directory(share / "filrouge/examples")) return share / "filrouge/examples";
  return std::nullopt;
}

std::vector<std::string> example_names(const std::optional<fs::path>& folder) {
  std::vector<std::string> names = {"empty"};
  if (folder)
    for (const auto& entry : fs::directory_iterator(*folder))
      if (fs::exists(entry.path() / "thread.yaml")) names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

/// Throws Error(environment, FR0502) with the system's reason.
void copy_one(const fs::path& from, const fs::path& to) {
  std::error_code error;
  make_folder(to.parent_path());
  fs::copy_file(from, to, error);
  if (error)
    throw Error(ErrorKind::environment, "FR0502", fmt::format("cannot write {}: {}", to.string(), error.message()));
}

void copy_example(const fs::path& from, const fs::path& to) {
  for (const auto& entry : fs::recursive_directory_iterator(from, fs::directory_options::follow_directory_symlink)) {
    fs::path relative = entry.path().lexically_relative(from);
    const std::string top = relative.begin()->string();
    bool not_theirs = top == ".filrouge" || top == "charts" || top == "data.json";
    if (!entry.is_directory() && !not_theirs) copy_one(entry.path(), to / relative);
  }
}

/// A name for `thread:` from a folder's: "Late Flights" -> "late_flights".
std::string thread_name(const fs::path& folder) {
  std::string name;
  for (char c : lower(folder.filename().string())) name += std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
  return name.empty() || !std::isalpha(static_cast<unsigned char>(name[0])) ? "thread_" + name : name;
}

/// The editor's line, the schema that it names, and what git must not see.
void add_surroundings(const fs::path& folder) {
  std::string text = read_file(folder / "thread.yaml");
  if (text.find("yaml-language-server:") == std::string::npos)
    write_file_durably(folder / "thread.yaml", kSchemaLine + text);
  write_file_durably(folder / kSchemaFile, dump(thread_schema(verb_specs()), 2) + "\n");
  fs::path ignore = folder / ".gitignore";
  std::string ignored = fs::exists(ignore) ? read_file(ignore) : "";
  if (("\n" + ignored).find("\n.filrouge/") == std::string::npos) write_file_durably(ignore, ignored + ".filrouge/\n");
}

fs::path new_folder(const std::string& name) {
  if (name.empty()) throw Error(ErrorKind::user, "FR0609", "the new folder needs a name");
  fs::path folder = fs::absolute(name).lexically_normal();
  if (!folder.has_filename()) folder = folder.parent_path();
  if (fs::exists(folder) && !fs::is_directory(folder))
    throw Error(ErrorKind::user, "FR0609", fmt::format("{} is a file", name), "give a name that is free");
  if (fs::exists(folder) && !fs::is_empty(folder))
    throw Error(ErrorKind::user, "FR0609", fmt::format("the folder {} is not empty", name),
                "give a name that is free; nothing is ever overwritten");
  return folder;
}

/// The example's files and its data in the new folder; on failure the folder is as before.
void fill_from_example(const fs::path& example, const Arguments& arguments, const fs::path& folder, bool was_there) {
  bool needs = needs_data(example);
  if (needs && !arguments.has("--data")) ask_for_data(example, arguments.positional[0]);
  if (!needs && arguments.has("--data"))
    throw Error(ErrorKind::user, "FR0614",
                fmt::format("the example `{}` brings its data along", example.filename().string()), "leave --data out");
  try {
    if (needs) take_data(example, arguments.get("--data", ""), folder);
    copy_example(example, folder);
  } catch (...) {
    std::error_code ignored;
    fs::remove_all(was_there ? folder / "data" : folder, ignored);
    throw;
  }
}

int create(const Arguments& arguments) {
  std::string example = arguments.get("--example", "empty");
  std::optional<fs::path> examples = examples_folder();
  std::vector<std::string> names = example_names(examples);
  if (std::find(names.begin(), names.end(), example) == names.end()) {
    auto near = nearest(example, names);
    throw Error(ErrorKind::user, "FR0610", fmt::format("there is no example `{}`", example),
                near ? fmt::format("did you mean `{}`?", *near) : "there are: " + join(names, ", "));
  }
  const std::string& name = arguments.positional[0];
  fs::path folder = new_folder(name);
  if (example != "empty") {
    fill_from_example(*examples / example, arguments, folder, fs::exists(folder));
  } else {
    make_folder(folder / "data");
    write_file_durably(folder / "thread.yaml", fmt::format(fmt::runtime(kEmptyThread), thread_name(folder)));
    write_file_durably(folder / "data/numbers.csv", kEmptyData);
  }
  add_surroundings(folder);
  std::string next = fmt::format("cd {} && filrouge plan", name);
  if (arguments.json())
    print_json({{"folder", folder.string()}, {"example", example}, {"next", next}});
  else if (!arguments.quiet())
    std::cerr << fmt::format("{} made from the example `{}`; next: {}\n", name, example, next);
  return 0;
}

}  // namespace

Command new_command() {
  Command command;
  command.name = "new";
  command.usage = "NAME";
  command.about = "makes a folder with a thread to begin with";
  command.details =
      "An existing folder must be empty. For example:\n"
      "  filrouge new late --example flights     flights out of New York in 2013\n"
      "  filrouge new engines --example turbofan --data ~/CMAPSSData";
  command.options = {{"--example", "NAME", "what to begin with: empty (default), flights ..."},
                     {"--data", "FOLDER", "where data is that does not come with the example; also a zip file"}};
  command.min_positional = command.max_positional = 1;
  command.run = create;
  return command;
}

}  // namespace filrouge
