// check: expectations on a table. Yields NAME.checks (one row per expectation: what was expected, how many rows fail,
// whether it holds) and NAME.failures (for each expectation the first `keep` failing rows: their number in the table,
// from 1, and the columns that the check looks at). Not all columns: the check would then have to run again whenever
// any column of the table changed.
//
// With `otherwise: quarantine` it yields the table itself a second time, without the rows that fail, and those with
// their number and reasons as NAME.quarantine; other steps then read the former in place of the original. Rows are set
// aside whatever `at_most` says: that is only the share at which an expectation is said not to hold. What is not about
// single rows (row_count, type, freshness, sql) cannot be mended by setting rows aside and stops the run.
#include "base/text.h"
#include "steps/check_sql.h"
#include "steps/check_work.h"
#include "steps/sql_step.h"
#include "steps/verbs.h"

namespace filrouge {
namespace {

bool replaces(const Step& step) {
  return step.config.value("otherwise", "stop") == "quarantine";
}

std::vector<std::string> yields(const Step& step) {
  std::vector<std::string> names = {step.name + ".checks", step.name + ".failures"};
  if (replaces(step)) names.push_back(step.name + ".quarantine");
  return names;
}

/// Every table named by the expectations, with doubles.
std::vector<std::string> tables_expected(const Step& step, BindContext& context) {
  std::vector<std::string> tables;
  const Json expect = step.config.value("expect", Json::array());
  for (size_t i = 0; i < expect.size(); ++i) {
    const Json& item = expect[i];
    if (item.contains("refers") && item["refers"].is_object())
      for (const auto& [_, parent] : item["refers"].items())
        if (std::string text = parent.is_string() ? parent.get<std::string>() : ""; text.find('.') != std::string::npos)
          tables.push_back(text.substr(0, text.rfind('.')));
    if (item.contains("sql"))
      for (std::string& table : sql_references(step, {"expect", std::to_string(i), "sql"}, item["sql"], context))
        tables.push_back(std::move(table));
  }
  return tables;
}

std::vector<std::string> references(const Step& step, BindContext& context) {
  std::vector<std::string> tables = {step.name};
  for (std::string& table : tables_expected(step, context))
    if (std::find(tables.begin(), tables.end(), table) == tables.end()) tables.push_back(std::move(table));
  return tables;
}

/// Which columns of NAME.checks depend on data.
bool is_measured(const std::string& column) {
  static const std::set<std::string> measured = {"rows", "failed", "share", "allowed", "holds", "found"};
  return measured.contains(column);
}

OutputTable verdict_table(const Step& step, const Expectations& expectations) {
  OutputTable table{step.name + ".checks", {verdict_columns()}, {}};
  table.lineage.tables = expectations.tables;
  for (const Column& column : verdict_columns()) {
    ColumnLineage lineage{column.name, {}, {}};
    if (is_measured(column.name)) lineage.values = expectations.reads;
    table.lineage.columns.push_back(std::move(lineage));
  }
  return table;
}

/// `name`, or `name_`, `name__` ..: not yet a column.
std::string free_name(std::string name, const Schema& schema) {
  while (schema.find(name)) name += "_";
  return name;
}

/// All that the SQL of one check has in common.
struct CheckSql {
  const Step& step;
  const Schema& table;
  const Expectations& expectations;
  uint64_t keep;
  Schema kept;         ///< columns of NAME.failures besides its own two
  std::string row;     ///< name of the column with the row's number
  std::string reason;  ///< name of the column with the expectation
};

/// The columns that the check looks at, in the table's order, then those that only its queries have. A query's column
/// of the same name but another type makes it a text.
Schema kept_columns(const Schema& table, const Expectations& expectations) {
  Schema kept;
  for (const Column& column : table.columns)
    if (expectations.columns.contains(column.name)) kept.columns.push_back({column.name, column.type, {}});
  for (const Expectation& e : expectations.list)
    for (const Column& column : e.result.columns) {
      auto same = [&](const Column& other) { return lower(other.name) == lower(column.name); };
      auto found = std::find_if(kept.columns.begin(), kept.columns.end(), same);
      if (found == kept.columns.end())
        kept.columns.push_back({column.name, column.type, {}});
      else if (found->type != column.type)
        found->type = "VARCHAR";
    }
  return kept;
}

/// "SELECT 'range dep_delay' AS expectation, row, CAST("dep_delay" AS BIGINT) AS "dep_delay" .. FROM .."
std::string failures_select(const CheckSql& b, const std::string& label, const std::string& row, const Schema& from) {
  std::string sql = fmt::format("SELECT CAST({} AS VARCHAR) AS {}, {} AS {}", quote_text(label), quote_name(b.reason),
                                row, quote_name(b.row));
  for (const Column& column : b.kept.columns)
    sql += fmt::format(", CAST({} AS {}) AS {}", from.find(column.name) ? quote_name(column.name) : "NULL", column.type,
                       quote_name(column.name));
  return sql;
}

/// The table with the number of each row.
std::string numbered(const CheckSql& b) {
  return fmt::format("(SELECT row_number() OVER () AS {}, * FROM {})", quote_name(b.row), quote_table(b.step.name));
}

/// The first `keep` failing rows of one expectation.
std::string failures_sql(const CheckSql& b, const Expectation& e) {
  if (e.about_table() || b.keep == 0) return "";
  if (!e.query.empty())
    return fmt::format("{} FROM ({}\n) LIMIT {}", failures_select(b, e.label, "CAST(NULL AS BIGINT)", e.result),
                       e.query, b.keep);
  Schema columns;
  for (const Column& column : b.table.columns)
    if (b.expectations.columns.contains(column.name)) columns.columns.push_back(column);
  return fmt::format("{} FROM {} WHERE {} ORDER BY {} LIMIT {}",
                     failures_select(b, e.label, quote_name(b.row), columns), numbered(b), e.fails, quote_name(b.row),
                     b.keep);
}

std::string no_failures_sql(const CheckSql& b) {
  return failures_select(b, "", "CAST(NULL AS BIGINT)", Schema()) + " WHERE false";
}

OutputTable failures_table(const CheckSql& b) {
  OutputTable table{b.step.name + ".failures", {}, {}};
  table.schema.columns = {{b.reason, "VARCHAR", {}}, {b.row, "BIGINT", {}}};
  table.lineage.tables = b.expectations.tables;
  table.lineage.rows = b.expectations.reads;
  table.lineage.columns = {{b.reason, {}, b.expectations.reads}, {b.row, {}, b.expectations.reads}};
  for (const Column& column : b.kept.columns) {
    ColumnLineage lineage{column.name, {}, b.expectations.reads};
    if (const Column* own = b.table.find(column.name); own && b.expectations.columns.contains(own->name))
      lineage.values.insert({b.step.name, own->name});
    for (const Expectation& e : b.expectations.list)
      for (const ColumnLineage& from : e.lineage.columns)
        if (lower(from.column) == lower(column.name)) lineage.values.insert(from.values.begin(), from.values.end());
    Column with_meaning = column;
    table.schema.columns.push_back(std::move(with_meaning));
    table.lineage.columns.push_back(std::move(lineage));
  }
  return table;
}

/// The table without its failing rows, then those rows. Both depend on every column.
void bind_quarantine(const CheckSql& b, Binding& binding) {
  std::vector<std::string> good, reasons, bad;
  bool joins = false;
  for (const Expectation& e : b.expectations.list) {
    if (e.severity != "quarantine" || e.fails.empty()) continue;
    good.push_back(fmt::format("({}) IS NOT TRUE", e.fails));
    bad.push_back(fmt::format("({})", e.fails));
    reasons.push_back(fmt::format("CASE WHEN {} THEN {} END", e.fails, quote_text(e.label)));
    joins = joins || e.has_subquery;
  }
  std::string table = quote_table(b.step.name), row = quote_name(b.row);
  std::string reason = reasons.empty() ? "CAST(NULL AS VARCHAR)" : "concat_ws('; ', " + join(reasons, ", ") + ")";
  binding.work["aside"] =
      fmt::format("SELECT {}, {} AS {}, * EXCLUDE ({}) FROM {} WHERE {} ORDER BY {}", row, reason, quote_name(b.reason),
                  row, numbered(b), bad.empty() ? "false" : join(bad, " OR "), row);
  binding.work["pass"] = fmt::format("SELECT * FROM {} WHERE {}", table, good.empty() ? "true" : join(good, " AND "));
  binding.work["pass_order"] = static_cast<int>(joins ? RowOrder::sequential : RowOrder::streaming);

  OutputTable pass{b.step.name, b.table, {}}, aside{b.step.name + ".quarantine", {}, {}};
  aside.schema.columns = {{b.row, "BIGINT", {}}, {b.reason, "VARCHAR", {}}};
  aside.lineage.columns = {{b.row, {}, b.expectations.reads}, {b.reason, {}, b.expectations.reads}};
  for (OutputTable* output : {&pass, &aside}) {
    output->lineage.tables = b.expectations.tables;
    output->lineage.rows = b.expectations.reads;
    for (const Column& column : b.table.columns)
      output->lineage.columns.push_back({column.name, {{b.step.name, column.name}}, b.expectations.reads});
  }
  aside.schema.columns.insert(aside.schema.columns.end(), b.table.columns.begin(), b.table.columns.end());
  binding.tables.push_back(std::move(pass));
  binding.tables.push_back(std::move(aside));
  binding.replaces_input = true;
}

Json to_work(const Expectation& e, const std::string& failures) {
  Json json = {{"item", e.item},         {"label", e.label}, {"columns", e.columns},    {"rule", e.rule},
               {"severity", e.severity}, {"about", e.about}, {"share", e.at_most_share}};
  if (e.at_most_rows) json["at_most"] = *e.at_most_rows;
  if (e.about_table())
    json["found"] = e.found, json["holds"] = e.holds;
  else if (e.query.empty())
    json["fails"] = e.fails, json["alone"] = e.has_subquery;
  else
    json["query"] = e.query;
  if (!failures.empty()) json["failures"] = failures;
  return json;
}

std::vector<Use> uses_of_check(const Step& step, const Schema& table, const Expectations& expectations, bool all) {
  std::map<std::string, std::set<std::string>> columns;
  for (const std::string& name : expectations.tables) columns[name];
  for (const ColumnRef& ref : expectations.reads) columns[ref.table].insert(ref.column);
  if (all)
    for (const Column& column : table.columns) columns[step.name].insert(column.name);
  std::vector<Use> uses;
  for (const auto& [name, set] : columns) uses.push_back({name, {set.begin(), set.end()}});
  return uses;
}

/// Can a check that does not hold stop the run?
bool is_gate(const Expectations& expectations) {
  return std::any_of(expectations.list.begin(), expectations.list.end(), [](const Expectation& e) {
    return e.severity == "stop" || (e.severity == "quarantine" && e.fails.empty());
  });
}

std::optional<Binding> bind(const Step& step, BindContext& context) {
  const Schema* table = context.schema(step.name);
  if (!table) {
    find_table(step, {}, step.name, context,
               "a check names the table that it checks: " + join(context.table_names(), ", "));
    return std::nullopt;
  }
  auto expectations = compile_expectations(step, *table, context);
  if (!expectations) return std::nullopt;

  Schema kept = kept_columns(*table, *expectations), all = *table;
  all.columns.insert(all.columns.end(), kept.columns.begin(), kept.columns.end());
  CheckSql b{step,
             *table,
             *expectations,
             step.config.value("keep", uint64_t{1000}),
             kept,
             free_name("row", all),
             free_name("expectation", all)};
  Binding binding;
  binding.tables = {verdict_table(step, *expectations), failures_table(b)};
  binding.work = {{"table", step.name}, {"no_failures", no_failures_sql(b)}, {"expect", Json::array()}};
  for (const Expectation& e : expectations->list) binding.work["expect"].push_back(to_work(e, failures_sql(b, e)));
  bool quarantine = replaces(step);
  if (quarantine) bind_quarantine(b, binding);
  binding.canonical = binding.work;
  for (Json& e : binding.canonical["expect"])
    if (e.contains("query")) e["query"] = canonical_sql(e["query"].get<std::string>()), e.erase("failures");
  binding.canonical["keep"] = b.keep;
  binding.uses = uses_of_check(step, *table, *expectations, quarantine);
  binding.params = {expectations->params.begin(), expectations->params.end()};
  binding.gate = is_gate(*expectations);
  binding.expected_rows = expectations->list.size();
  return binding;
}

std::vector<KeySpec> expectation_keys() {
  return {
      {.name = "unique",
       .type = ValueType::text_list,
       .about = "columns that together differ in every row; a key with a missing value passes, as in SQL"},
      {.name = "not_null", .type = ValueType::text_list, .about = "columns that have a value in every row"},
      {.name = "range",
       .type = ValueType::mapping,
       .about = "{column: [lowest, highest]}, both included; null = open; also {min: , max: }"},
      {.name = "in", .type = ValueType::mapping, .about = "{column: [values that are allowed]}"},
      {.name = "matches",
       .type = ValueType::mapping,
       .about = "{column: regular expression of RE2 that the whole value must match}"},
      {.name = "refers", .type = ValueType::mapping, .about = "{column: table.column} in which every value occurs"},
      {.name = "row_count", .type = ValueType::any, .about = "number of rows, or [fewest, most]"},
      {.name = "type", .type = ValueType::mapping, .about = "{column: type}, such as BIGINT, VARCHAR, DECIMAL(18,3)"},
      {.name = "freshness",
       .type = ValueType::mapping,
       .about = "{column: age} such as 30 days: the newest value is at most that old on the day `as_of`"},
      {.name = "sql",
       .type = ValueType::sql,
       .about = "a SELECT that finds what is wrong: every row returned is a failure"},
      {.name = "at_most",
       .type = ValueType::any,
       .default_value = "0",
       .about = "how many rows may fail: a share (1%, 0.01) or a number of rows (12)"},
      {.name = "as_of",
       .type = ValueType::text,
       .default_value = "today, UTC",
       .about = "for freshness: the day (or time) that ages count from; `$name` takes a parameter"},
      {.name = "otherwise",
       .type = ValueType::choice,
       .about = "for this expectation, in place of the check's own",
       .choices = {"stop", "warn"}},
      {.name = "name", .type = ValueType::text, .about = "what reports call it"},
      {.name = "about", .type = ValueType::text, .about = "why it is expected"},
  };
}

}  // namespace

Verb check_verb() {
  Verb verb;
  verb.spec.name = "check";
  verb.spec.makes = "NAME.checks, NAME.failures";
  verb.spec.about =
      "Expectations on a table: what reads the table runs only when they hold. Missing values pass all but `not_null`. "
      "Yields NAME.checks, one row per expectation, and NAME.failures, the rows that fail.";
  verb.spec.keys = {
      {.name = "expect",
       .type = ValueType::list,
       .required = true,
       .about = "the expectations, one per item",
       .keys = expectation_keys()},
      {.name = "otherwise",
       .type = ValueType::choice,
       .default_value = "stop",
       .about = "when one does not hold: stop what depends on the table, warn only, or set the failing rows aside in "
                "NAME.quarantine and go on without them",
       .choices = {"stop", "warn", "quarantine"}},
      {.name = "keep",
       .type = ValueType::integer,
       .default_value = "1000",
       .about = "how many failing rows of an expectation are kept in NAME.failures"},
  };
  verb.spec.example =
      "- check: flights\n"
      "  expect:\n"
      "    - unique: [year, month, day, hour, carrier, flight, origin]\n"
      "    - refers: {tailnum: planes.tailnum}\n"
      "      at_most: 20%\n"
      "    - range: {dep_delay: [-60, 1500]}\n"
      "    - in: {origin: [EWR, JFK, LGA]}\n"
      "    - sql: SELECT * FROM flights WHERE air_time > 900\n"
      "      name: too long in the air\n";
  verb.yields = yields;
  verb.replaces = replaces;
  verb.references = references;
  verb.bind = bind;  // not `remembered`: the age of data counts from today where `as_of` says nothing else
  verb.work = work_on_check;
  return verb;
}

}  // namespace filrouge
