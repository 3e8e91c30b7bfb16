// A model applied block by block, so that memory stays bounded whatever the table's size.
//
// The blocks' answers go into a temporary table of plain columns (DuckDB spills it where memory is short); one SELECT
// then puts them beside the rows they belong to, both in the table's order, and builds the lists.
#include "steps/score_work.h"

#include <cmath>

#include "base/error.h"
#include "base/text.h"
#include "models/model.h"

namespace filrouge {
namespace {

constexpr size_t kBlockRows = 65'536;
constexpr char kBetween = '\x1f';  // the ASCII unit separator: parts of a list on their way through a text
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

BlockColumn text_column(const std::string& name, size_t rows) {
  return {name, true, {}, std::vector<std::string>(rows), std::vector<uint8_t>(rows)};
}
BlockColumn number_column(const std::string& name, size_t rows) {
  return {name, false, std::vector<double>(rows, kNone), {}, {}};
}

class Scorer {
 public:
  Scorer(const Model& model, const ScoreOptions& options, int threads)
      : model_(model), options_(options), threads_(threads), outputs_(model.outputs()) {
    if (options.interval > 0) radius_ = radius();
  }

  Block answer(const Frame& frame) const;
  /// The value of a column that scoring adds, from the columns of the blocks.
  std::string expression(const Column& column) const;

 private:
  bool classify() const { return model_.task == Task::classify; }
  size_t num_reasons() const { return std::min(options_.reasons, model_.features.sources().size()); }

  /// Split conformal (Lei et al. 2018): the ceil((n + 1) * coverage)-th smallest error on rows that the model had not
  /// seen. The errors kept are n evenly spaced ones.
  double radius() const {
    const std::vector<double>& errors = classify() ? model_.class_scores : model_.residuals;
    auto rank = static_cast<size_t>(std::ceil(static_cast<double>(errors.size() + 1) * options_.interval));
    if (errors.empty()) return kNone;
    return rank > errors.size() ? std::numeric_limits<double>::infinity() : errors[rank - 1];
  }

  double probability(const double* answer, size_t k) const {
    if (outputs_ > 1) return answer[k];
    return k == 1 ? answer[0] : 1 - answer[0];
  }
  size_t class_said(const double* answer) const {
    if (outputs_ == 1) return answer[0] >= 0.5;
    return static_cast<size_t>(std::max_element(answer, answer + outputs_) - answer);
  }
  void add_answers(const std::vector<double>& answers, Block& block) const;
  void add_reasons(const Frame& frame, const Matrix& x, const std::vector<double>& answers, Block& block) const;

  const Model& model_;
  ScoreOptions options_;
  int threads_;
  size_t outputs_;
  double radius_ = kNone;
};

void Scorer::add_answers(const std::vector<double>& answers, Block& block) const {
  size_t rows = block.rows;
  BlockColumn said = text_column("said", rows), value = number_column("value", rows), set = text_column("set", rows);
  std::vector<BlockColumn> shares;
  if (classify())
    for (size_t k = 0; k < model_.classes.size(); ++k) shares.push_back(number_column(fmt::format("p{}", k), rows));
  for (size_t r = 0; r < rows; ++r) {
    const double* answer = &answers[r * outputs_];
    if (!classify()) {
      value.numbers[r] = answer[0];
      continue;
    }
    size_t best = class_said(answer);
    said.texts[r] = model_.classes[best];
    value.numbers[r] = outputs_ == 1 ? answer[0] : answer[best];
    for (size_t k = 0; k < shares.size(); ++k) {
      shares[k].numbers[r] = probability(answer, k);
      if (1 - shares[k].numbers[r] > radius_) continue;
      if (!set.texts[r].empty()) set.texts[r] += kBetween;
      set.texts[r] += model_.classes[k];
    }
  }
  for (BlockColumn* column : {&said, &value, &set}) block.columns.push_back(std::move(*column));
  for (BlockColumn& column : shares) block.columns.push_back(std::move(column));
}

void Scorer::add_reasons(const Frame& frame, const Matrix& x, const std::vector<double>& answers, Block& block) const {
  size_t sources = model_.features.sources().size(), width = sources + 1, count = num_reasons();
  std::vector<double> contributions = model_.contributions(x, threads_);
  std::vector<const FrameColumn*> columns;
  for (const SourceColumn& source : model_.features.sources()) columns.push_back(frame.find(source.name));
  std::vector<BlockColumn> names, values, sizes;
  for (size_t i = 0; i < count; ++i) {
    names.push_back(text_column(fmt::format("name{}", i), x.rows));
    values.push_back(text_column(fmt::format("value{}", i), x.rows));
    sizes.push_back(number_column(fmt::format("size{}", i), x.rows));
  }
  std::vector<size_t> order(sources);
  for (size_t r = 0; r < x.rows; ++r) {
    size_t output = outputs_ == 1 ? 0 : class_said(&answers[r * outputs_]);
    const double* line = &contributions[(r * outputs_ + output) * width];
    for (size_t s = 0; s < sources; ++s) order[s] = s;
    std::partial_sort(order.begin(), order.begin() + static_cast<long>(count), order.end(), [&](size_t a, size_t b) {
      double left = std::abs(line[a]), right = std::abs(line[b]);
      return left != right ? left > right : a < b;
    });
    for (size_t i = 0; i < count; ++i) {
      const FrameColumn& column = *columns[order[i]];
      names[i].texts[r] = column.source.name;
      values[i].texts[r] = value_text(column, r);
      values[i].is_null[r] = column.is_null(r);
      sizes[i].numbers[r] = line[order[i]];
    }
  }
  for (auto* list : {&names, &values, &sizes})
    for (BlockColumn& column : *list) block.columns.push_back(std::move(column));
}

Block Scorer::answer(const Frame& frame) const {
  Block block;
  block.rows = frame.rows;
  Matrix x = model_.features.encode(frame);
  std::vector<double> answers = model_.predict(model_.raw(x));
  add_answers(answers, block);
  BlockColumn unseen = text_column("unseen", frame.rows);
  std::vector<std::vector<uint16_t>> columns = model_.features.unseen(frame);
  for (size_t r = 0; r < frame.rows; ++r)
    for (uint16_t source : columns[r]) {
      if (!unseen.texts[r].empty()) unseen.texts[r] += kBetween;
      unseen.texts[r] += model_.features.sources()[source].name;
    }
  block.columns.push_back(std::move(unseen));
  if (num_reasons() > 0) add_reasons(frame, x, answers, block);
  return block;
}

std::string split_list(const std::string& column) {
  return fmt::format("CASE WHEN {0} = '' THEN []::VARCHAR[] ELSE string_split({0}, chr(31)) END", column);
}

std::string Scorer::expression(const Column& column) const {
  const std::string& name = column.name;
  if (name == "prediction") return fmt::format("{}::{}", classify() ? "a.said" : "a.\"value\"", column.type);
  if (name == "probability") return classify() ? "a.\"value\"" : "NULL::DOUBLE";
  if (name == "lower") return classify() ? "NULL::DOUBLE" : fmt::format("a.\"value\" - ({})::DOUBLE", radius_);
  if (name == "upper") return classify() ? "NULL::DOUBLE" : fmt::format("a.\"value\" + ({})::DOUBLE", radius_);
  if (name == "classes") return split_list("a.\"set\"");
  if (name == "unseen") return split_list("a.unseen");
  std::vector<std::string> items;
  if (name == "reasons") {
    for (size_t i = 0; i < num_reasons(); ++i)
      items.push_back(fmt::format("{{'column': a.name{0}, 'value': a.value{0}, 'contribution': a.size{0}}}", i));
    return fmt::format("[{}]::{}", join(items, ", "), column.type);
  }
  for (size_t k = 0; k < model_.classes.size(); ++k) {
    if (name == "probability_" + model_.classes[k]) return fmt::format("a.p{}", k);
    items.push_back(fmt::format("{{'class': {}, 'probability': a.p{}}}", quote_text(model_.classes[k]), k));
  }
  return fmt::format("[{}]::{}", join(items, ", "), column.type);
}

std::string create_table(const Block& block) {
  std::vector<std::string> columns;
  for (const BlockColumn& column : block.columns)
    columns.push_back(quote_name(column.name) + (column.is_text ? " VARCHAR" : " DOUBLE"));
  return "CREATE OR REPLACE TEMP TABLE answers (" + join(columns, ", ") + ")";
}

}  // namespace

ScoreOptions score_options(const Json& config) {
  ScoreOptions options;
  options.reasons = config.value("reasons", size_t{0});
  if (!config.contains("interval")) return options;
  std::string text = config["interval"].is_string() ? config["interval"].get<std::string>() : dump(config["interval"]);
  options.interval = std::strtod(text.c_str(), nullptr) / (text.ends_with('%') ? 100 : 1);
  return options;
}

Schema scored_columns(const ModelPlan& plan, const ScoreOptions& options) {
  Schema schema = prediction_columns(plan);
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
  Model model = Model::open(model_folder(request, config.at("model")));
  Scorer scorer(model, score_options(config), request.limits.threads);
  Engine& engine = context.engine();
  std::vector<std::string> columns;
  for (const SourceColumn& source : model.features.sources()) columns.push_back(scan_expression(source));
  uint64_t rows = 0;
  engine.execute(create_table(scorer.answer(Frame(model.features.sources()))));
  engine.scan(fmt::format("SELECT {} FROM {}", join(columns, ", "), quote_table(from)), kBlockRows, [&](Block&& block) {
    Frame frame(model.features.sources());
    frame.add(block);
    engine.append("answers", scorer.answer(frame));
    rows += block.rows;
    context.phase(fmt::format("scored {} rows", with_commas(rows)));
  });
  context.phase("writing");
  std::vector<std::string> added;
  for (const Column& column : schema_from_json(request.work.at("added")).columns)
    added.push_back(fmt::format("{} AS {}", scorer.expression(column), quote_name(column.name)));
  WorkResult result;
  result.tables.push_back(engine.materialise(
      request.name,
      fmt::format("SELECT t.*, {} FROM {} AS t POSITIONAL JOIN answers AS a", join(added, ", "), quote_table(from)),
      RowOrder::sequential, request.staging));
  engine.execute("DROP TABLE answers");
  return result;
}

}  // namespace filrouge
