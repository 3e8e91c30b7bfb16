#include "steps/check_work.h"

#include <cmath>

#include "base/text.h"

namespace filrouge {

const std::vector<Column>& verdict_columns() {
  static const std::vector<Column> columns = {
      {"expectation", "VARCHAR", {}}, {"columns", "VARCHAR", {}}, {"rule", "VARCHAR", {}},   {"rows", "BIGINT", {}},
      {"failed", "BIGINT", {}},       {"share", "DOUBLE", {}},    {"allowed", "BIGINT", {}}, {"holds", "BOOLEAN", {}},
      {"severity", "VARCHAR", {}},    {"found", "VARCHAR", {}},   {"about", "VARCHAR", {}}};
  return columns;
}

namespace {

/// What came of one expectation.
struct Verdict {
  const Json* expectation = nullptr;
  uint64_t rows = 0;
  std::optional<uint64_t> failed, allowed;  ///< where it is about rows
  std::string found;                        ///< where it is about the whole table
  bool holds = true;

  std::string text(const char* key) const { return expectation->at(key).get<std::string>(); }
  double share() const { return rows ? static_cast<double>(*failed) / static_cast<double>(rows) : *failed ? 1.0 : 0.0; }
};

/// How many of `rows` may fail. A share like 0.29 of 100 rows is 29, whatever binary fractions make of it.
uint64_t allowed_rows(const Json& expectation, uint64_t rows) {
  if (expectation.contains("at_most")) return expectation["at_most"].get<uint64_t>();
  return static_cast<uint64_t>(std::floor(expectation.at("share").get<double>() * static_cast<double>(rows) + 1e-6));
}

uint64_t count(Engine& engine, const std::string& sql) {
  return engine.rows(sql, 1).at("rows").at(0).at(0).get<uint64_t>();
}

/// The one scan: rows, failing rows of every condition without a subquery, and the questions about the whole table.
std::vector<Verdict> judge(const Json& work, Engine& engine) {
  std::string table = quote_table(work.at("table").get<std::string>()), sql = "SELECT count(*)";
  for (const Json& e : work.at("expect")) {
    if (e.contains("holds"))
      sql += fmt::format(", CAST({} AS VARCHAR), coalesce({}, false)", e["found"].get<std::string>(),
                         e["holds"].get<std::string>());
    else if (e.contains("fails") && !e["alone"].get<bool>())
      sql += fmt::format(", count(*) FILTER (WHERE {})", e["fails"].get<std::string>());
  }
  const Json row = engine.rows(sql + " FROM " + table, 1).at("rows").at(0);
  std::vector<Verdict> verdicts;
  size_t next = 1;
  for (const Json& e : work.at("expect")) {
    Verdict verdict;
    verdict.expectation = &e;
    verdict.rows = row[0].get<uint64_t>();
    if (e.contains("holds")) {
      const Json& found = row[next++];
      verdict.found = found.is_string() ? found.get<std::string>() : "nothing";
      verdict.holds = row[next++].get<bool>();
    } else {
      if (e.contains("query"))
        verdict.failed = count(engine, fmt::format("SELECT count(*) FROM ({}\n)", e["query"].get<std::string>()));
      else if (e["alone"].get<bool>())
        verdict.failed =
            count(engine, fmt::format("SELECT count(*) FROM {} WHERE {}", table, e["fails"].get<std::string>()));
      else
        verdict.failed = row[next++].get<uint64_t>();
      verdict.allowed = allowed_rows(e, verdict.rows);
      verdict.holds = *verdict.failed <= *verdict.allowed;
    }
    verdicts.push_back(std::move(verdict));
  }
  return verdicts;
}

/// A share for people: "15.6 %", "0.02 %", "20 %".
std::string percent(double share) {
  double value = share * 100;
  int digits = value >= 1 || value == 0 ? 1 : value >= 0.095 ? 2 : value >= 0.0095 ? 3 : 4;
  std::string text = fmt::format("{:.{}f}", value, digits);
  while (text.ends_with('0')) text.pop_back();
  if (text.ends_with('.')) text.pop_back();
  return text + " %";
}

/// "refers tailnum: 52,606 of 336,776 rows (15.6 %) fail, at most 10 % may".
std::string sentence(const Verdict& v) {
  if (!v.failed) return fmt::format("{}: expected {}, found {}", v.text("label"), v.text("rule"), v.found);
  const Json& e = *v.expectation;
  std::string limit;
  if (e.contains("at_most"))
    limit = fmt::format(", at most {} may", with_commas(e["at_most"].get<uint64_t>()));
  else if (e.at("share").get<double>() > 0)
    limit = fmt::format(", at most {} may", percent(e["share"].get<double>()));
  if (e.contains("query"))
    return fmt::format("{}: {} found{}", v.text("label"), *v.failed == 1 ? "1 row" : with_commas(*v.failed) + " rows",
                       limit);
  return fmt::format("{}: {} of {} rows ({}) {}{}", v.text("label"), with_commas(*v.failed), with_commas(v.rows),
                     percent(v.share()), *v.failed == 1 ? "fails" : "fail", limit);
}

std::string verdicts_sql(const std::vector<Verdict>& verdicts) {
  std::vector<std::string> rows, columns;
  auto number = [](std::optional<uint64_t> value) { return value ? std::to_string(*value) : std::string("NULL"); };
  for (const Verdict& v : verdicts)
    rows.push_back(fmt::format("({}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {})", quote_text(v.text("label")),
                               quote_text(v.text("columns")), quote_text(v.text("rule")), v.rows, number(v.failed),
                               v.failed ? fmt::format("{}::DOUBLE", v.share()) : "NULL", number(v.allowed), v.holds,
                               quote_text(v.text("severity")), v.failed ? "NULL" : quote_text(v.found),
                               v.text("about").empty() ? "NULL" : quote_text(v.text("about"))));
  std::string names, casts;
  for (const Column& column : verdict_columns()) {
    std::string name = quote_name(column.name);
    names += (names.empty() ? "" : ", ") + name;
    casts += fmt::format("{}CAST({} AS {}) AS {}", casts.empty() ? "" : ", ", name, column.type, name);
  }
  return fmt::format("SELECT {} FROM (VALUES {}) AS verdicts({})", casts, join(rows, ", "), names);
}

/// The failing rows of every expectation, in the order of the thread.
std::string all_failures_sql(const Json& work, const std::vector<Verdict>& verdicts) {
  std::vector<std::string> parts;
  for (const Verdict& v : verdicts)
    if (v.failed.value_or(0) > 0 && v.expectation->contains("failures"))
      parts.push_back(fmt::format("(SELECT * FROM ({}\n))", v.text("failures")));
  return parts.empty() ? work.at("no_failures").get<std::string>() : join(parts, " UNION ALL ");
}

/// A subfolder of its own for each table of the step.
std::filesystem::path folder_for(const WorkRequest& request, const std::string& table) {
  std::filesystem::path folder = request.staging / table;
  std::filesystem::create_directory(folder);
  return folder;
}

void write_quarantine(const WorkRequest& request, const std::vector<Verdict>& verdicts, Engine& engine,
                      WorkResult& result) {
  bool any = std::any_of(verdicts.begin(), verdicts.end(), [](const Verdict& v) { return v.failed.value_or(0) > 0; });
  std::string name = request.name, all = fmt::format("SELECT * FROM {}", quote_table(name));
  RowOrder order = any ? static_cast<RowOrder>(request.work.at("pass_order").get<int>()) : RowOrder::streaming;
  result.tables.push_back(engine.materialise(name, any ? request.work.at("pass").get<std::string>() : all, order,
                                             folder_for(request, name)));
  std::string aside = name + ".quarantine";
  result.tables.push_back(engine.materialise(aside, request.work.at("aside").get<std::string>(), RowOrder::sequential,
                                             folder_for(request, aside)));
  if (uint64_t rows = result.tables.back().rows)
    result.notes.push_back(fmt::format("{} of {} rows set aside: filrouge show {}", with_commas(rows),
                                       with_commas(verdicts.front().rows), aside));
}

/// "3 of 4 hold: refers tailnum: ..", notes, and whether what depends on the table may run.
void report_verdicts(const std::vector<Verdict>& verdicts, bool quarantine, const std::string& table,
                     WorkResult& result) {
  std::set<size_t> items, failing;
  std::vector<std::string> sentences;
  bool rows_kept = false;
  for (const Verdict& v : verdicts) {
    items.insert(v.expectation->at("item").get<size_t>());
    if (v.holds) continue;
    failing.insert(v.expectation->at("item").get<size_t>());
    sentences.push_back(sentence(v));
    rows_kept = rows_kept || v.expectation->contains("failures");
    std::string severity = v.text("severity");
    if (severity == "stop" || (severity == "quarantine" && !v.expectation->contains("fails"))) result.passed = false;
  }
  result.summary = fmt::format("{} of {} hold", items.size() - failing.size(), items.size());
  result.details = {{"expectations", items.size()}, {"holding", items.size() - failing.size()}, {"failing", sentences}};
  if (sentences.empty()) return;
  result.summary += ": " + sentences.front();
  result.notes.insert(result.notes.end(), sentences.begin() + 1, sentences.end());
  if (rows_kept && !quarantine) result.notes.push_back("failing rows: filrouge show " + table + ".failures");
}

}  // namespace

WorkResult work_on_check(const WorkRequest& request, WorkContext& context) {
  context.phase("checking");
  Engine& engine = context.engine();
  std::vector<Verdict> verdicts = judge(request.work, engine);
  WorkResult result;
  std::string checks = request.name + ".checks", failures = request.name + ".failures";
  result.tables.push_back(
      engine.materialise(checks, verdicts_sql(verdicts), RowOrder::streaming, folder_for(request, checks)));
  result.tables.push_back(engine.materialise(failures, all_failures_sql(request.work, verdicts), RowOrder::sequential,
                                             folder_for(request, failures)));
  bool quarantine = request.work.contains("pass");
  report_verdicts(verdicts, quarantine, request.name, result);
  if (quarantine) {
    context.phase("setting rows aside");
    write_quarantine(request, verdicts, engine, result);
  }
  return result;
}

}  // namespace filrouge
