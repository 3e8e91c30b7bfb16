#include "store/catalog.h"

#include "base/error.h"
#include "base/hash.h"
#include "base/json.h"
#include "store/receipt.h"

namespace filrouge {
namespace {

constexpr int64_t kApplicationId = 0x66726f67;  // "frog": tells our files from other people's
constexpr int64_t kCatalogVersion = 2;          // 1: without hashes of the rows

/// `packed` is the version itself (receipt.h); the other columns of `versions` are there to find it. Every row ends
/// with a hash of what it says (row_hash), so that a wrong bit is an error and not a wrong answer.
constexpr const char* kTables = R"(
  CREATE TABLE versions (
    id INTEGER PRIMARY KEY,
    verb TEXT NOT NULL, name TEXT NOT NULL, key TEXT NOT NULL,
    folder TEXT NOT NULL, created TEXT NOT NULL, receipt_hash TEXT NOT NULL, packed BLOB NOT NULL,
    hash TEXT NOT NULL,
    UNIQUE (verb, name, key));
  CREATE INDEX versions_by_key ON versions (verb, key);
  CREATE TABLE current (
    verb TEXT NOT NULL, name TEXT NOT NULL, version_id INTEGER NOT NULL, hash TEXT NOT NULL,
    PRIMARY KEY (verb, name)) WITHOUT ROWID;
  CREATE TABLE runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    started TEXT NOT NULL, finished TEXT NOT NULL, command TEXT NOT NULL, exit_code INTEGER NOT NULL,
    hash TEXT NOT NULL);
  CREATE TABLE run_steps (
    run_id INTEGER NOT NULL, position INTEGER NOT NULL,
    verb TEXT NOT NULL, name TEXT NOT NULL, key TEXT NOT NULL, action TEXT NOT NULL, why TEXT NOT NULL,
    seconds REAL NOT NULL, cpu_seconds REAL NOT NULL, peak_memory_bytes INTEGER NOT NULL, rows INTEGER NOT NULL,
    error TEXT NOT NULL, hash TEXT NOT NULL,
    PRIMARY KEY (run_id, position)) WITHOUT ROWID;
  CREATE TABLE last_built (
    verb TEXT NOT NULL, name TEXT NOT NULL, key TEXT NOT NULL,
    seconds REAL NOT NULL, cpu_seconds REAL NOT NULL, peak_memory_bytes INTEGER NOT NULL, rows INTEGER NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (verb, name)) WITHOUT ROWID;
)";

[[noreturn]] void damaged(const std::string& what) {
  throw Error(ErrorKind::environment, "FR0512", "the catalog of the store is damaged: " + what,
              "filrouge verify --rebuild makes the catalog anew from the receipts");
}

void hash_field(Hasher& hasher, std::string_view text) {
  hasher.field(text);
}
template <class Number>
requires std::is_arithmetic_v<Number>
void hash_field(Hasher& hasher, Number number) {
  auto as = [&](auto value) { hasher.field({reinterpret_cast<const char*>(&value), sizeof value}); };
  if constexpr (std::is_floating_point_v<Number>)
    as(static_cast<double>(number));
  else
    as(static_cast<int64_t>(number));
}

/// Of what a row says, with the name of its table in front: a row of one table never passes for one of another.
template <class... Fields>
std::string row_hash(const char* table, const Fields&... fields) {
  Hasher hasher;
  hasher.field(table);
  (hash_field(hasher, fields), ...);
  return hasher.hex();
}

std::string version_hash(const StepKey& key, std::string_view folder, std::string_view created,
                         std::string_view receipt_hash) {
  return row_hash("versions", key.verb, key.name, key.key, folder, created, receipt_hash);
}
std::string current_hash(const StepKey& step) {
  return row_hash("current", step.verb, step.name, step.key);
}
std::string run_hash(const Run& run) {
  return row_hash("runs", run.id, run.started, run.finished, run.command, run.exit_code);
}
std::string step_hash(int64_t run, int64_t position, const RunStep& step, const std::string& why) {
  return row_hash("run_steps", run, position, step.verb, step.name, step.key, step.action, why, step.seconds,
                  step.cpu_seconds, step.peak_memory_bytes, step.rows, step.error);
}
std::string built_hash(const RunStep& step) {
  return row_hash("last_built", step.verb, step.name, step.key, step.seconds, step.cpu_seconds, step.peak_memory_bytes,
                  step.rows);
}

/// From a row (verb, name, key, seconds, cpu_seconds, peak_memory_bytes, rows).
RunStep built_step(const SqlQuery& row) {
  RunStep step;
  step.verb = row.text(0);
  step.name = row.text(1);
  step.key = row.text(2);
  step.action = "built";
  step.seconds = row.real(3);
  step.cpu_seconds = row.real(4);
  step.peak_memory_bytes = static_cast<uint64_t>(row.integer(5));
  step.rows = static_cast<uint64_t>(row.integer(6));
  return step;
}

void put_last_built(Database& database, const RunStep& step) {
  database.run("INSERT OR REPLACE INTO last_built VALUES (?, ?, ?, ?, ?, ?, ?, ?)", step.verb, step.name, step.key,
               step.seconds, step.cpu_seconds, step.peak_memory_bytes, step.rows, built_hash(step));
}

[[noreturn]] void another_version(const std::string& verb, const std::string& name) {
  damaged(fmt::format("the row of {} {} holds another version", verb, name));
}

int64_t pragma(Database& database, const char* sql) {
  SqlQuery query = database.query(sql);
  return query.next() ? query.integer(0) : 0;
}

}  // namespace

Catalog::Catalog(const std::filesystem::path& file, Database::Mode mode) : database_(file, mode) {
  int64_t application = pragma(database_, "PRAGMA application_id"), version = pragma(database_, "PRAGMA user_version");
  is_empty_ = pragma(database_, "SELECT count(*) FROM sqlite_schema") == 0 && application == 0 && version == 0;
  if (is_empty_) {
    // A reader sees this only between the making of the file and its first transaction.
    if (mode != Database::Mode::read) create(), is_empty_ = false;
    return;
  }
  if (application != kApplicationId || version < 1)
    throw Error(ErrorKind::environment, "FR0512", fmt::format("{} is not a catalog of filrouge", file.string()),
                "filrouge verify --rebuild makes the catalog anew from the receipts");
  if (version > kCatalogVersion)
    throw Error(ErrorKind::environment, "FR0511",
                fmt::format("{} was made by a newer filrouge (format {}; this one knows {})", file.string(), version,
                            kCatalogVersion),
                "use a filrouge at least as new as the one that made the store, or another store with --store");
  if (version < kCatalogVersion) upgrade(mode);
}

void Catalog::create() {
  Transaction transaction(database_);
  database_.execute(kTables);
  database_.execute(
      fmt::format("PRAGMA application_id={}; PRAGMA user_version={}", kApplicationId, kCatalogVersion).c_str());
  transaction.commit();
}

/// A catalog of before rows had hashes. A writer gives them theirs; a reader, who may change nothing, reads it as it
/// is.
void Catalog::upgrade(Database::Mode mode) {
  has_hashes_ = false;
  const char* const tables[] = {"versions", "current", "runs", "run_steps", "last_built"};
  if (mode == Database::Mode::read) {
    database_.execute("PRAGMA temp_store=MEMORY");
    for (const char* table : tables)
      database_.execute(fmt::format("CREATE TEMP VIEW {0} AS SELECT *, '' AS hash FROM main.{0}", table).c_str());
    return;
  }
  Transaction transaction(database_);
  for (const char* table : tables)
    database_.execute(fmt::format("ALTER TABLE {} ADD COLUMN hash TEXT NOT NULL DEFAULT ''", table).c_str());
  std::vector<Entry> entries;
  for (const auto& [folder, key] : all_folders()) entries.push_back(*entry(key));
  put(entries, current_keys());
  for (const Run& run : runs(std::numeric_limits<int64_t>::max())) put(run);
  for (const auto& [name, step] : all_last_built()) put_last_built(database_, step);
  database_.execute(fmt::format("PRAGMA user_version={}", kCatalogVersion).c_str());
  transaction.commit();
  has_hashes_ = was_upgraded_ = true;
}

/// Where a row's own hash is not that of what it says, a bit of the file is wrong.
void Catalog::check(const std::string& recorded, const std::string& expected, const std::string& row) const {
  if (has_hashes_ && recorded != expected) damaged(row + " does not match its hash");
}

// ---- versions ----

void Catalog::enter(std::span<const Entry> entries, std::span<const StepKey> settled) {
  if (entries.empty() && settled.empty()) return;
  Transaction transaction(database_);
  put(entries, settled);
  transaction.commit();
}

void Catalog::put(std::span<const Entry> entries, std::span<const StepKey> settled) {
  for (const Entry& entry : entries) {
    const Version& version = entry.version;
    std::string packed = pack(version), folder = folder_in_store(version).string();
    database_.run(
        "INSERT INTO versions (verb, name, key, folder, created, receipt_hash, packed, hash) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (verb, name, key) DO UPDATE SET folder = excluded.folder, created = excluded.created, "
        "receipt_hash = excluded.receipt_hash, packed = excluded.packed, hash = excluded.hash",
        version.verb, version.name, version.key, folder, version.created, entry.receipt_hash, Blob{packed},
        version_hash({version.verb, version.name, version.key}, folder, version.created, entry.receipt_hash));
  }
  for (const StepKey& step : settled) {
    int64_t rows = database_.run(
        "INSERT OR REPLACE INTO current (verb, name, version_id, hash) "
        "SELECT verb, name, id, ? FROM versions WHERE verb = ? AND name = ? AND key = ?",
        current_hash(step), step.verb, step.name, step.key);
    FR_CHECK(rows == 1);  // nobody settles on what was not committed
  }
}

void Catalog::remove(std::span<const StepKey> versions) {
  Transaction transaction(database_);
  for (const StepKey& v : versions) {
    database_.run(
        "DELETE FROM current WHERE version_id = (SELECT id FROM versions WHERE verb = ? AND name = ? AND key = ?)",
        v.verb, v.name, v.key);
    database_.run("DELETE FROM versions WHERE verb = ? AND name = ? AND key = ?", v.verb, v.name, v.key);
  }
  transaction.commit();
}

std::optional<Version> Catalog::find(const std::string& verb, const std::string& name, const std::string& key) {
  SqlQuery row =
      database_.query("SELECT packed FROM versions WHERE verb = ? AND name = ? AND key = ?", verb, name, key);
  if (!row.next()) return std::nullopt;
  Version version = unpack(row.blob(0));
  if (version.verb != verb || version.name != name || version.key != key) another_version(verb, name);
  return version;
}

std::optional<Version> Catalog::find_key(const std::string& verb, const std::string& key) {
  SqlQuery row =
      database_.query("SELECT packed FROM versions WHERE verb = ? AND key = ? ORDER BY id LIMIT 1", verb, key);
  if (!row.next()) return std::nullopt;
  Version version = unpack(row.blob(0));
  if (version.verb != verb || version.key != key) another_version(verb, key);
  return version;
}

/// From a row (packed, verb, name, hash) of `current` joined with `versions`.
Version Catalog::current_version(const SqlQuery& row) const {
  Version version = unpack(row.blob(0));
  StepKey step{row.text(1), row.text(2), version.key};
  check(row.text(3), current_hash(step), fmt::format("what is current of {} {}", step.verb, step.name));
  if (version.verb != step.verb || version.name != step.name) another_version(step.verb, step.name);
  return version;
}

std::optional<Version> Catalog::current(const std::string& verb, const std::string& name) {
  // A row that names no version joins with nothing: then all of it is NULL, which unpack() refuses.
  SqlQuery row = database_.query(
      "SELECT v.packed, c.verb, c.name, c.hash FROM current c LEFT JOIN versions v ON v.id = c.version_id "
      "WHERE c.verb = ? AND c.name = ?",
      verb, name);
  if (!row.next()) return std::nullopt;
  return current_version(row);
}

std::vector<Version> Catalog::all_current() {
  SqlQuery row = database_.query(
      "SELECT v.packed, c.verb, c.name, c.hash FROM current c LEFT JOIN versions v ON v.id = c.version_id "
      "ORDER BY c.verb, c.name");
  std::vector<Version> versions;
  while (row.next()) versions.push_back(current_version(row));
  return versions;
}

std::vector<StepKey> Catalog::current_keys() {
  SqlQuery row = database_.query(
      "SELECT c.verb, c.name, coalesce(v.key, ''), c.hash FROM current c LEFT JOIN versions v ON v.id = c.version_id "
      "ORDER BY c.verb, c.name");
  std::vector<StepKey> keys;
  while (row.next()) {
    keys.push_back({row.text(0), row.text(1), row.text(2)});
    check(row.text(3), current_hash(keys.back()),
          fmt::format("what is current of {} {}", keys.back().verb, keys.back().name));
  }
  return keys;
}

std::vector<Version> Catalog::versions(const std::string& verb, const std::string& name) {
  SqlQuery row = database_.query(
      "SELECT packed FROM versions WHERE verb = ? AND name = ? ORDER BY created DESC, id DESC", verb, name);
  std::vector<Version> versions;
  while (row.next()) {
    versions.push_back(unpack(row.blob(0)));
    if (versions.back().verb != verb || versions.back().name != name) another_version(verb, name);
  }
  return versions;
}

std::map<std::string, StepKey> Catalog::all_folders() {
  std::map<std::string, StepKey> folders;
  SqlQuery row = database_.query("SELECT verb, name, key, folder, created, receipt_hash, hash FROM versions");
  while (row.next()) {
    StepKey key{row.text(0), row.text(1), row.text(2)};
    check(row.text(6), version_hash(key, row.text(3), row.text(4), row.text(5)),
          fmt::format("a version of {} {}", key.verb, key.name));
    folders[row.text(3)] = std::move(key);
  }
  return folders;
}

bool Catalog::has(const StepKey& key) {
  return database_.query("SELECT 1 FROM versions WHERE verb = ? AND name = ? AND key = ?", key.verb, key.name, key.key)
      .next();
}

std::optional<Entry> Catalog::entry(const StepKey& key) {
  SqlQuery row = database_.query(
      "SELECT packed, receipt_hash, created, folder, hash FROM versions WHERE verb = ? AND name = ? AND key = ?",
      key.verb, key.name, key.key);
  if (!row.next()) return std::nullopt;
  Entry entry{unpack(row.blob(0)), row.text(1)};
  const Version& version = entry.version;
  bool is_same = StepKey{version.verb, version.name, version.key} == key && version.created == row.text(2) &&
                 folder_in_store(version) == row.text(3);
  if (!is_same) another_version(key.verb, key.name);
  check(row.text(4), version_hash(key, row.text(3), row.text(2), row.text(1)),
        fmt::format("a version of {} {}", key.verb, key.name));
  return entry;
}

// ---- runs ----

int64_t Catalog::begin_run(const std::string& command, double seconds_ago) {
  Run run;
  run.started = utc_now(seconds_ago);
  run.command = command;
  Transaction transaction(database_);
  run.id = pragma(database_, "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'runs'") + 1;
  put(run);
  transaction.commit();
  return run.id;
}

Run Catalog::ended(int64_t id, int exit_code, std::span<const RunStep> steps) {
  SqlQuery row = database_.query("SELECT id, started, finished, command, exit_code, hash FROM runs WHERE id = ?", id);
  FR_CHECK(row.next());
  Run run = run_of(row);
  run.finished = utc_now();
  run.exit_code = exit_code;
  run.steps.assign(steps.begin(), steps.end());
  return run;
}

void Catalog::end_run(const Run& run, std::span<const StepKey> settled) {
  Transaction transaction(database_);
  put({}, settled);
  put(run);
  for (const RunStep& step : run.steps)
    if (step.action == "built") put_last_built(database_, step);
  transaction.commit();
}

void Catalog::enter_runs(std::span<const Run> runs) {
  if (runs.empty()) return;
  Transaction transaction(database_);
  for (const Run& run : runs) put(run);
  transaction.commit();
}

void Catalog::put(const Run& run) {
  database_.run(
      "INSERT OR REPLACE INTO runs (id, started, finished, command, exit_code, hash) VALUES (?, ?, ?, ?, ?, ?)", run.id,
      run.started, run.finished, run.command, run.exit_code, run_hash(run));
  int64_t position = 0;
  for (const RunStep& step : run.steps) {
    std::string why = step.why.empty() ? std::string() : dump(Json(step.why));
    database_.run("INSERT OR REPLACE INTO run_steps VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", run.id, position,
                  step.verb, step.name, step.key, step.action, why, step.seconds, step.cpu_seconds,
                  step.peak_memory_bytes, step.rows, step.error, step_hash(run.id, position, step, why));
    ++position;
  }
}

/// From a row (id, started, finished, command, exit_code, hash).
Run Catalog::run_of(const SqlQuery& row) const {
  Run run{row.integer(0), row.text(1), row.text(2), row.text(3), static_cast<int>(row.integer(4)), {}};
  check(row.text(5), run_hash(run), fmt::format("run {}", run.id));
  return run;
}

std::vector<Run> Catalog::runs(size_t most) {
  std::vector<Run> runs;
  {
    SqlQuery row = database_.query(
        "SELECT id, started, finished, command, exit_code, hash FROM runs ORDER BY id DESC LIMIT ?", most);
    while (row.next()) runs.push_back(run_of(row));
  }
  for (Run& run : runs) run.steps = steps_of(run.id);
  return runs;
}

std::vector<RunStep> Catalog::steps_of(int64_t run) {
  std::vector<RunStep> steps;
  SqlQuery row = database_.query(
      "SELECT verb, name, key, seconds, cpu_seconds, peak_memory_bytes, rows, action, why, error, hash, position "
      "FROM run_steps WHERE run_id = ? ORDER BY position",
      run);
  while (row.next()) {
    RunStep step = built_step(row);
    step.action = row.text(7);
    step.error = row.text(9);
    std::string why = row.text(8);
    check(row.text(10), step_hash(run, row.integer(11), step, why), fmt::format("a step of run {}", run));
    if (!why.empty()) step.why = parse_json(why, "the history of runs").get<std::vector<std::string>>();
    steps.push_back(std::move(step));
  }
  return steps;
}

std::optional<Run> Catalog::last_proof(const StepKey& key) {
  SqlQuery row = database_.query(
      "SELECT id, started, finished, command, exit_code, runs.hash FROM runs JOIN run_steps ON run_id = id "
      "WHERE verb = ? AND name = ? AND key = ? AND action IN ('equal', 'different') AND finished <> '' "
      "ORDER BY id DESC LIMIT 1",
      key.verb, key.name, key.key);
  if (!row.next()) return std::nullopt;
  Run run = run_of(row);
  run.steps = steps_of(run.id);
  std::erase_if(run.steps, [&](const RunStep& step) { return StepKey(step.verb, step.name, step.key) != key; });
  return run;
}

/// From a row as built_step() takes it, and its hash.
RunStep Catalog::last_built_step(const SqlQuery& row) const {
  RunStep step = built_step(row);
  check(row.text(7), built_hash(step), fmt::format("the last time {} {} was built", step.verb, step.name));
  return step;
}

std::optional<RunStep> Catalog::last_built(const std::string& verb, const std::string& name) {
  SqlQuery row = database_.query(
      "SELECT verb, name, key, seconds, cpu_seconds, peak_memory_bytes, rows, hash FROM last_built "
      "WHERE verb = ? AND name = ?",
      verb, name);
  return row.next() ? std::optional(last_built_step(row)) : std::nullopt;
}

std::map<StepName, RunStep> Catalog::all_last_built() {
  std::map<StepName, RunStep> steps;
  SqlQuery row = database_.query(
      "SELECT verb, name, key, seconds, cpu_seconds, peak_memory_bytes, rows, hash FROM last_built ORDER BY verb, "
      "name");
  while (row.next()) {
    RunStep step = last_built_step(row);
    steps.emplace_hint(steps.end(), StepName(step.verb, step.name), std::move(step));
  }
  return steps;
}

void Catalog::set_last_built(std::span<const RunStep> steps) {
  Transaction transaction(database_);
  for (const RunStep& step : steps) put_last_built(database_, step);
  transaction.commit();
}

std::set<StepKey> Catalog::used_by_last_runs(size_t most) {
  std::set<StepKey> keys;
  for (const Run& run : runs(most))
    for (const RunStep& step : run.steps)
      if (!step.key.empty()) keys.insert({step.verb, step.name, step.key});
  return keys;
}

void Catalog::empty_log() {
  SqlQuery row = database_.query("PRAGMA wal_checkpoint(TRUNCATE)");
  if (!row.next() || row.integer(0) != 0)
    throw Error(ErrorKind::environment, "FR0513", fmt::format("cannot use {}: it is busy", database_.file().string()));
}

std::vector<std::string> Catalog::problems() {
  std::vector<std::string> problems = database_.problems();
  auto look = [&](auto read) {
    try {
      read();
    } catch (const Error& e) {
      problems.push_back(e.message);
    }
  };
  look([&] {
    for (const auto& [folder, key] : all_folders()) entry(key);
  });
  look([&] { all_current(); });
  look([&] { runs(std::numeric_limits<int64_t>::max()); });
  look([&] { all_last_built(); });
  look([&] {
    SqlQuery row = database_.query(
        "SELECT count(*) FROM run_steps WHERE run_id NOT IN (SELECT id FROM runs) "
        "UNION ALL SELECT count(*) FROM versions v WHERE NOT EXISTS (SELECT 1 FROM versions w WHERE w.verb = v.verb "
        "AND w.name = v.name AND w.key = v.key)");
    while (row.next())
      if (row.integer(0) > 0) damaged("rows that belong to nothing");
  });
  return problems;
}

}  // namespace filrouge
