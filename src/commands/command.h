// A sub-command: one file in commands/ plus one row in commands/table.cpp. The table drives the parser of the command
// line, `help`, and `completion`.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "thread/thread.h"

namespace filrouge {

struct OptionSpec {
  std::string name;   ///< "--memory"
  std::string value;  ///< "SIZE"; empty = a switch
  std::string about;
  bool repeats = false;
};

/// The parsed command line of a sub-command.
struct Arguments {
  std::vector<std::string> positional;
  std::map<std::string, std::vector<std::string>> options;  ///< "--set" -> {"a=1"}; a switch has one empty value
  bool has(const std::string& option) const { return options.contains(option); }
  std::string get(const std::string& option, std::string otherwise = "") const;
  /// Every value of an option that may repeat; none where it is not given.
  std::vector<std::string> all(const std::string& option) const;
  bool json() const { return has("--json"); }
  bool quiet() const { return has("--quiet"); }
};

struct Command {
  std::string name;                                  ///< "run"
  std::string usage;                                 ///< "[SELECTOR ...]"
  std::string about;                                 ///< one line
  std::string details;                               ///< a few lines for `help run`, with an example
  std::vector<OptionSpec> options;                   ///< besides the common ones
  int min_positional = 0, max_positional = 0;        ///< max < 0 = any number
  int (*run)(const Arguments& arguments) = nullptr;  ///< returns the exit code
  bool hidden = false;                               ///< worker
};

const std::vector<Command>& commands();  // table.cpp
const std::vector<OptionSpec>&
common_options();  // --store --engine --memory --jobs --step-timeout --set --json --quiet --no-wait --file

/// Parses and runs; catches everything; returns the exit code of section 3 of the language contract.
int run_command_line(int argc, char** argv);

/// Prints problems to stderr (with the user's lines), or, under --json, one object {schema_version, errors:[..]} to
/// stdout. Returns `exit_code` for convenience.
int report_problems(const Arguments& arguments, const std::vector<Diagnostic>& problems,
                    const std::vector<SourceText>& sources, int exit_code);

/// Prints `answer` as one JSON object with schema_version first.
void print_json(Json answer);

bool use_color(int fd);  ///< a terminal, and neither NO_COLOR nor TERM=dumb

}  // namespace filrouge
