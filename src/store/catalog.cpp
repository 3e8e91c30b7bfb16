#include "store/catalog.h"

#include "base/error.h"
#include "base/json.h"
#include "store/receipt.h"

namespace filrouge {
namespace {

constexpr int64_t kApplicationId = 0x66726f67;  // "frog": tells our files from other people's
constexpr int64_t kCatalogVersion = 1;

/// `packed` is the version itself (receipt.h); the other columns of `versions` are there to find it.
constexpr const char* kTables = R"(
  CREATE TABLE versions (
    id INTEGER PRIMARY KEY,
    verb TEXT NOT NULL, name TEXT NOT NULL, key TEXT NOT NULL,
    folder TEXT NOT NULL, created TEXT NOT NULL, receipt_hash TEXT NOT NULL, packed BLOB NOT NULL,
    UNIQUE (verb, name, key));
  CREATE INDEX versions_by_key ON versions (verb, key);
  CREATE TABLE current (
    verb TEXT NOT NULL, name TEXT NOT NULL, version_id INTEGER NOT NULL,
    PRIMARY KEY (verb, name)) WITHOUT ROWID;
  CREATE TABLE runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    started TEXT NOT NULL, finished TEXT NOT NULL, command TEXT NOT NULL, exit_code INTEGER NOT NULL);
  CREATE TABLE run_steps (
    run_id INTEGER NOT NULL, position INTEGER NOT NULL,
    verb TEXT NOT NULL, name TEXT NOT NULL, key TEXT NOT NULL, action TEXT NOT NULL, why TEXT NOT NULL,
    seconds REAL NOT NULL, cpu_seconds REAL NOT NULL, peak_memory_bytes INTEGER NOT NULL, rows INTEGER NOT NULL,
    error TEXT NOT NULL,
    PRIMARY KEY (run_id, position)) WITHOUT ROWID;
  CREATE TABLE last_built (
    verb TEXT NOT NULL, name TEXT NOT NULL, key TEXT NOT NULL,
    seconds REAL NOT NULL, cpu_seconds REAL NOT NULL, peak_memory_bytes INTEGER NOT NULL, rows INTEGER NOT NULL,
    PRIMARY KEY (verb, name)) WITHOUT ROWID;
)";

std::optional<Version> first_version(SqlQuery query) {
  if (!query.next()) return std::nullopt;
  return unpack(query.blob(0));
}

std::vector<Version> all_versions(SqlQuery query) {
  std::vector<Version> versions;
  while (query.next()) versions.push_back(unpack(query.blob(0)));
  return versions;
}

std::vector<StepKey> all_step_keys(SqlQuery query) {
  std::vector<StepKey> keys;
  while (query.next()) keys.push_back({query.text(0), query.text(1), query.text(2)});
  return keys;
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
  database.run("INSERT OR REPLACE INTO last_built VALUES (?, ?, ?, ?, ?, ?, ?)", step.verb, step.name, step.key,
               step.seconds, step.cpu_seconds, step.peak_memory_bytes, step.rows);
}

int64_t pragma(Database& database, const char* sql) {
  SqlQuery query = database.query(sql);
  return query.next() ? query.integer(0) : 0;
}

}  // namespace

Catalog::Catalog(const std::filesystem::path& file, Database::Mode mode) : database_(file, mode) {
  int64_t application = pragma(database_, "PRAGMA application_id"), version = pragma(database_, "PRAGMA user_version");
  bool is_empty = pragma(database_, "SELECT count(*) FROM sqlite_schema") == 0 && application == 0 && version == 0;
  if (is_empty) {
    // A reader sees this only between the making of the file and its first transaction.
    if (mode != Database::Mode::read) create();
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
}

void Catalog::create() {
  Transaction transaction(database_);
  database_.execute(kTables);
  database_.execute(
      fmt::format("PRAGMA application_id={}; PRAGMA user_version={}", kApplicationId, kCatalogVersion).c_str());
  transaction.commit();
}

// ---- versions ----

void Catalog::enter(std::span<const Entry> entries, std::span<const StepKey> settled) {
  if (entries.empty() && settled.empty()) return;
  Transaction transaction(database_);
  for (const Entry& entry : entries) {
    const Version& version = entry.version;
    std::string packed = pack(version), folder = folder_in_store(version).string();
    database_.run(
        "INSERT INTO versions (verb, name, key, folder, created, receipt_hash, packed) VALUES (?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (verb, name, key) DO UPDATE SET folder = excluded.folder, created = excluded.created, "
        "receipt_hash = excluded.receipt_hash, packed = excluded.packed",
        version.verb, version.name, version.key, folder, version.created, entry.receipt_hash, Blob{packed});
  }
  settle(settled);
  transaction.commit();
}

void Catalog::settle(std::span<const StepKey> settled) {
  for (const StepKey& step : settled) {
    int64_t rows = database_.run(
        "INSERT OR REPLACE INTO current SELECT verb, name, id FROM versions WHERE verb = ? AND name = ? AND key = ?",
        step.verb, step.name, step.key);
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
  return first_version(
      database_.query("SELECT packed FROM versions WHERE verb = ? AND name = ? AND key = ?", verb, name, key));
}

std::optional<Version> Catalog::find_key(const std::string& verb, const std::string& key) {
  return first_version(
      database_.query("SELECT packed FROM versions WHERE verb = ? AND key = ? ORDER BY id LIMIT 1", verb, key));
}

std::optional<Version> Catalog::current(const std::string& verb, const std::string& name) {
  return first_version(database_.query(
      "SELECT v.packed FROM current c JOIN versions v ON v.id = c.version_id WHERE c.verb = ? AND c.name = ?", verb,
      name));
}

std::vector<Version> Catalog::all_current() {
  return all_versions(
      database_.query("SELECT v.packed FROM current c JOIN versions v ON v.id = c.version_id ORDER BY c.verb, c.name"));
}

std::vector<StepKey> Catalog::current_keys() {
  return all_step_keys(database_.query(
      "SELECT c.verb, c.name, v.key FROM current c JOIN versions v ON v.id = c.version_id ORDER BY c.verb, c.name"));
}

std::vector<Version> Catalog::versions(const std::string& verb, const std::string& name) {
  return all_versions(database_.query(
      "SELECT packed FROM versions WHERE verb = ? AND name = ? ORDER BY created DESC, id DESC", verb, name));
}

std::map<std::string, StepKey> Catalog::all_folders() {
  std::map<std::string, StepKey> folders;
  SqlQuery row = database_.query("SELECT verb, name, key, folder FROM versions");
  while (row.next()) folders[row.text(3)] = {row.text(0), row.text(1), row.text(2)};
  return folders;
}

bool Catalog::has(const StepKey& key) {
  return database_.query("SELECT 1 FROM versions WHERE verb = ? AND name = ? AND key = ?", key.verb, key.name, key.key)
      .next();
}

std::optional<Entry> Catalog::entry(const StepKey& key) {
  SqlQuery row = database_.query(
      "SELECT packed, receipt_hash, created, folder FROM versions WHERE verb = ? AND name = ? AND key = ?", key.verb,
      key.name, key.key);
  if (!row.next()) return std::nullopt;
  Entry entry{unpack(row.blob(0)), row.text(1)};
  const Version& version = entry.version;
  bool is_same = StepKey{version.verb, version.name, version.key} == key && version.created == row.text(2) &&
                 folder_in_store(version) == row.text(3);
  if (!is_same)
    throw Error(ErrorKind::environment, "FR0512",
                fmt::format("{} is damaged: the row of {} {} holds another version", database_.file().string(),
                            key.verb, key.name),
                "filrouge verify --rebuild makes the catalog anew from the receipts");
  return entry;
}

// ---- runs ----

int64_t Catalog::begin_run(const std::string& command) {
  database_.run("INSERT INTO runs (started, finished, command, exit_code) VALUES (?, '', ?, -1)", utc_now(), command);
  return database_.last_row_id();
}

void Catalog::end_run(int64_t id, int exit_code, std::span<const RunStep> steps, std::span<const StepKey> settled) {
  Transaction transaction(database_);
  settle(settled);
  int64_t position = 0;
  for (const RunStep& step : steps) {
    database_.run("INSERT INTO run_steps VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", id, position++, step.verb,
                  step.name, step.key, step.action, step.why.empty() ? std::string() : dump(Json(step.why)),
                  step.seconds, step.cpu_seconds, step.peak_memory_bytes, step.rows, step.error);
    if (step.action == "built") put_last_built(database_, step);
  }
  database_.run("UPDATE runs SET finished = ?, exit_code = ? WHERE id = ?", utc_now(), exit_code, id);
  transaction.commit();
}

std::vector<Run> Catalog::runs(size_t most) {
  std::vector<Run> runs;
  {
    SqlQuery row =
        database_.query("SELECT id, started, finished, command, exit_code FROM runs ORDER BY id DESC LIMIT ?", most);
    while (row.next())
      runs.push_back({row.integer(0), row.text(1), row.text(2), row.text(3), static_cast<int>(row.integer(4)), {}});
  }
  for (Run& run : runs) {
    SqlQuery row = database_.query(
        "SELECT verb, name, key, seconds, cpu_seconds, peak_memory_bytes, rows, action, why, error FROM run_steps "
        "WHERE run_id = ? ORDER BY position",
        run.id);
    while (row.next()) {
      RunStep step = built_step(row);
      step.action = row.text(7);
      if (std::string why = row.text(8); !why.empty())
        step.why = parse_json(why, "the history of runs").get<std::vector<std::string>>();
      step.error = row.text(9);
      run.steps.push_back(std::move(step));
    }
  }
  return runs;
}

std::optional<RunStep> Catalog::last_built(const std::string& verb, const std::string& name) {
  SqlQuery row = database_.query(
      "SELECT verb, name, key, seconds, cpu_seconds, peak_memory_bytes, rows FROM last_built WHERE verb = ? AND name = "
      "?",
      verb, name);
  if (!row.next()) return std::nullopt;
  return built_step(row);
}

std::map<StepName, RunStep> Catalog::all_last_built() {
  std::map<StepName, RunStep> steps;
  SqlQuery row = database_.query(
      "SELECT verb, name, key, seconds, cpu_seconds, peak_memory_bytes, rows FROM last_built ORDER BY verb, name");
  while (row.next()) {
    RunStep step = built_step(row);
    steps.emplace_hint(steps.end(), StepName(step.verb, step.name), std::move(step));
  }
  return steps;
}

void Catalog::set_last_built(std::span<const RunStep> steps) {
  Transaction transaction(database_);
  for (const RunStep& step : steps) put_last_built(database_, step);
  transaction.commit();
}

std::set<StepKey> Catalog::used_by_last_runs(size_t runs) {
  std::vector<StepKey> keys =
      all_step_keys(database_.query("SELECT DISTINCT verb, name, key FROM run_steps WHERE key <> '' AND run_id IN "
                                    "(SELECT id FROM runs ORDER BY id DESC LIMIT ?)",
                                    runs));
  return {keys.begin(), keys.end()};
}

std::vector<std::string> Catalog::problems() {
  std::vector<std::string> problems;
  SqlQuery row = database_.query("PRAGMA integrity_check(20)");
  while (row.next())
    if (row.text(0) != "ok") problems.push_back(row.text(0));
  return problems;
}

// ---- caches ----

Cache::Cache(const std::filesystem::path& file) : database_(file, Database::Mode::relaxed) {
  database_.execute(
      "CREATE TABLE IF NOT EXISTS cache (kind TEXT, key TEXT, value TEXT, PRIMARY KEY (kind, key)) WITHOUT ROWID");
}

std::optional<std::string> Cache::get(const std::string& kind, const std::string& key) {
  SqlQuery row = database_.query("SELECT value FROM cache WHERE kind = ? AND key = ?", kind, key);
  if (!row.next()) return std::nullopt;
  return row.text(0);
}

std::map<std::string, std::string> Cache::all(const std::string& kind) {
  std::map<std::string, std::string> entries;
  SqlQuery row = database_.query("SELECT key, value FROM cache WHERE kind = ? ORDER BY key", kind);
  while (row.next()) entries.emplace_hint(entries.end(), row.text(0), row.text(1));
  return entries;
}

void Cache::put(const std::string& kind, std::span<const std::pair<std::string, std::string>> entries) {
  Transaction transaction(database_);
  for (const auto& [key, value] : entries)
    database_.run("INSERT OR REPLACE INTO cache VALUES (?, ?, ?)", kind, key, value);
  transaction.commit();
}

}  // namespace filrouge
