#include "steps/result_table.h"

#include "base/error.h"
#include "base/text.h"

namespace filrouge {

Schema schema_of(std::initializer_list<std::pair<const char*, const char*>> columns) {
  Schema schema;
  for (const auto& [name, type] : columns) schema.columns.push_back({name, type, {}});
  return schema;
}

ResultTable::ResultTable(std::string name, Schema schema) : name_(std::move(name)), schema_(std::move(schema)) {
  for (const Column& column : schema_.columns) {
    bool is_text = column.type == "VARCHAR";
    block_.columns.push_back({column.name, is_text, {}, {}, {}});
  }
}

void ResultTable::add(const std::vector<CellValue>& row) {
  FR_CHECK(row.size() == block_.columns.size());
  for (size_t c = 0; c < row.size(); ++c) {
    BlockColumn& column = block_.columns[c];
    if (column.is_text) {
      column.is_null.push_back(!row[c].text);
      column.texts.push_back(row[c].text.value_or(""));
    } else {
      column.numbers.push_back(row[c].number);
    }
  }
  ++block_.rows;
}

void ResultTable::add(std::initializer_list<CellValue> row) {
  add(std::vector<CellValue>(row));
}

WrittenTable ResultTable::write(Engine& engine, const std::filesystem::path& staging) const {
  std::vector<std::string> columns, casts;
  for (size_t c = 0; c < schema_.columns.size(); ++c) {
    std::string name = quote_name(schema_.columns[c].name);
    columns.push_back(name + (block_.columns[c].is_text ? " VARCHAR" : " DOUBLE"));
    casts.push_back(fmt::format("{0}::{1} AS {0}", name, schema_.columns[c].type));
  }
  engine.execute("CREATE OR REPLACE TEMP TABLE result_rows (" + join(columns, ", ") + ")");
  engine.append("result_rows", block_);
  std::filesystem::path folder = staging / name_;
  std::filesystem::create_directory(folder);
  WrittenTable table = engine.materialise(name_, fmt::format("SELECT {} FROM result_rows", join(casts, ", ")),
                                          RowOrder::streaming, folder);
  engine.execute("DROP TABLE result_rows");
  return table;
}

TableLineage lineage_of_all(const Schema& schema, const std::set<ColumnRef>& values) {
  TableLineage lineage;
  for (const ColumnRef& ref : values) lineage.tables.insert(ref.table);
  for (const Column& column : schema.columns) lineage.columns.push_back({column.name, values, values, {}});
  lineage.rows = values;
  return lineage;
}

}  // namespace filrouge
