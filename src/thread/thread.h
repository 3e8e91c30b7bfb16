// A thread: what thread.yaml and its included files say, checked as far as that is possible without looking at data.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/json.h"
#include "thread/diagnostic.h"
#include "thread/spec.h"
#include "thread/yaml.h"

namespace filrouge {

struct Step {
  std::string verb;  ///< "sql"
  std::string name;  ///< "departures"
  /// The step's keys but the verb, as written. Texts (also SQL, names, choices, paths) are strings even where YAML
  /// would read a number; a text_list is an array even where one text was given; percent, bytes and duration are a
  /// string or a number. Where `file:` named a text, config["query"] holds it and `file` is not there.
  Json config;
  Node node;  ///< the whole step's mapping, with places
  /// SQL that came from `file:`: its path (relative to the thread's folder); the text then stands in config["query"].
  std::string sql_file;

  std::string label() const { return verb + " " + name; }  ///< "sql departures", as in Diagnostic::step
};

struct Thread {
  std::filesystem::path folder;  ///< absolute
  std::filesystem::path file;    ///< absolute path of thread.yaml
  std::string name;
  std::string about;
  std::map<std::string, Json> params;  ///< defaults with --set applied; types are those of the defaults
  uint64_t seed = 0;
  std::string engine = "duckdb";     ///< on which steps run that can run elsewhere: --engine, or `engine:` at the top
  bool engine_is_asked_for = false;  ///< by --engine, which goes before what a step says itself
  std::map<std::string, Json> engines;  ///< those of engines.yaml, besides duckdb
  std::vector<Step> steps;              ///< in the order of the files
  std::vector<SourceText> sources;      ///< every file read, for render()
  /// Names of the steps left out because of a problem: that nothing makes such a table is then no second problem.
  std::set<std::string> left_out;
  bool cut_short = false;  ///< a file is not YAML from some line on: any step may be missing

  const Step* find(std::string_view verb, std::string_view name) const;
  /// A problem at a key of a step: `path` such as {"expect", "0", "range"}; the deepest part that exists is marked.
  Diagnostic at(const Step& step, const std::vector<std::string>& path, std::string code, std::string message,
                std::string hint = "", std::string note = "") const;
  /// A problem at byte `offset` of the scalar under `path` (of the .sql file where it came from one), `length` bytes
  /// long; 0 = the word there.
  Diagnostic at_text(const Step& step, const std::vector<std::string>& path, size_t offset, size_t length,
                     std::string code, std::string message, std::string hint = "", std::string note = "") const;
};

struct ParseOptions {
  std::map<std::string, std::string> set;  ///< --set NAME=VALUE
  std::string engine;                      ///< --engine NAME; empty = not given
};

/// Reads `file` and all it includes. Every problem found goes into `problems`; the steps that are well-formed are
/// returned even then. Secrets `${secret:NAME}` are checked for form only (resolve_secret gives the value at run time).
/// Throws Error(environment, FR0501) only when `file` itself cannot be read.
Thread parse_thread(const std::filesystem::path& file, const std::vector<VerbSpec>& verbs, const ParseOptions& options,
                    std::vector<Diagnostic>& problems);

/// The value of `${secret:NAME}` in `text`: environment FILROUGE_SECRET_NAME (upper case) or the file
/// $XDG_CONFIG_HOME/filrouge/secrets.yaml. Calls hide_secret. Throws Error(user, FR0121) naming where it looked.
std::string resolve_secrets(const std::string& text);
/// The secrets that `text` names, with their values: for a worker, which sees neither the environment nor the file.
/// Throws as resolve_secrets.
std::map<std::string, std::string> secrets_in(const std::string& text);
/// From now on the secret `name` has this value, whatever the environment says. Calls hide_secret. Not thread-safe.
void provide_secret(const std::string& name, const std::string& value);

/// JSON Schema draft 7 of thread.yaml.
Json thread_schema(const std::vector<VerbSpec>& verbs);

}  // namespace filrouge
