// The thread, its store and a plan, opened from the common options: what most commands begin with.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "commands/command.h"
#include "run/execute.h"
#include "run/plan.h"
#include "run/worker.h"

namespace filrouge {

class Workspace {
 public:
  /// Finds thread.yaml (--file, or in this folder and those above it) and parses it; problems are kept, not thrown.
  /// Throws Error(user, FR0605) when there is none, Error(user, FR0604) for a bad common option.
  explicit Workspace(const Arguments& arguments);
  ~Workspace();

  std::vector<Diagnostic> problems;  // before `thread`, whose reading fills it
  Thread thread;

  /// Opens the store; before the first call there is none. Waits for a running `run` when writing, unless --no-wait.
  Store& open_store(Store::Access access);
  /// The open store; opened for reading where open_store() was not called.
  Store& store();
  /// Binds everything (opening the store for reading if need be). Problems are added to `problems`.
  Plan& plan(const std::vector<std::string>& select = {}, const std::vector<std::string>& exclude = {},
             bool again = false);
  Planner& planner() { return *planner_; }
  RunOptions run_options(const std::string& command) const;
  /// A worker for questions about data.
  Worker& worker();

  /// Prints warnings; when there are errors prints them all and returns the exit code to end with: 2, or 5 where all of
  /// them lie in the environment (a server that does not answer).
  std::optional<int> fail_on_problems();

 private:
  const Arguments& arguments_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Planner> planner_;
  std::optional<Plan> plan_;
  std::unique_ptr<Worker> worker_;
  size_t shown_ = 0;  // problems printed already
};

/// thread.yaml by --file, of this folder, or of the nearest one above; nothing where there is none.
/// Throws Error(user, FR0605) where --file names no file.
std::optional<std::filesystem::path> thread_file(const Arguments& arguments);

/// Where the store is by --store or beside the thread, for commands that need nothing of the thread itself.
/// Throws Error(user, FR0605) without either, FR0604 for an address that is none.
StorePlace store_place(const Arguments& arguments);

/// A whole number of at most nine digits, `otherwise` where the option is not given. Throws Error(user, FR0604).
uint64_t count_option(const Arguments& arguments, const std::string& option, uint64_t otherwise,
                      const std::string& example);

/// --memory, --jobs, --step-timeout as limits of one worker. Throws Error(user, FR0604).
uint64_t memory_option(const Arguments& arguments);
int jobs_option(const Arguments& arguments);
uint64_t timeout_option_ms(const Arguments& arguments);

/// "filrouge run late --jobs 2": for the history.
std::string command_text(const std::string& command, const Arguments& arguments);

/// A folder of this process for spilling, removed at exit.
std::filesystem::path scratch_folder();

/// Ctrl-C and its like end an execution, with what was built kept, instead of the process.
void stop_execution_on_signals();

/// A worker for questions without a thread (`look FILE`).
std::unique_ptr<Worker> make_query_worker();

/// Sends a question (run/query.h) about `tables` to the worker and returns its answer.
Json ask_worker(Worker& worker, const Arguments& arguments, Json query, const std::vector<TableFiles>& tables);

}  // namespace filrouge
