#include "run/binding.h"

#include <atomic>
#include <iterator>

#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/parallel.h"
#include "base/text.h"
#include "base/version.h"
#include "run/graph.h"

namespace filrouge {
namespace {

constexpr size_t kBatch = 100;

/// Ends the binding of a step that needs an inspection which is still to be made.
struct NotYetInspected {};

}  // namespace

StepBinder::StepBinder(const Thread& thread, Store& store, const PlanOptions& options,
                       std::vector<Diagnostic>& problems)
    : thread_(thread), store_(store), options_(options), problems_(problems) {
  Json params = Json::object();
  for (const auto& [name, value] : thread.params) params[name] = value;
  params_ = canonical(params);
}

StepBinder::~StepBinder() = default;

Binder& StepBinder::binder() {
  if (!binder_) binder_ = make_binder();
  return *binder_;
}

const Schema* StepBinder::schema(const std::string& table) const {
  return plan_ ? plan_->schema(table) : nullptr;
}

std::vector<std::string> StepBinder::table_names() const {
  return filrouge::table_names(thread_);
}

void StepBinder::report(Diagnostic problem) {
  if (only_asking_) {
    told_while_asking_ = true;
    return;
  }
  if (problem.severity == Severity::error && current_) broken_.insert(current_);
  problems_.push_back(std::move(problem));
}

fs::path StepBinder::downloads() const {
  return store_.folder() / "downloads";
}

/// All entries of a kind are loaded at the first question: one query instead of thousands.
const std::string* StepBinder::recall(const std::string& kind, const std::string& key) {
  auto [cache, is_new] = cached_.try_emplace(kind);
  if (is_new) cache->second = store_.all_cached(kind);
  auto found = cache->second.find(key);
  return found == cache->second.end() ? nullptr : &found->second;
}

std::string StepBinder::inspection_key(const Step& step, const Json& request, const std::vector<InputFile>& files) {
  Hasher hasher;
  hasher.field(step.verb);
  hasher.field(kVersion);
  hasher.field(engine_version());
  hasher.field(canonical(request));
  for (const InputFile& file : files) hasher.field(file.shown), hasher.field(hash_of(file, stat_file(file.path)));
  return hasher.hex();
}

Json StepBinder::inspect(const Step& step, const Json& request, const std::vector<InputFile>& files) {
  std::string key = inspection_key(step, request, files);
  if (const std::string* answer = recall("inspect", key)) return parse_json(*answer, "a remembered inspection");
  auto [place, is_new] = inspections_.try_emplace(key);
  Inspection& inspection = place->second;
  if (is_new) {
    Json paths = Json::array();
    for (const InputFile& file : files) paths.push_back(file.path.string());
    inspection.request = {{"kind", "inspect"}, {"verb", step.verb}, {"request", request}, {"files", paths}};
  }
  if (!inspection.done && only_asking_) throw NotYetInspected();
  if (!inspection.done) run_inspections();
  if (inspection.failure) std::rethrow_exception(inspection.failure);
  return inspection.answer;
}

/// Asks workers all that is open, as many at a time as there are processors to use.
void StepBinder::run_inspections() {
  std::vector<std::pair<const std::string, Inspection>*> open;
  for (auto& entry : inspections_)
    if (!entry.second.done) open.push_back(&entry);
  size_t hands = std::min(open.size(), static_cast<size_t>(std::max(1, options_.limits.threads)));
  Limits limits = options_.limits;
  limits.memory_bytes /= hands;
  while (workers_.size() < hands) workers_.push_back(std::make_unique<Worker>(options_.scratch));
  std::atomic<size_t> next = 0;
  for_parts(hands, static_cast<int>(hands), [&](size_t hand) {
    for (size_t at = next++; at < open.size(); at = next++) {
      Inspection& inspection = open[at]->second;
      inspection.request["limits"] = to_json(limits);
      try {
        inspection.answer = workers_[hand]->ask(std::move(inspection.request)).result;
      } catch (...) {
        inspection.failure = std::current_exception();
      }
      inspection.done = true;
    }
  });
  for (const auto* entry : open)
    if (!entry->second.failure && entry->second.answer.value("remember", true))
      learned_["inspect"].emplace_back(entry->first, dump(entry->second.answer));
}

/// Binds the steps that look into files just far enough to know what they ask, until nothing more is asked: what comes
/// from a server is fetched first, then looked into. A binding that comes out without a word is kept.
void StepBinder::inspect_ahead() {
  auto looks = [](const PlannedStep& step) { return step.verb->inspect && step.references.empty(); };
  bool asked = std::count_if(plan_->steps.begin(), plan_->steps.end(), looks) > 1;
  while (asked) {
    asked = false;
    only_asking_ = true;
    for (PlannedStep& step : plan_->steps) {
      if (!looks(step) || broken_.contains(step.step)) continue;
      if (bound_ahead_.contains(step.step)) continue;
      current_ = step.step;
      told_while_asking_ = false;
      try {
        std::optional<Binding> binding = step.verb->bind(*step.step, *this);
        if (binding && !told_while_asking_) bound_ahead_.emplace(step.step, std::move(*binding));
      } catch (const NotYetInspected&) {
        asked = true;
      } catch (const std::exception&) {
        // Met again, and told, when the step is bound.
      }
    }
    only_asking_ = false;
    if (asked) run_inspections();
  }
}

/// The content hash of a file. A file whose size, times and inode are as remembered is not read again, unless it was
/// changed within two seconds before it was hashed: a second change within the clock's grain would go unseen.
std::string StepBinder::hash_of(const InputFile& file, const FileStat& now) {
  constexpr int64_t kGrainNs = 2'000'000'000;
  std::string path = file.path.string();
  if (const std::string* known = recall("file", path)) {
    Json entry = parse_json(*known, "a remembered file");
    FileStat then{entry.at("size"), entry.at("mtime"), entry.at("ctime"), entry.at("inode")};
    int64_t hashed_at = entry.at("hashed_at");
    if (then == now && std::max(now.mtime_ns, now.ctime_ns) + kGrainNs < hashed_at) return entry.at("hash");
  }
  int64_t at =
      std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
  std::string hash = hash_file(file.path);
  Json entry = {{"size", now.size_bytes}, {"mtime", now.mtime_ns}, {"ctime", now.ctime_ns},
                {"inode", now.inode},     {"hashed_at", at},       {"hash", hash}};
  std::string text = dump(entry);
  cached_["file"][path] = text;
  learned_["file"].emplace_back(path, text);
  return hash;
}

/// What a step says, as a hash: the part of a remembered binding's key that is its own.
std::string StepBinder::says(const PlannedStep& step) const {
  Hasher hasher;
  hasher.field(kVersion);
  hasher.field(engine_version());
  hasher.field(step.step->verb);
  hasher.field(std::to_string(step.verb->version));
  hasher.field(step.step->name);
  hasher.field(dump(step.step->config));
  hasher.field(params_);
  hasher.field(thread_.engine);
  hasher.field(thread_.engine_is_asked_for ? "asked for" : "");
  for (const auto& [name, engine] : thread_.engines) hasher.field(name), hasher.field(dump(engine.at("kind")));
  return hasher.hex();
}

std::vector<std::string> StepBinder::references_of(const PlannedStep& step) {
  std::string key = step.verb->remembered ? says(step) : "";
  if (!key.empty())
    if (const std::string* known = recall("refs", key)) {
      std::vector<std::string> names;
      if (!known->empty()) names = split(*known, '\n');
      return names;
    }
  std::vector<std::string> names = step.verb->references(*step.step, *this);
  if (!key.empty() && !broken_.contains(step.step)) learned_["refs"].emplace_back(key, join(names, "\n"));
  return names;
}

void StepBinder::find_references(std::span<PlannedStep> steps) {
  for (PlannedStep& step : steps) {
    current_ = step.step;
    step.references = references_of(step);
  }
  current_ = nullptr;
}

/// Parsing many queries is half as long with two that parse: each has its own DuckDB.
void StepBinder::find_references(Plan& plan) {
  constexpr size_t kWorthASecond = 200;
  std::span<PlannedStep> steps(plan.steps);
  if (steps.size() < kWorthASecond || options_.limits.threads < 2) return find_references(steps);
  std::vector<Diagnostic> problems;
  StepBinder second(thread_, store_, options_, problems);
  std::future<void> half =
      std::async(std::launch::async, [&] { second.find_references(steps.subspan(steps.size() / 2)); });
  find_references(steps.first(steps.size() / 2));
  half.get();
  for (Diagnostic& problem : problems) problems_.push_back(std::move(problem));
  broken_.merge(second.broken_);
  for (auto& [kind, entries] : second.learned_)
    std::move(entries.begin(), entries.end(), std::back_inserter(learned_[kind]));
}

std::optional<Binding> StepBinder::bind_or_recall(PlannedStep& step) {
  std::string key;
  if (step.verb->remembered) {
    Hasher hasher;
    hasher.field(says(step));
    for (const std::string& table : step.references) {
      hasher.field(table);
      if (const Schema* known = schema(table)) hasher.field(dump(to_json(*known)));
    }
    key = hasher.hex();
    if (const std::string* known = recall("bind", key))
      return binding_from_json(parse_json(*known, "a remembered binding"));
  }
  for (const std::string& table : step.references)
    if (const Schema* known = schema(table); known && declared_.insert(table).second) binder().declare(table, *known);
  size_t problems_before = problems_.size();
  if (auto ahead = bound_ahead_.extract(step.step)) return std::move(ahead.mapped());
  std::optional<Binding> binding = step.verb->bind(*step.step, *this);
  if (!key.empty() && binding && problems_.size() == problems_before) new_bindings_.emplace_back(key, &step);
  return binding;
}

void StepBinder::bind_step(PlannedStep& step, size_t index) {
  current_ = step.step;
  if (broken_.contains(step.step)) return;
  for (const std::string& table : step.references) {
    auto found = plan_->provider.find(table);
    if (found == plan_->provider.end()) continue;  // bind reports it at its place in the text
    // A cycle, or a problem upstream: reported there, and anything said here would only be its echo.
    if (found->second >= index || !plan_->steps[found->second].binding) return;
  }
  try {
    step.binding = bind_or_recall(step);
    if (!step.binding) return;
    for (const InputFile& file : step.binding->files) {
      step.file_stats.push_back(stat_file(file.path));
      step.file_hashes.push_back(hash_of(file, step.file_stats.back()));
    }
  } catch (const Error& error) {
    step.binding.reset();
    report(thread_.at(*step.step, {error.text_name}, error.code, error.message, error.hint));
  }
}

void StepBinder::bind_all(Plan& plan) {
  plan_ = &plan;
  inspect_ahead();
  std::vector<std::future<Entries>> written;  // a batch at a time, while the next ones are bound
  for (size_t i = 0; i < plan.steps.size(); ++i) {
    bind_step(plan.steps[i], i);
    if (new_bindings_.size() == kBatch) written.push_back(write_bindings());
  }
  written.push_back(write_bindings());
  for (std::future<Entries>& batch : written)
    for (auto& entry : batch.get()) learned_["bind"].push_back(std::move(entry));
  current_ = nullptr;
}

/// The new bindings as texts, made in another thread: they do not change any more.
std::future<StepBinder::Entries> StepBinder::write_bindings() {
  bool alone = new_bindings_.size() < kBatch;
  return std::async(alone ? std::launch::deferred : std::launch::async, [bindings = std::move(new_bindings_)] {
    Entries entries;
    for (const auto& [key, step] : bindings)
      if (step->binding) entries.emplace_back(key, dump(to_json(*step->binding)));
    return entries;
  });
}

void StepBinder::remember() {
  for (const auto& [kind, entries] : learned_) store_.remember(kind, entries);
  learned_.clear();
}

}  // namespace filrouge
