#include "store/database.h"

#include <sqlite3.h>

#include <cstring>

#include "base/error.h"

namespace filrouge {
namespace {

constexpr int kBusyTimeoutMs = 10'000;

/// As a `file:` URI, which is how SQLite takes options.
std::string uri_of(const std::filesystem::path& file, std::string_view options) {
  std::string uri = "file:";
  for (char c : std::filesystem::absolute(file).string())
    if (c == '%' || c == '?' || c == '#')
      uri += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    else
      uri += c;
  return uri + std::string(options);
}

}  // namespace

void Database::Close::operator()(sqlite3* handle) const {
  sqlite3_close_v2(handle);
}
void Database::Finalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

Database::Database(const std::filesystem::path& file, Mode mode) : file_(file) {
  if (mode != Mode::read) {
    open(uri_of(file_, ""), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    // Where WAL cannot be had (some network file systems) SQLite keeps its rollback journal, which is as safe and
    // slower.
    run("PRAGMA journal_mode=WAL");
    execute(mode == Mode::write ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL");
    return;
  }
  open(uri_of(file_, "?mode=ro"), SQLITE_OPEN_READONLY);
  try {
    query("SELECT count(*) FROM sqlite_schema").next();
  } catch (const Error& e) {
    // On a read-only file system the side files of WAL cannot be made. Without a log to read, the file alone is all
    // there is.
    std::error_code ignored;
    std::filesystem::path log = file_;
    log += "-wal";
    if (e.code != "FR0513" || (std::filesystem::exists(log, ignored) && std::filesystem::file_size(log, ignored) > 0))
      throw;
    statements_.clear();
    open(uri_of(file_, "?immutable=1"), SQLITE_OPEN_READONLY);
  }
}

Database::~Database() = default;

void Database::open(const std::string& uri, int flags) {
  sqlite3* handle = nullptr;
  int code = sqlite3_open_v2(uri.c_str(), &handle, flags | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, nullptr);
  handle_.reset(handle);
  if (code != SQLITE_OK) fail(code);
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, kBusyTimeoutMs);
}

void Database::execute(const char* statements) {
  int code = sqlite3_exec(handle_.get(), statements, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(code);
}

sqlite3_stmt* Database::prepared(const char* sql) {
  auto& kept = statements_[sql];
  if (!kept) {
    sqlite3_stmt* statement = nullptr;
    int code = sqlite3_prepare_v3(handle_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (code != SQLITE_OK) fail(code);
    kept.reset(statement);
  }
  FR_CHECK(!sqlite3_stmt_busy(kept.get()));
  return kept.get();
}

int64_t Database::changes() const {
  return sqlite3_changes64(handle_.get());
}
int64_t Database::last_row_id() const {
  return sqlite3_last_insert_rowid(handle_.get());
}

std::vector<std::string> Database::problems() {
  std::vector<std::string> problems;
  SqlQuery row = query("PRAGMA integrity_check(20)");
  while (row.next())
    if (row.text(0) != "ok") problems.push_back(row.text(0));
  return problems;
}

void Database::fail(int code) const {
  int kind = code & 0xff;
  // SQLITE_ERROR comes from our own statements, which are right: the tables in the file are not ours.
  if (kind == SQLITE_CORRUPT || kind == SQLITE_NOTADB || kind == SQLITE_ERROR)
    throw Error(
        ErrorKind::environment, "FR0512",
        fmt::format("{} is damaged or not a catalog of filrouge: {}", file_.string(), sqlite3_errmsg(handle_.get())),
        "filrouge verify --rebuild makes the catalog anew from the receipts");
  int system = handle_ ? sqlite3_system_errno(handle_.get()) : 0;
  std::string reason = handle_ ? sqlite3_errmsg(handle_.get()) : sqlite3_errstr(code);
  if (system != 0) reason += fmt::format(" ({})", std::strerror(system));
  throw Error(ErrorKind::environment, "FR0513", fmt::format("cannot use {}: {}", file_.string(), reason),
              kind == SQLITE_FULL ? "make room on the disk: `filrouge gc` removes old versions" : "");
}

SqlQuery::~SqlQuery() {
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

bool SqlQuery::next() {
  int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) database_.fail(code);
  return false;
}

int64_t SqlQuery::integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}
double SqlQuery::real(int column) const {
  return sqlite3_column_double(statement_, column);
}

std::string SqlQuery::text(int column) const {
  const void* text = sqlite3_column_text(statement_, column);
  return std::string(static_cast<const char*>(text), static_cast<size_t>(sqlite3_column_bytes(statement_, column)));
}

std::string_view SqlQuery::blob(int column) const {
  const void* bytes = sqlite3_column_blob(statement_, column);
  return {static_cast<const char*>(bytes), static_cast<size_t>(sqlite3_column_bytes(statement_, column))};
}

void SqlQuery::bind(int position, int64_t value) {
  sqlite3_bind_int64(statement_, position, value);
}
void SqlQuery::bind(int position, double value) {
  sqlite3_bind_double(statement_, position, value);
}

void SqlQuery::bind(int position, std::string_view value) {
  // A null pointer would bind NULL, not the empty text.
  sqlite3_bind_text64(statement_, position, value.data() ? value.data() : "", value.size(), SQLITE_STATIC, SQLITE_UTF8);
}

void SqlQuery::bind(int position, Blob value) {
  sqlite3_bind_blob64(statement_, position, value.bytes.data() ? value.bytes.data() : "", value.bytes.size(),
                      SQLITE_STATIC);
}

Transaction::~Transaction() {
  if (!open_) return;
  try {
    database_.execute("ROLLBACK");
  } catch (const Error&) {
    // SQLite rolls back by itself on the errors after which ROLLBACK is refused.
  }
}

void Transaction::commit() {
  database_.execute("COMMIT");
  open_ = false;
}

}  // namespace filrouge
