#include "steps/explain_parts.h"

#include "base/files.h"
#include "base/text.h"
#include "engines/sql_text.h"
#include "models/frame.h"
#include "steps/model_step.h"

namespace filrouge {
namespace {

constexpr const char* kExplained = "explained rows";
constexpr const char* kContributions = "contributions of parts";
constexpr const char* kRowNumber = "row number";

/// Numbers of a row: by output, a number for each feature and the base.
size_t width_of(const Model& model) {
  return model.outputs() * (model.features.features().size() + 1);
}

std::vector<std::string> number_columns(size_t width) {
  std::vector<std::string> names;
  for (size_t i = 0; i < width; ++i) names.push_back(fmt::format("c{}", i));
  return names;
}

TableFiles table_of(const std::string& name, const WrittenTable& written) {
  return {name, written.files, written.schema, {}};
}

}  // namespace

bool is_part_of_explain(const WorkRequest& request) {
  return request.work.contains("part");
}

WorkResult contributions_of_part(const WorkRequest& request, WorkContext& context) {
  Model model = Model::open(model_folder(request, request.name));
  Engine& engine = context.engine();
  const std::vector<SourceColumn>& sources = model.features.sources();
  const std::vector<std::string> names = number_columns(width_of(model));
  engine.execute(fmt::format("CREATE OR REPLACE TEMP TABLE numbers ({} DOUBLE)", join(names, " DOUBLE, ")));
  std::vector<std::string> columns;
  for (const SourceColumn& source : sources) columns.push_back(quote_name(source.name));
  engine.scan(
      fmt::format("SELECT {} FROM {}", join(columns, ", "), quote_name(kExplained)), kScanRows, [&](Block&& block) {
        Frame frame(sources);
        frame.add(block);
        std::vector<double> numbers = model.feature_contributions(model.features.encode(frame), request.limits.threads);
        Block of_rows;
        of_rows.rows = block.rows;
        for (size_t c = 0; c < names.size(); ++c) {
          of_rows.columns.push_back({names[c], false, {}, {}, {}});
          for (size_t row = 0; row < block.rows; ++row)
            of_rows.columns[c].numbers.push_back(numbers[row * names.size() + c]);
        }
        engine.append("numbers", of_rows);
      });
  WorkResult result;
  result.tables.push_back(engine.materialise(kContributions, "SELECT * FROM numbers", RowOrder::streaming,
                                             request.staging, request.first_row));
  engine.execute("DROP TABLE numbers");
  return result;
}

ExplainedElsewhere::ExplainedElsewhere(const WorkRequest& request, const Model& model, const std::string& rows_sql,
                                       WorkContext& context)
    : folder_(request.staging / "elsewhere"), width_(width_of(model)) {
  Engine& here = context.engine().here();
  for (const char* part : {"rows", "contributions"}) make_folder(folder_.path / part);
  context.phase("writing the rows to explain");
  const TableFiles rows =
      table_of(kExplained, here.materialise(kExplained, rows_sql, RowOrder::sequential, folder_.path / "rows"));
  std::vector<TableFiles> of_model;
  for (const TableFiles& table : request.inputs)
    if (table.name == request.name) of_model.push_back(table);
  const WrittenTable numbers = context.in_parts({{"part", true}}, rows, of_model, folder_.path / "contributions");
  std::vector<TableFiles> tables = request.inputs;
  tables.push_back(rows);
  tables.push_back(table_of(kContributions, numbers));
  here.attach(tables);
}

std::string ExplainedElsewhere::sql() const {
  return fmt::format("SELECT e.* EXCLUDE ({0}), c.*, e.{0} FROM {1} e POSITIONAL JOIN {2} c ORDER BY e.{0}",
                     quote_name(kRowNumber), quote_name(kExplained), quote_name(kContributions));
}

std::vector<double> ExplainedElsewhere::contributions(const Block& block) const {
  std::vector<double> numbers;
  numbers.reserve(block.rows * width_);
  const size_t first = block.columns.size() - 1 - width_;
  for (size_t row = 0; row < block.rows; ++row)
    for (size_t c = 0; c < width_; ++c) numbers.push_back(block.columns[first + c].numbers[row]);
  return numbers;
}

}  // namespace filrouge
