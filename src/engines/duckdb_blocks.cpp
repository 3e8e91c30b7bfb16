// Rows between DuckDB and code of ours: its vectors of 2,048 values are gathered into blocks, and blocks are appended
// as such vectors.
#include <cmath>
#include <limits>

#include "base/text.h"
#include "engines/duckdb_session_impl.h"
#include "tables/schema.h"

namespace filrouge {
namespace {

struct Connection {
  duckdb_connection raw = nullptr;
  ~Connection() { duckdb_disconnect(&raw); }
};
struct Statement {
  duckdb_prepared_statement raw = nullptr;
  ~Statement() { duckdb_destroy_prepare(&raw); }
};
struct Chunk {
  duckdb_data_chunk raw = nullptr;
  ~Chunk() { duckdb_destroy_data_chunk(&raw); }
};
struct Appender {
  duckdb_appender raw = nullptr;
  ~Appender() { duckdb_appender_destroy(&raw); }
};

void take_column(duckdb_vector vector, idx_t rows, BlockColumn& column) {
  const uint64_t* valid = duckdb_vector_get_validity(vector);
  auto is_valid = [&](idx_t row) { return !valid || duckdb_validity_row_is_valid(const_cast<uint64_t*>(valid), row); };
  void* data = duckdb_vector_get_data(vector);
  if (!column.is_text) {
    const auto* numbers = static_cast<const double*>(data);
    for (idx_t row = 0; row < rows; ++row)
      column.numbers.push_back(is_valid(row) ? numbers[row] : std::numeric_limits<double>::quiet_NaN());
    return;
  }
  auto* strings = static_cast<duckdb_string_t*>(data);
  for (idx_t row = 0; row < rows; ++row) {
    bool there = is_valid(row);
    column.is_null.push_back(!there);
    if (there)
      column.texts.emplace_back(duckdb_string_t_data(&strings[row]), duckdb_string_t_length(strings[row]));
    else
      column.texts.emplace_back();
  }
}

Block empty_block(duckdb_result& result, size_t block_rows) {
  Block block;
  for (idx_t c = 0; c < duckdb_column_count(&result); ++c) {
    BlockColumn column;
    column.name = duckdb_column_name(&result, c);
    duckdb_type type = duckdb_column_type(&result, c);
    FR_CHECK(type == DUCKDB_TYPE_DOUBLE || type == DUCKDB_TYPE_VARCHAR);
    column.is_text = type == DUCKDB_TYPE_VARCHAR;
    if (column.is_text)
      column.texts.reserve(block_rows), column.is_null.reserve(block_rows);
    else
      column.numbers.reserve(block_rows);
    block.columns.push_back(std::move(column));
  }
  return block;
}

void put_column(const BlockColumn& column, size_t begin, size_t rows, duckdb_vector vector) {
  duckdb_vector_ensure_validity_writable(vector);
  uint64_t* valid = duckdb_vector_get_validity(vector);
  auto* numbers = static_cast<double*>(duckdb_vector_get_data(vector));
  for (size_t row = 0; row < rows; ++row) {
    bool is_null = column.is_text ? column.is_null[begin + row] : std::isnan(column.numbers[begin + row]);
    duckdb_validity_set_row_validity(valid, row, !is_null);
    if (is_null) continue;
    if (!column.is_text) {
      numbers[row] = column.numbers[begin + row];
      continue;
    }
    const std::string& text = column.texts[begin + row];
    duckdb_vector_assign_string_element_len(vector, row, text.data(), text.size());
  }
}

Chunk chunk_for(const Block& block) {
  std::vector<duckdb_logical_type> types;
  for (const BlockColumn& column : block.columns)
    types.push_back(duckdb_create_logical_type(column.is_text ? DUCKDB_TYPE_VARCHAR : DUCKDB_TYPE_DOUBLE));
  Chunk chunk;
  chunk.raw = duckdb_create_data_chunk(types.data(), types.size());
  for (duckdb_logical_type& type : types) duckdb_destroy_logical_type(&type);
  return chunk;
}

}  // namespace

void scan_blocks(DuckSession::Impl& session, const std::string& sql, size_t block_rows,
                 const std::function<void(Block&&)>& take) {
  Connection connection;
  FR_CHECK(duckdb_connect(session.database, &connection.raw) == DuckDBSuccess);
  DuckResult zone;
  FR_CHECK(duckdb_query(connection.raw, "SET TimeZone = 'UTC'", &zone.raw) == DuckDBSuccess);
  Statement statement;
  if (duckdb_prepare(connection.raw, sql.c_str(), &statement.raw) != DuckDBSuccess)
    session.fail(duckdb_prepare_error(statement.raw), sql);
  DuckResult result;
  if (duckdb_execute_prepared_streaming(statement.raw, &result.raw) != DuckDBSuccess)
    session.fail(duckdb_result_error(&result.raw), sql);
  Block block = empty_block(result.raw, block_rows);
  while (true) {
    Chunk chunk{duckdb_fetch_chunk(result.raw)};
    if (!chunk.raw) break;
    idx_t rows = duckdb_data_chunk_get_size(chunk.raw);
    if (rows == 0) break;
    for (idx_t c = 0; c < block.columns.size(); ++c)
      take_column(duckdb_data_chunk_get_vector(chunk.raw, c), rows, block.columns[c]);
    block.rows += rows;
    if (block.rows < block_rows) continue;
    take(std::move(block));
    block = empty_block(result.raw, block_rows);
  }
  if (const char* error = duckdb_result_error(&result.raw)) session.fail(error, sql);
  if (block.rows > 0) take(std::move(block));
}

void append_block(DuckSession::Impl& session, const std::string& table, const Block& block) {
  Appender appender;
  if (duckdb_appender_create(session.connection, nullptr, table.c_str(), &appender.raw) != DuckDBSuccess)
    session.fail(duckdb_appender_error(appender.raw));
  Chunk chunk = chunk_for(block);
  for (size_t begin = 0, size = duckdb_vector_size(); begin < block.rows; begin += size) {
    size_t rows = std::min<size_t>(size, block.rows - begin);
    duckdb_data_chunk_reset(chunk.raw);
    for (size_t c = 0; c < block.columns.size(); ++c)
      put_column(block.columns[c], begin, rows, duckdb_data_chunk_get_vector(chunk.raw, c));
    duckdb_data_chunk_set_size(chunk.raw, rows);
    if (duckdb_append_data_chunk(appender.raw, chunk.raw) != DuckDBSuccess)
      session.fail(duckdb_appender_error(appender.raw));
  }
  if (duckdb_appender_close(appender.raw) != DuckDBSuccess) session.fail(duckdb_appender_error(appender.raw));
}

}  // namespace filrouge
