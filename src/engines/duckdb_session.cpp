#include "engines/duckdb_session.h"

#include "base/text.h"
#include "engines/duckdb_session_impl.h"

namespace filrouge {
namespace {

/// The value at (column, row) as DuckDB prints it; nothing for NULL.
std::optional<std::string> text_at(duckdb_result& result, idx_t column, idx_t row) {
  if (duckdb_value_is_null(&result, column, row)) return std::nullopt;
  duckdb_string value = duckdb_value_string(&result, column, row);
  std::string text(value.data ? value.data : "", value.data ? value.size : 0);
  duckdb_free(value.data);
  return text;
}

constexpr const char* kSettings[][2] = {{"autoinstall_known_extensions", "false"},
                                        {"autoload_known_extensions", "false"},
                                        {"allow_community_extensions", "false"},
                                        {"preserve_insertion_order", "true"},
                                        {"errors_as_json", "true"}};

}  // namespace

DuckSession::DuckSession(int threads) : impl_(std::make_unique<Impl>()) {
  duckdb_config config = nullptr;
  FR_CHECK(duckdb_create_config(&config) == DuckDBSuccess);
  for (const auto& [name, value] : kSettings) duckdb_set_config(config, name, value);
  duckdb_set_config(config, "threads", std::to_string(threads).c_str());
  char* reason = nullptr;
  bool opened = duckdb_open_ext(nullptr, &impl_->database, config, &reason) == DuckDBSuccess;
  duckdb_destroy_config(&config);
  if (!opened) {
    std::string text = reason ? reason : "no reason given";
    duckdb_free(reason);
    throw Error(ErrorKind::environment, "FR0520", "DuckDB does not start: " + text);
  }
  FR_CHECK(duckdb_connect(impl_->database, &impl_->connection) == DuckDBSuccess);
  execute("SET TimeZone = 'UTC'");
}

DuckSession::DuckSession(DuckSession& other) : impl_(std::make_unique<Impl>()) {
  FR_CHECK(duckdb_connect(other.impl_->database, &impl_->connection) == DuckDBSuccess);
}

DuckSession::~DuckSession() {
  for (auto& [sql, statement] : impl_->prepared) duckdb_destroy_prepare(&statement);
  duckdb_disconnect(&impl_->connection);
  if (impl_->database) duckdb_close(&impl_->database);
}

void DuckSession::Impl::fail(const std::string& text, const std::string& sql) {
  throw to_error(parse_duckdb_error(text), sql);
}

void DuckSession::Impl::run(const std::string& sql, DuckResult& result) {
  if (duckdb_query(connection, sql.c_str(), &result.raw) != DuckDBSuccess) {
    const char* text = duckdb_result_error(&result.raw);
    fail(text ? text : "Internal Error: DuckDB gave no reason", sql);
  }
}

void DuckSession::Impl::run_prepared(const std::string& sql, const std::string& argument, DuckResult& result) {
  duckdb_prepared_statement& statement = prepared[sql];
  if (!statement && duckdb_prepare(connection, sql.c_str(), &statement) != DuckDBSuccess) {
    std::string text = duckdb_prepare_error(statement);
    duckdb_destroy_prepare(&statement);
    prepared.erase(sql);
    fail(text, sql);
  }
  duckdb_bind_varchar_length(statement, 1, argument.data(), argument.size());
  if (duckdb_execute_prepared(statement, &result.raw) != DuckDBSuccess) fail(duckdb_result_error(&result.raw), sql);
}

void DuckSession::execute(const std::string& sql) {
  DuckResult result;
  impl_->run(sql, result);
}

std::optional<std::string> DuckSession::scalar_with(const std::string& sql, const std::string& argument) {
  DuckResult result;
  impl_->run_prepared(sql, argument, result);
  if (duckdb_row_count(&result.raw) == 0) return std::nullopt;
  return text_at(result.raw, 0, 0);
}

std::vector<std::vector<std::optional<std::string>>> DuckSession::texts(const std::string& sql) {
  DuckResult result;
  impl_->run(sql, result);
  idx_t rows = duckdb_row_count(&result.raw), columns = duckdb_column_count(&result.raw);
  std::vector<std::vector<std::optional<std::string>>> table(rows);
  for (idx_t row = 0; row < rows; ++row)
    for (idx_t column = 0; column < columns; ++column) table[row].push_back(text_at(result.raw, column, row));
  return table;
}

void DuckSession::interrupt() {
  duckdb_interrupt(impl_->connection);
}
double DuckSession::progress() const {
  return duckdb_query_progress(impl_->connection).percentage;
}

namespace {

/// Reads "Candidate bindings: "a", "b"" and "Did you mean "a"?".
std::vector<std::string> candidates_in(const std::string& text) {
  std::vector<std::string> names;
  for (std::string_view lead : {"Candidate bindings: ", "Candidate tables: ", "Did you mean \""}) {
    size_t at = text.find(lead);
    if (at == std::string::npos) continue;
    size_t end = text.find('\n', at);
    for (size_t open = text.find('"', at); open != std::string::npos && open < end; open = text.find('"', open + 1)) {
      size_t close = text.find('"', open + 1);
      if (close == std::string::npos) break;
      names.push_back(text.substr(open + 1, close - open - 1));
      open = close;
    }
  }
  return names;
}

}  // namespace

DuckError parse_duckdb_error(const std::string& text) {
  DuckError error;
  std::string rest = text;
  size_t colon = rest.find(" Error: ");
  if (colon < 40) {  // npos is larger
    error.type = rest.substr(0, colon);
    rest = rest.substr(colon + 8);
  }
  if (Json json = Json::parse(rest, nullptr, false); json.is_object() && json.contains("exception_message")) {
    error.type = json.value("exception_type", error.type);
    rest = json["exception_message"].get<std::string>();
    if (json.contains("position")) error.position = std::stoull(json["position"].get<std::string>());
  }
  error.candidates = candidates_in(rest);
  for (const char* tail : {"\n\nLINE ", "\nLINE ", "\n\nCandidate", "\nCandidate", "\nDid you mean",
                           "\n\tCandidate functions", "\nPossible solutions:", "\n\nUse \"SET ", "\nUse \"SET "})
    if (size_t at = rest.find(tail); at != std::string::npos) rest.resize(at);
  for (char& c : rest)
    if (c == '\n' || c == '\t') c = ' ';
  error.message = std::string(trim(rest));
  return error;
}

namespace {

struct TypeRow {
  const char* type;
  ErrorKind kind;
  const char* code;
};
// DuckDB's own types of error; what is not here is FR0310, an error of the data or the engine while a step runs.
constexpr TypeRow kTypes[] = {
    {"Parser", ErrorKind::user, "FR0201"},           {"Syntax", ErrorKind::user, "FR0201"},
    {"Binder", ErrorKind::user, "FR0209"},           {"Catalog", ErrorKind::user, "FR0209"},
    {"Conversion", ErrorKind::data, "FR0311"},       {"Out of Range", ErrorKind::data, "FR0312"},
    {"Invalid Input", ErrorKind::data, "FR0313"},    {"Out of Memory", ErrorKind::engine, "FR0314"},
    {"INTERRUPT", ErrorKind::interrupted, "FR0703"}, {"IO", ErrorKind::data, "FR0315"},
    {"INTERNAL", ErrorKind::internal, "FR0316"},     {"FATAL", ErrorKind::internal, "FR0316"}};

}  // namespace

Error to_error(const DuckError& error, const std::string& sql) {
  ErrorKind kind = ErrorKind::data;
  std::string code = "FR0310";
  for (const TypeRow& row : kTypes)
    if (error.type == row.type) kind = row.kind, code = row.code;
  std::string hint = error.candidates.empty() ? "" : fmt::format("did you mean `{}`?", error.candidates.front());
  if (code == "FR0310" && error.message.starts_with("TProtocolException")) {  // what its Parquet reader throws
    return Error(kind, "FR0315", "a Parquet file is damaged: " + error.message, "next: filrouge verify");
  }
  if (code == "FR0314") hint = "raise --memory, or let the step read fewer columns or rows";
  if (code == "FR0311" && error.message.starts_with("Unimplemented type for cast"))
    hint = "no value of the one is one of the other: first make of it what can be one, as in `x::VARCHAR::DATE`";
  else if (code == "FR0311")
    hint = "TRY_CAST gives NULL in its place; WHERE TRY_CAST(...) IS NULL finds the rows";
  std::string message = without_values(error, sql);
  if (code == "FR0314" && lower(message).find("memory") == std::string::npos) message = "out of memory: " + message;
  Error result(kind, code, message, hint);
  if (error.position) result.text_offset = static_cast<long>(*error.position);
  return result;
}

}  // namespace filrouge
