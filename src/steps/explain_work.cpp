#include "steps/explain_work.h"

#include <cmath>

#include "base/error.h"
#include "base/text.h"
#include "models/explanation.h"
#include "models/fairness.h"
#include "steps/explain_counterfactuals.h"
#include "steps/explain_parts.h"
#include "steps/explain_report.h"
#include "steps/result_table.h"

namespace filrouge {
namespace {

constexpr size_t kMostGroups = 100;
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

bool always(const Json&) {
  return true;
}

/// What is gathered over the blocks.
class Gathered {
 public:
  Gathered(const Json& work, const Model& model, int threads)
      : model_(model),
        explanation_(model, threads),
        target_(work.at("target")),
        groups_(groups_named(work.at("config"))),
        wants_contributions_(work.at("config").value("contributions", false)) {
    for (size_t k = 0; k < model.classes.size(); ++k) class_numbers_[model.classes[k]] = static_cast<double>(k);
  }

  const std::vector<std::string>& groups() const { return groups_; }
  /// `others`: the target, if the table has it, then the groups' columns; `rows`: their numbers in the table.
  /// `by_feature`: as Explanation::add() takes it.
  void add(const Frame& inputs, const Frame& others, const std::vector<double>& rows, std::vector<double> by_feature,
           Engine& engine);
  void fill(const std::string& table, ResultTable& out) const;
  const Explanation& explanation() const { return explanation_; }

 private:
  std::vector<double> targets(const Frame& others) const;
  void append_contributions(const std::vector<double>& folded, const std::vector<double>& rows, Engine& engine) const;
  void fill_fairness(ResultTable& out) const;

  const Model& model_;
  Explanation explanation_;
  std::string target_;
  std::vector<std::string> groups_;
  bool wants_contributions_;
  std::map<std::string, double> class_numbers_;
  std::vector<double> y_, p_;                           // for fairness
  std::vector<std::vector<std::string>> group_values_;  // by group column
};

std::vector<double> Gathered::targets(const Frame& others) const {
  const FrameColumn* column = others.find(target_);
  if (!column || model_.task == Task::rank) return {};  // a score is no estimate of the grade: no loss of a row
  std::vector<double> y(others.rows, kNone);
  for (size_t row = 0; row < others.rows; ++row) {
    if (column->is_null(row)) continue;
    if (model_.task != Task::classify)
      y[row] = column->numbers[row];
    else if (auto found = class_numbers_.find(value_text(*column, row)); found != class_numbers_.end())
      y[row] = found->second;
  }
  return y;
}

void Gathered::add(const Frame& inputs, const Frame& others, const std::vector<double>& rows,
                   std::vector<double> by_feature, Engine& engine) {
  std::vector<double> y = targets(others);
  std::vector<double> folded = explanation_.add(inputs, y, std::move(by_feature));
  if (wants_contributions_) append_contributions(folded, rows, engine);
  if (groups_.empty() || model_.classes.size() != 2) return;
  // Raw scores are the sums of the contributions: no second evaluation of the trees.
  size_t width = model_.features.sources().size() + 1;
  std::vector<double> raw(inputs.rows);
  for (size_t r = 0; r < inputs.rows; ++r)
    for (size_t s = 0; s < width; ++s) raw[r] += folded[r * width + s];
  std::vector<double> p = model_.predict(raw);
  group_values_.resize(groups_.size());
  for (size_t r = 0; r < inputs.rows; ++r) {
    if (std::isnan(y[r])) continue;
    y_.push_back(y[r]);
    p_.push_back(p[r]);
    for (size_t g = 0; g < groups_.size(); ++g) group_values_[g].push_back(value_text(*others.find(groups_[g]), r));
  }
}

void Gathered::append_contributions(const std::vector<double>& folded, const std::vector<double>& rows,
                                    Engine& engine) const {
  constexpr size_t kAtOnce = 16'384;  // texts are large in memory
  const auto& sources = model_.features.sources();
  size_t outputs = model_.outputs(), width = sources.size() + 1;
  Block empty;
  empty.columns = {{"row", false, {}, {}, {}},          {"class", true, {}, {}, {}}, {"column", true, {}, {}, {}},
                   {"contribution", false, {}, {}, {}}, {"base", false, {}, {}, {}}, {"raw", false, {}, {}, {}}};
  Block block = empty;
  for (size_t line = 0; line * width < folded.size(); ++line) {
    const double* at = &folded[line * width];
    double raw = 0;
    for (size_t s = 0; s < width; ++s) raw += at[s];
    for (size_t s = 0; s < sources.size(); ++s) {
      block.columns[0].numbers.push_back(rows[line / outputs]);
      block.columns[1].texts.push_back(outputs > 1 ? model_.classes[line % outputs] : "");
      block.columns[1].is_null.push_back(outputs == 1);
      block.columns[2].texts.push_back(sources[s].name);
      block.columns[2].is_null.push_back(0);
      block.columns[3].numbers.push_back(at[s]);
      block.columns[4].numbers.push_back(at[sources.size()]);
      block.columns[5].numbers.push_back(raw);
      ++block.rows;
    }
    if (block.rows < kAtOnce) continue;
    engine.append("contributions", block);
    block = empty;
  }
  if (block.rows > 0) engine.append("contributions", block);
}

void Gathered::fill_fairness(ResultTable& out) const {
  for (size_t g = 0; g < groups_.size(); ++g) {
    std::map<std::string, uint32_t> numbers;
    for (const std::string& value : group_values_[g]) numbers.emplace(value, 0);
    if (numbers.size() > kMostGroups)
      throw Error(ErrorKind::data, "FR0812",
                  fmt::format("`{}` has {} different values: too many groups to compare", groups_[g], numbers.size()),
                  "make coarser groups in SQL");
    std::vector<std::string> names;
    for (auto& [value, number] : numbers) number = static_cast<uint32_t>(names.size()), names.push_back(value);
    std::vector<uint32_t> group;
    for (const std::string& value : group_values_[g]) group.push_back(numbers.at(value));
    Fairness found = fairness(y_, p_, {}, group, least_cost_threshold(model_.costs));
    for (const FairnessGroup& f : found.groups) {
      auto rate = [&](const char* name, const GroupRate& r) {
        out.add({groups_[g], text_or_nothing(names[f.group]), name, r.value, r.lower, r.upper, f.rows});
      };
      rate("base_rate", f.base_rate);
      rate("selection_rate", f.selection_rate);
      rate("true_positive_rate", f.true_positive_rate);
      rate("false_positive_rate", f.false_positive_rate);
      rate("precision", f.precision);
      rate("accuracy", f.accuracy);
      rate("mean_predicted", {f.mean_predicted, kNone, kNone});
    }
    for (const Criterion& c : found.criteria)
      out.add({groups_[g], std::isnan(c.value) ? CellValue() : CellValue(names[c.highest] + " / " + names[c.lowest]),
               c.name, c.value, c.lower, c.upper, y_.size()});
  }
}

void Gathered::fill(const std::string& table, ResultTable& out) const {
  if (table == "importance")
    for (const ColumnImportance& i : explanation_.importance())
      out.add({i.column, i.importance, i.lower, i.upper, i.share, i.permutation, i.permutation_lower,
               i.permutation_upper, i.gain});
  if (table == "pairs")
    for (const ColumnPair& p : explanation_.pairs()) out.add({p.first, p.second, p.strength});
  if (table == "effects")
    for (const EffectBin& b : explanation_.effects())
      out.add({b.column, text_or_nothing(b.part), text_or_nothing(b.class_name), b.label, b.from, b.to, b.rows,
               b.effect, b.lower, b.upper, b.accumulated});
  if (table == "fairness") fill_fairness(out);
}

std::vector<SourceColumn> other_columns(const Json& work) {
  Schema schema = schema_from_json(work.at("schema"));
  std::vector<std::string> names = {work.at("target").get<std::string>()};
  for (const std::string& group : groups_named(work.at("config"))) names.push_back(group);
  std::vector<SourceColumn> columns;
  for (const std::string& name : names)
    if (const Column* column = schema.find(name))
      columns.push_back({name, source_kind(column->type).value_or(SourceKind::text)});
  return columns;
}

void explain_rows(const WorkRequest& request, const Model& model, Gathered& gathered, WorkContext& context,
                  WorkResult& result) {
  Engine& engine = context.engine().here();
  std::vector<SourceColumn> others = other_columns(request.work);
  std::vector<std::string> expressions;
  for (size_t i = 0; i < model.features.sources().size(); ++i)
    expressions.push_back(scan_expression(model.features.sources()[i]));
  for (size_t i = 0; i < others.size(); ++i) {
    std::string expression = scan_expression(others[i]);  // "x" AS "x": renamed, for a column may be a feature too
    expressions.push_back(expression.substr(0, expression.rfind(" AS ")) + fmt::format(" AS \"other {}\"", i));
  }
  uint64_t total = count_explained(request, engine), wanted = request.work.at("config").value("sample", total),
           step = 1;
  if (wanted > 0 && wanted < total) {
    step = (total + wanted - 1) / wanted;
    result.notes.push_back(fmt::format("a sample: one of {} of the {} rows", step, with_commas(total)));
  }
  uint64_t done = 0, planned = total / step;
  std::string sql = explained_rows_sql(request, expressions, step);
  std::optional<ExplainedElsewhere> elsewhere;
  if (request.elsewhere && total > 0) sql = elsewhere.emplace(request, model, sql, context).sql();
  auto start = std::chrono::steady_clock::now();
  context.phase(fmt::format("explaining {} rows", with_commas(planned)));
  engine.scan(sql, kScanRows, [&](Block&& block) {
    Frame inputs(model.features.sources()), rest(others);
    inputs.add(block);
    rest.add(block, model.features.sources().size());
    std::vector<double> by_feature = elsewhere ? elsewhere->contributions(block) : std::vector<double>();
    gathered.add(inputs, rest, block.columns.back().numbers, std::move(by_feature), engine);
    done += block.rows;
    double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    double left = seconds * static_cast<double>(planned - std::min(planned, done)) / static_cast<double>(done);
    context.phase(fmt::format("explained {} of {} rows, about {} left", with_commas(done), with_commas(planned),
                              human_seconds(left)));
  });
  if (done == 0)
    throw Error(ErrorKind::data, "FR0840", "there is no row to explain",
                "give `explain` a table with rows: from: TABLE");
}

}  // namespace

std::string explained_rows_sql(const WorkRequest& request, const std::vector<std::string>& expressions, uint64_t step) {
  std::string numbered = fmt::format("SELECT {}, row_number() OVER () AS \"row number\" FROM {}",
                                     join(expressions, ", "), quote_table(request.work.at("from").get<std::string>()));
  if (request.work.at("judged").get<bool>()) {
    // test before train before validation: the test rows where there are any, else those of the folds.
    std::string predictions = quote_table(request.name + ".predictions");
    numbered = fmt::format(
        "SELECT * FROM ({0}) WHERE \"row number\" IN (SELECT \"row\" FROM {1} WHERE part = (SELECT min(part) FROM "
        "{1}))",
        numbered, predictions);
  }
  if (step > 1)
    numbered =
        fmt::format("SELECT * FROM ({}) QUALIFY row_number() OVER (ORDER BY \"row number\") % {} = 0", numbered, step);
  return fmt::format("SELECT * REPLACE (\"row number\"::DOUBLE AS \"row number\") FROM ({}) ORDER BY \"row number\"",
                     numbered);
}

uint64_t count_explained(const WorkRequest& request, Engine& engine) {
  std::string sql = explained_rows_sql(request, {"1 AS one"}, 1);
  return engine.rows(fmt::format("SELECT count(*) AS n FROM ({})", sql), 1)["rows"][0][0].get<uint64_t>();
}

std::vector<std::string> groups_named(const Json& config) {
  if (!config.contains("by")) return {};
  if (config["by"].is_string()) return {config["by"].get<std::string>()};
  return config["by"].get<std::vector<std::string>>();
}

const std::vector<ExplainTable>& explain_tables() {
  static const std::vector<ExplainTable> tables = {
      {"importance", always,
       schema_of({{"column", kText},
                  {"importance", kReal},
                  {"lower", kReal},
                  {"upper", kReal},
                  {"share", kReal},
                  {"permutation", kReal},
                  {"permutation_lower", kReal},
                  {"permutation_upper", kReal},
                  {"gain", kReal}})},
      {"pairs", always, schema_of({{"first", kText}, {"second", kText}, {"strength", kReal}})},
      {"effects", always,
       schema_of({{"column", kText},
                  {"part", kText},
                  {"class", kText},
                  {"value", kText},
                  {"from", kReal},
                  {"to", kReal},
                  {"rows", kCount},
                  {"effect", kReal},
                  {"lower", kReal},
                  {"upper", kReal},
                  {"accumulated", kReal}})},
      {"contributions", [](const Json& config) { return config.value("contributions", false); },
       schema_of({{"row", kCount},
                  {"class", kText},
                  {"column", kText},
                  {"contribution", kReal},
                  {"base", kReal},
                  {"raw", kReal}})},
      {"fairness", [](const Json& config) { return config.contains("by"); },
       schema_of({{"by", kText},
                  {"group", kText},
                  {"measure", kText},
                  {"value", kReal},
                  {"lower", kReal},
                  {"upper", kReal},
                  {"rows", kCount}})},
      {"counterfactuals", [](const Json& config) { return config.contains("counterfactuals"); },
       schema_of({{"row", kCount},
                  {"prediction", kText},
                  {"new_prediction", kText},
                  {"probability", kReal},
                  {"new_probability", kReal},
                  {"distance", kReal},
                  {"column", kText},
                  {"value", kText},
                  {"becomes", kText},
                  {"change", kReal},
                  {"twin", kCount}})},
  };
  return tables;
}

WorkResult work_on_explain(const WorkRequest& request, WorkContext& context) {
  if (is_part_of_explain(request)) return contributions_of_part(request, context);
  Model model = Model::open(model_folder(request, request.name));
  Engine& engine = context.engine().here();
  WorkResult result;
  engine.execute(
      "CREATE OR REPLACE TEMP TABLE contributions (\"row\" DOUBLE, \"class\" VARCHAR, \"column\" VARCHAR, contribution "
      "DOUBLE, base DOUBLE, raw DOUBLE)");
  Gathered gathered(request.work, model, request.limits.threads);
  explain_rows(request, model, gathered, context, result);
  context.phase("writing");
  for (const ExplainTable& spec : explain_tables()) {
    if (!spec.wanted(request.work.at("config"))) continue;
    std::string name = request.name + "." + spec.name;
    if (spec.name == std::string("contributions")) {
      std::filesystem::create_directory(request.staging / name);
      result.tables.push_back(
          engine.materialise(name, "SELECT \"row\"::BIGINT AS \"row\", * EXCLUDE (\"row\") FROM contributions",
                             RowOrder::streaming, request.staging / name));
      continue;
    }
    ResultTable table(name, spec.schema);
    if (spec.name == std::string("counterfactuals"))
      fill_counterfactuals(request, model, context, table, result.notes);
    else
      gathered.fill(spec.name, table);
    result.tables.push_back(table.write(engine, request.staging));
  }
  engine.execute("DROP TABLE contributions");
  if (request.work.contains("report")) {
    context.phase("drawing the report");
    write_report(request, model, result.tables, engine, result);
  }
  std::vector<ColumnImportance> first = gathered.explanation().importance();
  std::vector<std::string> names;
  for (size_t i = 0; i < std::min<size_t>(3, first.size()); ++i) names.push_back(first[i].column);
  result.summary = fmt::format("{} rows: {} count most", with_commas(gathered.explanation().rows()), join(names, ", "));
  return result;
}

}  // namespace filrouge
