// A verb: two halves and a description. `references` and `bind` run in the process that owns the store and never touch
// data; `work` runs in a worker: folders in, folder out. One verb is one file in steps/ plus one row in verbs.cpp.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "engines/engine.h"
#include "steps/programs.h"
#include "tables/lineage.h"
#include "tables/schema.h"
#include "thread/thread.h"

namespace filrouge {

/// A table that a step will yield. The first one of a step is its main table.
struct OutputTable {
  std::string name;  ///< "flights", "flights.rejects", "flights.checks"
  Schema schema;
  TableLineage lineage;  ///< empty columns = a source: the table's columns come from outside the thread
};

/// What a step reads of a table: the content of these columns goes into its key.
struct Use {
  std::string table;
  std::vector<std::string> columns;
};

/// A file from outside the store whose content goes into the key.
struct InputFile {
  std::filesystem::path path;  ///< absolute
  std::string shown;           ///< as the thread names it
};

struct Binding {
  std::vector<OutputTable> tables;
  std::vector<Use> uses;
  std::vector<std::string> params;  ///< parameters whose values go into the key
  std::vector<InputFile> files;
  Json canonical;                         ///< what the step says, without layout: goes into the key
  Json work;                              ///< what `work` needs besides inputs; its form is the verb's own affair
  std::optional<uint64_t> expected_rows;  ///< a guess, for the plan
  std::string engine;                     ///< of engines.yaml, on which `work` runs; empty = the embedded one
  /// The table, one of `uses`, whose rows can be worked on in parts, each on another machine of `engine`: the result
  /// has one row for each of its rows, computed from that row and from the other inputs. Empty = not so.
  std::string cuts;
  bool by_size = false;         ///< on `engine` only where its inputs take more than the memory, else here
  std::string stays;            ///< why it runs here though another engine is asked for, in words
  bool gate = false;            ///< a check: what reads its table waits for it and is skipped when it fails
  bool replaces_input = false;  ///< a quarantine: others read its main table in place of the one it names
  std::vector<std::filesystem::path> publishes;  ///< files beside the thread (charts/by_hour.svg), relative
};

Json to_json(const Binding& binding);
Binding binding_from_json(const Json& json);

/// What bind may ask. Problems are reported, not thrown, so that all are seen at once.
class BindContext {
 public:
  virtual ~BindContext() = default;
  virtual const Thread& thread() const = 0;
  virtual Binder& binder() = 0;
  /// The schema of a table of the thread that was bound before; nullptr where a problem upstream left it unknown.
  virtual const Schema* schema(const std::string& table) const = 0;
  /// The lineage of every table bound so far. What is bound with it is not `Verb::remembered`.
  virtual LineageGraph lineage() const { return {}; }
  /// All table names of the thread, for hints.
  virtual std::vector<std::string> table_names() const = 0;
  /// Looks into files in a worker (`Verb::inspect`); remembered by the content of `files` and the request, unless the
  /// answer says {"remember": false}.
  virtual Json inspect(const Step& step, const Json& request, const std::vector<InputFile>& files) = 0;
  virtual void report(Diagnostic problem) = 0;
  /// Folder for downloads that outlive the run, inside the store.
  virtual std::filesystem::path downloads() const = 0;
};

/// "tables of this thread: flights, planes": those that a step is named after, without what comes with them
/// (late.metrics); where there are too many to read, the command that lists them.
std::string tables_note(const BindContext& context);

/// The schema of a table that a step names under `path`. Null where there is none: then FR0204 is reported with a hint
/// and `note` (tables_note where it is empty), unless a problem upstream was.
const Schema* find_table(const Step& step, const std::vector<std::string>& path, const std::string& table,
                         BindContext& context, const std::string& note = "");

struct WorkRequest {
  std::string verb, name;
  Json work;                       ///< Binding::work
  std::vector<TableFiles> inputs;  ///< the tables of Binding::uses
  std::vector<std::filesystem::path> files;
  std::filesystem::path staging;  ///< empty folder; all output goes here
  Limits limits;
  uint64_t seed = 0;
  uint64_t first_row = 0;  ///< of a part (Binding::cuts): the place of its first row in the whole table
  bool elsewhere = false;  ///< the engine is one of engines.yaml
};

/// What came of a step; becomes part of its receipt.
struct WorkResult {
  std::vector<WrittenTable> tables;  ///< as Binding::tables, in that order; files inside `staging`
  std::vector<std::pair<std::string, std::filesystem::path>> publish;  ///< file in `staging` -> path beside the thread
  bool passed = true;   ///< a gate that does not pass fails the run with exit code 3
  std::string summary;  ///< what the run shows: "4 of 4 hold"; empty = rows and columns
  std::vector<std::string>
      notes;     ///< shown under the step and at the end: "12 rows rejected: filrouge show flights.rejects"
  Json details;  ///< the verb's own, kept in the receipt
};
Json to_json(const WorkResult& result);
WorkResult work_result_from_json(const Json& json);

/// What `work` may use. Throws whatever stops the step as Error; never publishes anything itself.
class WorkContext {
 public:
  virtual ~WorkContext() = default;
  virtual Engine& engine() = 0;                     ///< inputs are attached already, limits set
  virtual void phase(const std::string& what) = 0;  ///< "reading", "writing": shown live
  virtual Programs& programs();  ///< for a step whose Binding::work has "programs" (ProgramRoom), where it runs here
  virtual void spent(double) {}  ///< CPU seconds, by others on other machines
  /// Of a step that is done elsewhere: its verb's work, with `work` in place of Binding::work and the tables `cut` and
  /// `others` as inputs, for each part of the rows of `cut` on another machine. The one table that it makes has a row
  /// for each row of `cut`; its files lie in `staging` (made by the caller, empty, below the step's own).
  virtual WrittenTable in_parts(const Json& work, const TableFiles& cut, const std::vector<TableFiles>& others,
                                const std::filesystem::path& staging);
};

struct Verb {
  VerbSpec spec;
  int version = 1;  ///< raise it when the same step would give another result: everything is then rebuilt
  /// Names of the tables that the step yields, its main table first; null = one table of the step's name. Without the
  /// one that takes the place of its input.
  std::vector<std::string> (*yields)(const Step& step) = nullptr;
  /// Its tables take the place of those that another verb yields under the same name: `explain: late` knows more for
  /// late.importance than `learn: late`.
  bool supersedes = false;
  /// True where the step yields a second version of the table it is named after, which other steps read in place of
  /// the first (a quarantine; Binding::replaces_input says so too). Null = never.
  bool (*replaces)(const Step& step) = nullptr;
  /// True when `references` and `bind` depend on nothing but the step, the parameters and the schemas of its tables:
  /// they are then remembered across runs.
  bool remembered = false;
  /// Tables the step reads, whether they exist or not (the graph is made from this). Reports SQL that does not parse.
  std::vector<std::string> (*references)(const Step& step, BindContext& context) = nullptr;
  /// Called when every table it references is bound. Returns nothing after reporting an error.
  std::optional<Binding> (*bind)(const Step& step, BindContext& context) = nullptr;
  /// In a worker: answers BindContext::inspect. May be null. {"remember": false} in the answer: it depends on more than
  /// the request and the files, as what a server has to say, and is asked for anew each time.
  Json (*inspect)(const Json& request, const std::vector<std::filesystem::path>& files, WorkContext& context) = nullptr;
  WorkResult (*work)(const WorkRequest& request, WorkContext& context) = nullptr;
};

/// The table of verbs (verbs.cpp), in the order in which `help` shows them.
const std::vector<Verb>& verbs();
const Verb* find_verb(std::string_view name);
std::vector<VerbSpec> verb_specs();

}  // namespace filrouge
