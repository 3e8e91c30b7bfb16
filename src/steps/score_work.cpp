// A model applied block by block, so that memory stays bounded whatever the table's size.
//
// The blocks' answers go into a temporary table of plain columns (DuckDB spills it where memory is short); one SELECT
// then puts them beside the rows they belong to, both in the table's order, and builds the lists.
#include "steps/score_work.h"

#include "base/text.h"
#include "steps/score_answers.h"

namespace filrouge {
namespace {

std::string create_table(const Block& block) {
  std::vector<std::string> columns;
  for (const BlockColumn& column : block.columns)
    columns.push_back(quote_name(column.name) + (column.is_text ? " VARCHAR" : " DOUBLE"));
  return "CREATE OR REPLACE TEMP TABLE answers (" + join(columns, ", ") + ")";
}

/// Places within lists, row by row as the table has them: 1 = the highest score, equal scores share a place.
std::string create_ranks(const std::string& from, const std::string& group) {
  return fmt::format(
      "CREATE OR REPLACE TEMP TABLE ranks AS SELECT CASE WHEN list IS NULL THEN NULL ELSE place END AS place FROM "
      "(SELECT number, list, rank() OVER (PARTITION BY list ORDER BY score DESC) AS place FROM "
      "(SELECT row_number() OVER () AS number, t.{} AS list, a.\"value\" AS score FROM {} AS t POSITIONAL JOIN answers "
      "AS a)) ORDER BY number",
      quote_name(group), quote_table(from));
}

}  // namespace

ScoreOptions score_options(const Json& config) {
  ScoreOptions options;
  options.reasons = config.value("reasons", size_t{0});
  if (config.contains("interval")) options.interval = share_said(config["interval"]);
  return options;
}

Schema scored_columns(const ModelPlan& plan, const ScoreOptions& options) {
  Schema schema = prediction_columns(plan);
  if (!options.group.empty()) schema.columns.push_back({"rank", "BIGINT", {}});
  if (options.interval > 0 && plan.task == Task::regress) {
    schema.columns.push_back({"lower", "DOUBLE", {}});
    schema.columns.push_back({"upper", "DOUBLE", {}});
  }
  if (options.interval > 0 && plan.task == Task::classify) schema.columns.push_back({"classes", "VARCHAR[]", {}});
  if (options.reasons > 0)
    schema.columns.push_back({"reasons", "STRUCT(\"column\" VARCHAR, \"value\" VARCHAR, contribution DOUBLE)[]", {}});
  schema.columns.push_back({"unseen", "VARCHAR[]", {}});
  return schema;
}

WorkResult work_on_score(const WorkRequest& request, WorkContext& context) {
  const Json& config = request.work.at("config");
  const std::string from = config.at("from");
  std::filesystem::path folder = model_folder(request, config.at("model"));
  auto open = request.work.at("unsupervised") ? unsupervised_answerer : supervised_answerer;
  std::unique_ptr<Answerer> model = open(folder, score_options(config), request.limits.threads);
  const std::vector<SourceColumn>& sources = model->features().sources();
  Engine& engine = context.engine();
  uint64_t rows = 0;
  engine.execute(create_table(model->answer(Frame(sources))));
  engine.scan(scan_sql(sources, from), kScanRows, [&](Block&& block) {
    Frame frame(sources);
    frame.add(block);
    engine.append("answers", model->answer(frame));
    rows += block.rows;
    context.phase(fmt::format("scored {} rows", with_commas(rows)));
  });
  context.phase("writing");
  const std::string group = request.work.at("group");
  if (!group.empty()) engine.execute(create_ranks(from, group));
  std::vector<std::string> added;
  for (const Column& column : schema_from_json(request.work.at("added")).columns)
    added.push_back(fmt::format("{} AS {}", model->expression(column), quote_name(column.name)));
  WorkResult result;
  result.tables.push_back(
      engine.materialise(request.name,
                         fmt::format("SELECT t.*, {} FROM {} AS t POSITIONAL JOIN answers AS a{}", join(added, ", "),
                                     quote_table(from), group.empty() ? "" : " POSITIONAL JOIN ranks AS b"),
                         RowOrder::sequential, request.staging, request.first_row));
  if (!group.empty()) engine.execute("DROP TABLE ranks");
  engine.execute("DROP TABLE answers");
  return result;
}

}  // namespace filrouge
