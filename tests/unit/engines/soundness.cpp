#include "soundness.h"

namespace filrouge {
namespace {

constexpr size_t kWays = 4;

/// An expression that takes the place of `column`, whose type is `type`.
std::string perturbed(const std::string& column, const std::string& type, size_t way) {
  std::string name = quote_name(column);
  bool number = type.starts_with("DECIMAL") || type.ends_with("INT") || type == "INTEGER" || type == "DOUBLE";
  switch (way) {
    case 0:  // every value moves to the next row
      return fmt::format(
          "coalesce(lag({0}) OVER (ORDER BY rowid), (SELECT {0} FROM main.$table ORDER BY rowid DESC LIMIT 1))", name);
    case 1:
      return fmt::format("CASE WHEN hash(rowid) % 3 = 0 THEN NULL ELSE {} END", name);
    case 2:
      return fmt::format("(SELECT max({}) FROM main.$table)", name);
    default:
      if (number) return fmt::format("({} + (hash(rowid) % 5)::INTEGER)::{}", name, type);
      if (type == "DATE" || type == "TIMESTAMP") return fmt::format("({} + INTERVAL 40 DAYS)::{}", name, type);
      if (type == "VARCHAR") return fmt::format("CASE WHEN hash(rowid) % 2 = 0 THEN reverse({0}) ELSE {0} END", name);
      return fmt::format("CASE WHEN hash(rowid) % 2 = 0 THEN NULL ELSE {} END", name);
  }
}

}  // namespace

Soundness::Soundness(DuckSession& data) : data_(data), binder_(make_binder()) {
  for (auto& row :
       data.texts("SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE schema_name = 'main' "
                  "AND NOT internal ORDER BY table_name, column_index"))
    schemas_[*row[0]].columns.push_back({*row[1], *row[2], {}});
  for (const auto& [name, schema] : schemas_) binder_->declare(name, schema);
  data_.execute("CREATE SCHEMA IF NOT EXISTS perturbed; SET search_path = 'perturbed,main'");
}

/// The number of rows, then a hash for each column of its values and their positions.
std::vector<std::string> Soundness::result_hashes(const std::string& sql, RowOrder order) {
  std::string query = order == RowOrder::sorted ? "SELECT * FROM (" + sql + "\n) ORDER BY ALL" : sql;
  data_.execute("CREATE OR REPLACE TEMP TABLE result AS " + query);
  std::string hashes = "count(*)";
  for (auto& row :
       data_.texts("SELECT column_name FROM duckdb_columns() WHERE table_name = 'result' AND database_name = 'temp' "
                   "ORDER BY column_index"))
    hashes += fmt::format(", bit_xor(hash(xor(hash({}), hash(rowid))))", quote_name(*row[0]));
  std::vector<std::string> texts;
  auto rows = data_.texts("SELECT " + hashes + " FROM temp.result");
  for (auto& value : rows[0]) texts.push_back(value.value_or(""));
  return texts;
}

void Soundness::perturb(const ColumnRef& column, size_t way) {
  std::string type = schemas_[column.table].find(column.column)->type;
  std::string expression = perturbed(column.column, type, way);
  for (size_t at = expression.find("$table"); at != std::string::npos; at = expression.find("$table"))
    expression.replace(at, 6, quote_name(column.table));
  data_.execute(
      fmt::format("CREATE OR REPLACE TABLE perturbed.{0} AS SELECT * REPLACE ({1} AS {2}) FROM main.{0} ORDER BY rowid",
                  quote_name(column.table), expression, quote_name(column.column)));
}

void Soundness::restore(const std::string& table) {
  data_.execute(fmt::format("DROP TABLE IF EXISTS perturbed.{}", quote_name(table)));
}

std::vector<ColumnRef> Soundness::columns_to_try(const Query& query, size_t count) {
  std::vector<ColumnRef> columns;
  for (const std::string& table : query.lineage.tables)
    for (const Column& column : schemas_[table].columns) columns.push_back({table, column.name});
  std::shuffle(columns.begin(), columns.end(), random_);
  if (count == 0 || columns.size() <= count) return columns;
  // most that are said to matter for some columns but not for all: there a mistake would show
  auto interest = [&](const ColumnRef& ref) {
    size_t used = 0;
    for (const ColumnLineage& column : query.lineage.columns)
      used += column.values.count(ref) || column.rows.count(ref);
    return used == 0 ? 1 : used < query.lineage.columns.size() ? 2 : 0;
  };
  std::stable_sort(columns.begin(), columns.end(),
                   [&](const ColumnRef& a, const ColumnRef& b) { return interest(a) > interest(b); });
  columns.resize(count);
  return columns;
}

Soundness::Outcome Soundness::check(const std::string& name, const std::string& sql, size_t columns_per_query) {
  Query query = binder_->describe(sql);
  Outcome outcome;
  outcome.name = name;
  for (const ColumnLineage& column : query.lineage.columns)
    for (const ColumnRef& ref : column.values) outcome.claimed.insert({column.column, ref.text()});
  std::vector<std::string> before = result_hashes(sql, query.order);
  size_t turn = random_();
  for (const ColumnRef& source : columns_to_try(query, columns_per_query)) {
    for (size_t way = 0; way < kWays; ++way) {
      if (columns_per_query != 0 && way != turn % kWays) continue;
      std::vector<std::string> after;
      try {
        perturb(source, way);
        after = result_hashes(sql, query.order);
        ++outcome.runs;
      } catch (const Error&) {  // no such result: a division by zero, a text that is no number
        after = before;
      }
      for (size_t i = 0; i < query.lineage.columns.size(); ++i) {
        const ColumnLineage& column = query.lineage.columns[i];
        if (before[i + 1] == after[i + 1] && before[0] == after[0]) continue;
        if (column.values.count(source)) outcome.shown.insert({column.column, source.text()});
        if (!column.values.count(source) && !column.rows.count(source))
          outcome.violations.push_back(
              fmt::format("{}: {} (way {}) changed `{}`", name, source.text(), way, column.column));
      }
    }
    ++turn;
    restore(source.table);
  }
  return outcome;
}

}  // namespace filrouge
