// The Binder: one DuckDB in memory whose tables are empty.
//
// describe() asks DuckDB for the plan of CREATE TABLE x AS <the query>, which is never run: it gives the lineage, and
// names and types of the result as DuckDB would store them. docs/decisions/0010-lineage-from-the-bound-plan.md
#include <future>

#include "base/text.h"
#include "engines/duckdb_errors.h"
#include "engines/duckdb_plan.h"
#include "engines/duckdb_session_impl.h"
#include "engines/duckdb_syntax.h"
#include "engines/plan_functions.h"
#include "engines/spark_sql.h"
#include "engines/sql_text.h"
#include "tables/portable.h"

namespace filrouge {
namespace {

constexpr const char* kSyntax =
    "SELECT json_serialize_sql(?::VARCHAR, skip_null := true, skip_default := true, skip_empty := true)";
// Empty objects must stay: [{}, {"index": 2}] are the columns 0 and 2.
constexpr const char* kPlan =
    "SELECT json_serialize_plan(?::VARCHAR, optimize := false, skip_null := true, skip_default := true)";
constexpr std::string_view kPrefix = "CREATE TABLE \"the result\" AS ";

using Stability = std::map<std::string, std::string>;

/// Of the functions that are not plainly CONSISTENT.
Stability stability_of_functions(DuckSession& session) {
  Stability stability;
  for (auto& row : session.texts("SELECT function_name, max(stability) FROM duckdb_functions() "
                                 "WHERE stability <> 'CONSISTENT' GROUP BY ALL"))
    stability[row[0].value_or("")] = row[1].value_or("");
  stability["USING SAMPLE"] = "VOLATILE";
  stability.erase("error");  // only that it runs is what DuckDB must not take for granted
  return stability;
}

class DuckBinder : public Binder {
 public:
  DuckBinder() : session_(1) {
    session_.execute("PRAGMA disable_optimizer; SET enable_external_access = false; SET lock_configuration = true");
    asked_ = std::async(std::launch::async | std::launch::deferred, [this] {  // 20 ms, and the first plan needs it
      DuckSession beside(session_);
      return stability_of_functions(beside);
    });
  }

  void declare(const std::string& table, const Schema& schema) override;
  std::vector<std::string> tables_of(const std::string& sql) override;
  Query describe(const std::string& sql) override;
  PortableQuery for_spark(const std::string& sql) override;
  const std::vector<std::string>& functions() override;

 private:
  SyntaxFacts parse(const std::string& sql);
  void make_tables_for(const std::string& sql);
  void make_one_by_one(const std::set<std::string>& tables);
  std::string create_statement(const std::string& table);
  std::string plan_text(const std::string& sql);
  std::pair<PlanNode, PlanNode> parts_of(const std::string& sql, PlanNode root);
  [[noreturn]] void explain(const std::string& sql, PlanNode answer);
  Schema result_schema(const std::string& sql, PlanNode columns);
  void refuse_duplicates(const std::string& sql, const Schema& schema);
  void refuse_row_numbers(const TableLineage& lineage);
  const Stability& stability();

  DuckSession session_;
  Schemas schemas_;
  std::set<std::string> waiting_;  ///< declared, but not yet made in DuckDB
  std::vector<std::string> functions_;
  Stability stability_;
  std::future<Stability> asked_;  ///< for stability_; last, as its thread uses session_
};

void DuckBinder::declare(const std::string& table, const Schema& schema) {
  if (auto known = schemas_.find(table);
      known != schemas_.end() && known->second.columns.size() == schema.columns.size()) {
    bool same = true;
    for (size_t i = 0; i < schema.columns.size(); ++i)
      same = same && known->second.columns[i].name == schema.columns[i].name &&
             known->second.columns[i].type == schema.columns[i].type;
    if (same) return;
  }
  schemas_[table] = schema;
  waiting_.insert(table);
}

/// Makes the declared tables that wait, if `sql` may name one of them. Many in one transaction cost half of one by one.
void DuckBinder::make_tables_for(const std::string& sql) {
  if (waiting_.empty()) return;
  bool needed = false;
  for (const SqlToken& token : sql_tokens(sql)) {
    if (token.kind != SqlTokenKind::word && token.kind != SqlTokenKind::quoted_name) continue;
    std::string name = lower(sql.substr(token.offset, token.length));
    if (token.kind == SqlTokenKind::quoted_name) name = name.substr(1, name.size() - std::min<size_t>(name.size(), 2));
    auto next = waiting_.lower_bound(name);  // the table itself, or one of its side tables
    needed = needed || (next != waiting_.end() && (*next == name || next->starts_with(name + ".")));
  }
  if (!needed) return;
  std::string batch;
  for (const std::string& table : waiting_) batch += create_statement(table);
  std::set<std::string> tables;
  tables.swap(waiting_);
  try {
    session_.execute("BEGIN; " + batch + "COMMIT");
  } catch (const Error&) {
    session_.execute("ROLLBACK");
    make_one_by_one(tables);
  }
}

/// After a batch has failed: all that can be made are made, then the first failure is told.
void DuckBinder::make_one_by_one(const std::set<std::string>& tables) {
  std::optional<Error> first;
  for (const std::string& table : tables) {
    try {
      session_.execute(create_statement(table));
    } catch (const Error& error) {
      schemas_.erase(table);
      if (!first)
        first = Error(ErrorKind::user, "FR0207", fmt::format("table `{}` cannot be made: {}", table, error.message));
    }
  }
  if (first) throw *first;
}

std::string DuckBinder::create_statement(const std::string& table) {
  std::vector<std::string> columns;
  for (const Column& column : schemas_[table].columns) columns.push_back(quote_name(column.name) + " " + column.type);
  if (columns.empty()) columns.push_back("\"\" INTEGER");
  size_t dot = table.find('.');
  std::string schema;
  if (dot != std::string::npos)
    schema = fmt::format("CREATE SCHEMA IF NOT EXISTS {}; ", quote_name(table.substr(0, dot)));
  return fmt::format("{}CREATE OR REPLACE TABLE {} ({}); ", schema, quote_table(table), join(columns, ", "));
}

/// Parses, without binding. Throws for what is no single SELECT.
SyntaxFacts DuckBinder::parse(const std::string& sql) {
  PlanJson json(session_.scalar_with(kSyntax, sql).value_or("{}"));
  PlanNode root = json.root();
  if (root["error"].is("true")) throw syntax_error(sql, root);
  size_t count = root["statements"].size();
  if (count != 1) throw not_one_select(sql, count);
  for (PlanNode statement : root["statements"]) {
    SyntaxFacts facts = syntax_facts(statement);
    if (facts.shows_catalog)
      throw Error(ErrorKind::user, "FR0202", "DESCRIBE and SHOW tell no data: a query is one SELECT");
    if (facts.has_parameters) throw unnamed_parameter(sql);
    return facts;
  }
  return {};
}

std::vector<std::string> DuckBinder::tables_of(const std::string& sql) {
  SyntaxFacts facts = parse(sql);
  for (const TableUse& call : facts.functions) check_table_function(call, sql);
  std::vector<std::string> names;
  for (const TableUse& use : facts.tables) {
    check_table_name(use, sql);
    if (std::find(names.begin(), names.end(), use.name) == names.end()) names.push_back(use.name);
  }
  return names;
}

/// The plan of CREATE TABLE AS `sql`, in DuckDB's JSON.
std::string DuckBinder::plan_text(const std::string& sql) {
  make_tables_for(sql);
  return session_.scalar_with(kPlan, std::string(kPrefix) + sql).value_or("{}");
}

/// The two parts of that plan: the table's columns, and the query.
std::pair<PlanNode, PlanNode> DuckBinder::parts_of(const std::string& sql, PlanNode root) {
  if (root["error"].is("true")) explain(sql, root);
  PlanNode create, plan;
  for (PlanNode statement : root["plans"]) create = statement;
  for (PlanNode child : create["children"]) plan = child;
  if (root["plans"].size() != 1 || !plan || !create["type"].is("LOGICAL_CREATE_TABLE"))
    throw not_one_select(sql, root["plans"].size());
  return {create["info"]["columns"]["columns"], plan};
}

PortableQuery DuckBinder::for_spark(const std::string& sql) {
  PlanJson json(plan_text(sql));
  auto [columns, plan] = parts_of(sql, json.root());
  ConstantFolder folder;
  folder.value = [this](const std::string& expression) {
    return session_.texts("SELECT (" + expression + ")::VARCHAR").at(0).at(0);
  };
  folder.is_pure = [this](const std::string& function) { return !stability().contains(function); };
  PortableQuery query = to_spark(plan, schemas_, result_schema(sql, columns), folder);
  for (Error& problem : query.problems)
    if (problem.text_offset) *problem.text_offset -= static_cast<long>(kPrefix.size());
  return query;
}

Query DuckBinder::describe(const std::string& sql) {
  PlanJson json(plan_text(sql));
  auto [columns, plan] = parts_of(sql, json.root());
  Query query;
  query.schema = result_schema(sql, columns);
  read_plan(plan, schemas_, query);
  refuse_row_numbers(query.lineage);
  for (const std::string& table : query.lineage.tables)
    if (!schemas_.count(table)) tables_of(sql);
  check_scans(plan, sql);
  for (const std::string& name : functions_in(plan)) {
    if (name.starts_with("approx_") || name == "reservoir_quantile") query.approximate_functions.push_back(name);
    auto entry = stability().find(name);
    if (entry == stability().end()) continue;
    query.volatile_functions.push_back(name);
    if (entry->second == "VOLATILE") query.order = RowOrder::sequential;
  }
  return query;
}

Schema DuckBinder::result_schema(const std::string& sql, PlanNode columns) {
  Schema schema;
  for (PlanNode column : columns)
    schema.columns.push_back({column["name"].text(), portable_type(type_text(column["type"])), {}});
  refuse_duplicates(sql, schema);
  return schema;
}

/// CREATE TABLE AS renames the second `a` to `a_1`. Only where a name looks like that are the query's own names asked
/// for.
void DuckBinder::refuse_duplicates(const std::string& sql, const Schema& schema) {
  std::set<std::string> names;
  for (const Column& column : schema.columns) names.insert(lower(column.name));
  bool suspicious = false;
  for (const std::string& name : names) {
    size_t line = name.rfind('_');
    if (line == std::string::npos || line + 1 == name.size()) continue;
    bool number = name.find_first_not_of("0123456789", line + 1) == std::string::npos;
    suspicious = suspicious || (number && names.count(name.substr(0, line)));
  }
  if (!suspicious) return;
  duckdb_prepared_statement statement = nullptr;
  duckdb_prepare(session_.impl().connection, sql.c_str(), &statement);
  std::set<std::string> seen;
  std::string twice;
  for (idx_t i = 0; i < duckdb_prepared_statement_column_count(statement); ++i) {
    const char* name = duckdb_prepared_statement_column_name(statement, i);
    if (name && !seen.insert(lower(name)).second && twice.empty()) twice = name;
    duckdb_free(const_cast<char*>(name));
  }
  duckdb_destroy_prepare(&statement);
  if (!twice.empty()) throw duplicate_column(twice);
}

void DuckBinder::refuse_row_numbers(const TableLineage& lineage) {
  auto check = [&](const std::set<ColumnRef>& refs) {
    for (const ColumnRef& ref : refs)
      if (ref.column == "rowid" && !schemas_[ref.table].find("rowid"))
        throw Error(ErrorKind::user, "FR0203", fmt::format("no column `rowid` in `{}`", ref.table),
                    "number the rows with row_number() OVER (ORDER BY ...)");
  };
  check(lineage.rows);
  for (const ColumnLineage& column : lineage.columns) check(column.values), check(column.rows);
}

/// The plan could not be made: says why in the user's words.
void DuckBinder::explain(const std::string& sql, PlanNode answer) {
  SyntaxFacts facts = parse(sql);  // a syntax error is told first, with its place in `sql` itself
  for (const TableUse& call : facts.functions) check_table_function(call, sql);
  for (const TableUse& use : facts.tables) {
    check_table_name(use, sql);
    if (!schemas_.count(use.name)) throw unknown_table(use, schemas_, sql);
  }
  throw bind_error(sql, kPrefix.size(), answer, facts, schemas_, functions());
}

const std::vector<std::string>& DuckBinder::functions() {
  if (functions_.empty())
    for (auto& row : session_.texts("SELECT DISTINCT function_name FROM duckdb_functions() "
                                    "WHERE regexp_matches(function_name, '^[a-z][a-z0-9_]*$') ORDER BY 1"))
      functions_.push_back(row[0].value_or(""));
  return functions_;
}

const Stability& DuckBinder::stability() {
  if (asked_.valid()) stability_ = asked_.get();
  return stability_;
}

}  // namespace

std::unique_ptr<Binder> make_binder() {
  return std::make_unique<DuckBinder>();
}

}  // namespace filrouge
