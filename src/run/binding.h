// Binding the steps of a plan, in order, with a memory across runs so that an unchanged thread costs no parsing of SQL.
#pragma once

#include <future>
#include <span>

#include "run/plan.h"
#include "run/worker.h"

namespace filrouge {

class StepBinder : public BindContext {
 public:
  StepBinder(const Thread& thread, Store& store, const PlanOptions& options, std::vector<Diagnostic>& problems);
  ~StepBinder() override;

  /// Fills `references` of every step; what could not be parsed is reported and will not be bound.
  void find_references(Plan& plan);
  /// Looks into the files that steps name, several at a time, then binds every step in order and hashes its files.
  void bind_all(Plan& plan);
  /// Writes what was learned to the store's cache.
  void remember();
  std::vector<std::unique_ptr<Worker>> take_workers() { return std::move(workers_); }

  const Thread& thread() const override { return thread_; }
  Binder& binder() override;
  const Schema* schema(const std::string& table) const override;
  LineageGraph lineage() const override { return plan_ ? plan_->lineage() : LineageGraph(); }
  std::vector<std::string> table_names() const override;
  Json inspect(const Step& step, const Json& request, const std::vector<InputFile>& files) override;
  void report(Diagnostic problem) override;
  std::filesystem::path downloads() const override;

 private:
  using Cache = std::map<std::string, std::string>;
  /// What was asked of a worker, and what came of it.
  struct Inspection {
    Json request;
    Json answer;
    std::exception_ptr failure;
    bool done = false;
  };
  void inspect_ahead();
  void run_inspections();
  std::string inspection_key(const Step& step, const Json& request, const std::vector<InputFile>& files);
  using Entries = std::vector<std::pair<std::string, std::string>>;
  void find_references(std::span<PlannedStep> steps);
  std::future<Entries> write_bindings();
  void bind_step(PlannedStep& step, size_t index);
  std::optional<Binding> bind_or_recall(PlannedStep& step);
  std::vector<std::string> references_of(const PlannedStep& step);
  std::string says(const PlannedStep& step) const;
  std::string hash_of(const InputFile& file, const FileStat& now);
  const std::string* recall(const std::string& kind, const std::string& key);

  const Thread& thread_;
  Store& store_;
  const PlanOptions& options_;
  std::vector<Diagnostic>& problems_;
  Plan* plan_ = nullptr;
  std::string params_;              ///< all parameters, canonical: part of every remembered binding
  std::unique_ptr<Binder> binder_;  ///< made when the first step is not remembered
  std::set<std::string> declared_;  ///< tables that binder_ knows
  std::vector<std::unique_ptr<Worker>> workers_;
  std::map<std::string, Inspection> inspections_;  ///< of this plan, by key
  /// Steps are bound to find out what they would have inspected: nothing is reported.
  bool only_asking_ = false, told_while_asking_ = false;
  std::map<const Step*, Binding> bound_ahead_;
  std::map<std::string, Cache> cached_;  ///< by kind: refs, bind, inspect, file
  std::map<std::string, Entries> learned_;
  std::vector<std::pair<std::string, const PlannedStep*>> new_bindings_;  ///< to be remembered under these keys
  std::set<const Step*> broken_;                                          ///< steps with an error reported
  const Step* current_ = nullptr;
};

}  // namespace filrouge
