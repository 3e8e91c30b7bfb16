// The command line: options, exit codes, and the one place where everything is caught.
#include <signal.h>
#include <unistd.h>

#include <iostream>

#include "base/error.h"
#include "base/text.h"
#include "base/version.h"
#include "commands/command.h"

namespace filrouge {

std::string Arguments::get(const std::string& option, std::string otherwise) const {
  auto found = options.find(option);
  return found == options.end() ? otherwise : found->second.back();
}

std::vector<std::string> Arguments::all(const std::string& option) const {
  auto found = options.find(option);
  return found == options.end() ? std::vector<std::string>{} : found->second;
}

const std::vector<OptionSpec>& common_options() {
  static const std::vector<OptionSpec> options = {
      {"--file", "FILE", "the thread to use; default: thread.yaml here or in a folder above"},
      {"--store", "DIR", "where versions are kept; default: .filrouge beside the thread"},
      {"--set", "NAME=VALUE", "another value for a parameter of the thread", true},
      {"--engine", "NAME",
       "where steps run that can run elsewhere: duckdb, an engine of engines.yaml, or auto: there what is larger than "
       "the memory"},
      {"--memory", "SIZE", "memory for all workers together; default: 60 % of the machine or container"},
      {"--jobs", "N", "steps at the same time, if each finds 100MB of memory; default: one for each processor"},
      {"--step-timeout", "TIME", "a step that takes longer fails, for example 10s"},
      {"--no-wait", "", "fail at once when another run holds the store"},
      {"--quiet", "", "no progress"},
      {"--json", "", "the answer as one JSON object on standard output"},
      {"--help", "", "about this command"}};
  return options;
}

bool use_color(int fd) {
  const char* no_color = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  return ::isatty(fd) && !(no_color && *no_color) && !(term && std::string_view(term) == "dumb");
}

void print_json(Json answer) {
  Json object = {{"schema_version", kSchemaVersion}};
  object.update(answer);
  std::cout << dump(object, 2) << "\n";
}

int report_problems(const Arguments& arguments, const std::vector<Diagnostic>& problems,
                    const std::vector<SourceText>& sources, int exit_code) {
  if (arguments.json()) {
    Json errors = Json::array();
    for (const Diagnostic& problem : problems) errors.push_back(to_json(problem));
    print_json({{"errors", errors}});
    return exit_code;
  }
  for (size_t i = 0; i < problems.size(); ++i)
    std::cerr << (i ? "\n" : "") << render(problems[i], sources, use_color(2));
  return exit_code;
}

namespace {

int exit_code_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::user:
      return 2;
    case ErrorKind::environment:
      return 5;
    case ErrorKind::interrupted:
      return 130;
    default:
      return 1;
  }
}

int report_error(const Arguments& arguments, const Error& error) {
  Diagnostic problem;
  problem.code = error.code;
  problem.message = error.message;
  if (error.hint.starts_with("next:"))
    problem.note = error.hint;
  else
    problem.hint = error.hint;
  return report_problems(arguments, {problem}, {}, exit_code_of(error.kind));
}

[[noreturn]] void wrong_usage(const char* code, const std::string& message, const std::string& hint) {
  throw Error(ErrorKind::user, code, message, hint);
}

const OptionSpec* find_option(const Command& command, const std::string& name) {
  for (const auto* list : {&command.options, &common_options()})
    for (const OptionSpec& option : *list)
      if (option.name == name) return &option;
  return nullptr;
}

const OptionSpec& known_option(const Command& command, const std::string& name) {
  if (const OptionSpec* option = find_option(command, name)) return *option;
  std::vector<std::string> names;
  for (const auto* list : {&command.options, &common_options()})
    for (const OptionSpec& option : *list) names.push_back(option.name);
  auto near = nearest(name, names);
  wrong_usage("FR0602", fmt::format("`filrouge {}` has no option `{}`", command.name, name),
              near ? fmt::format("did you mean `{}`?", *near) : fmt::format("next: filrouge help {}", command.name));
}

/// Fills `arguments` as far as it gets, so that --json is known even when a later word is wrong.
void parse(const Command& command, const std::vector<std::string>& words, Arguments& arguments) {
  arguments.options.clear();
  if (std::find(words.begin(), words.end(), "--json") != words.end()) arguments.options["--json"] = {""};
  bool only_positional = false;
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (only_positional || word.size() < 2 || word[0] != '-') {
      arguments.positional.push_back(word);
      continue;
    }
    if (word == "--") {
      only_positional = true;
      continue;
    }
    size_t equals = word.find('=');
    std::string name = word == "-h" ? "--help" : word == "-q" ? "--quiet" : word.substr(0, equals);
    const OptionSpec& option = known_option(command, name);
    std::string value;
    if (equals != std::string::npos)
      value = word.substr(equals + 1);
    else if (!option.value.empty() && i + 1 < words.size())
      value = words[++i];
    else if (!option.value.empty())
      wrong_usage("FR0604", fmt::format("{} needs a {}", name, option.value),
                  fmt::format("next: filrouge help {}", command.name));
    if (option.value.empty() && equals != std::string::npos)
      wrong_usage("FR0604", fmt::format("{} takes no value", name), "");
    arguments.options[name].push_back(value);
  }
}

void check_positional(const Command& command, const Arguments& arguments) {
  auto count = static_cast<int>(arguments.positional.size());
  std::string usage = fmt::format("usage: filrouge {} {}", command.name, command.usage);
  if (count < command.min_positional)
    wrong_usage("FR0603",
                fmt::format("`filrouge {}` needs {} more", command.name,
                            plural(static_cast<uint64_t>(command.min_positional - count), "argument")),
                usage);
  if (command.max_positional >= 0 && count > command.max_positional)
    wrong_usage("FR0603",
                fmt::format("`filrouge {}` does not take `{}`", command.name,
                            arguments.positional[static_cast<size_t>(command.max_positional)]),
                usage);
}

const Command* find_command(const std::string& name) {
  for (const Command& command : commands())
    if (command.name == name) return &command;
  return nullptr;
}

const Command& known_command(const std::string& name) {
  if (const Command* command = find_command(name)) return *command;
  std::vector<std::string> names;
  for (const Command& command : commands())
    if (!command.hidden) names.push_back(command.name);
  auto near = nearest(name, names);
  wrong_usage("FR0601", fmt::format("no command `{}`", name),
              near ? fmt::format("did you mean `{}`?", *near) : "next: filrouge help");
}

int dispatch(std::vector<std::string> words, Arguments& arguments) {
  if (words.empty() || words[0] == "--help" || words[0] == "-h") words = {"help"};
  if (words[0] == "--version" || words[0] == "-V") {
    std::cout << "filrouge " << kVersion << "\n";
    return 0;
  }
  if (std::find(words.begin(), words.end(), "--json") != words.end()) arguments.options["--json"] = {""};
  const Command& command = known_command(words[0]);
  words.erase(words.begin());
  parse(command, words, arguments);
  if (arguments.has("--help")) {
    arguments.positional = {command.name};
    return known_command("help").run(arguments);
  }
  check_positional(command, arguments);
  return command.run(arguments);
}

}  // namespace

int run_command_line(int argc, char** argv) {
  ::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is an error of its write, here and in all workers
  Arguments arguments;
  try {
    return dispatch({argv + 1, argv + argc}, arguments);
  } catch (const Error& error) {
    return report_error(arguments, error);
  } catch (const std::filesystem::filesystem_error& error) {
    std::string what = fmt::format("cannot read {}: {}", error.path1().string(), error.code().message());
    return report_error(arguments, Error(ErrorKind::environment, "FR0501", what));
  } catch (const std::bad_alloc&) {
    return report_error(arguments, Error(ErrorKind::environment, "FR0522", "out of memory"));
  } catch (const std::exception& error) {
    return report_error(arguments, Error(ErrorKind::internal, "FR0900", error.what()));
  }
}

}  // namespace filrouge
