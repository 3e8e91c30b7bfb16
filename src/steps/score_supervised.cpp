// What a model that predicts a column says of rows.
#include <cmath>

#include "base/text.h"
#include "models/conformal.h"
#include "models/model.h"
#include "steps/score_answers.h"

namespace filrouge {
namespace {

class Scorer : public Answerer {
 public:
  Scorer(Model model, const ScoreOptions& options, int threads)
      : model_(std::move(model)), options_(options), threads_(threads), outputs_(model_.outputs()) {
    if (options.interval > 0) radius_ = radius();
  }

  const Features& features() const override { return model_.features; }
  Block answer(const Frame& frame) const override;
  std::string expression(const Column& column) const override;

 private:
  bool classify() const { return model_.task == Task::classify; }
  size_t num_reasons() const { return std::min(options_.reasons, model_.features.sources().size()); }

  /// From the errors on rows that the model had not seen (evenly spaced ones of them). No number where it kept none.
  double radius() const {
    const std::vector<double>& errors = classify() ? model_.class_scores : model_.residuals;
    return errors.empty() ? kNoNumber : conformal_quantile(errors, options_.interval);
  }
  /// As SQL: NULL where there is none, for a model that was learned without folds.
  std::string radius_text() const {
    return std::isnan(radius_) ? "NULL::DOUBLE" : fmt::format("'{}'::DOUBLE", radius_);  // may be infinite
  }

  double probability(const double* answer, size_t k) const {
    if (outputs_ > 1) return answer[k];
    return k == 1 ? answer[0] : 1 - answer[0];
  }
  void add_answers(const std::vector<double>& answers, Block& block) const;
  void add_quantiles(const Matrix& x, Block& block) const;
  void add_contributions(const Frame& frame, const Matrix& x, const std::vector<double>& answers, Block& block) const;

  Model model_;
  ScoreOptions options_;
  int threads_;
  size_t outputs_;
  double radius_ = kNoNumber;
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
    size_t best = model_.said(answer);
    said.texts[r] = model_.classes[best];
    value.numbers[r] = outputs_ == 1 ? answer[0] : answer[best];
    for (size_t k = 0; k < shares.size(); ++k) {
      shares[k].numbers[r] = probability(answer, k);
      if (1 - shares[k].numbers[r] > radius_) continue;
      add_to_list(model_.classes[k], set.texts[r]);
    }
  }
  for (BlockColumn* column : {&said, &value, &set}) block.columns.push_back(std::move(*column));
  for (BlockColumn& column : shares) block.columns.push_back(std::move(column));
}

void Scorer::add_contributions(const Frame& frame, const Matrix& x, const std::vector<double>& answers,
                               Block& block) const {
  size_t width = model_.features.sources().size() + 1;
  std::vector<double> contributions = model_.contributions(x, threads_);
  auto line = [&](size_t r) {
    size_t output = outputs_ == 1 ? 0 : model_.said(&answers[r * outputs_]);
    return &contributions[(r * outputs_ + output) * width];
  };
  add_reasons(model_.features, frame, num_reasons(), line, block);
}

void Scorer::add_quantiles(const Matrix& x, Block& block) const {
  size_t width = model_.quantiles.size();
  std::vector<double> values = model_.predict_quantiles(x, threads_);
  for (size_t q = 0; q < width; ++q) {
    block.columns.push_back(number_column(quantile_name(model_.quantiles[q].level), x.rows));
    for (size_t r = 0; r < x.rows; ++r) block.columns.back().numbers[r] = values[r * width + q];
  }
}

Block Scorer::answer(const Frame& frame) const {
  Block block;
  block.rows = frame.rows;
  Matrix x = model_.features.encode(frame);
  std::vector<double> answers = model_.predict(model_.raw(x, threads_));
  add_answers(answers, block);
  add_quantiles(x, block);
  add_unseen(model_.features, frame, block);
  if (num_reasons() > 0) add_contributions(frame, x, answers, block);
  return block;
}

std::string Scorer::expression(const Column& column) const {
  const std::string& name = column.name;
  if (name == "prediction") return fmt::format("{}::{}", classify() ? "a.said" : "a.\"value\"", column.type);
  if (name == "rank" && model_.task == Task::rank) return "b.place";
  if (name == "probability") return classify() ? "a.\"value\"" : "NULL::DOUBLE";
  if (name == "lower") return classify() ? "NULL::DOUBLE" : fmt::format("a.\"value\" - {}", radius_text());
  if (name == "upper") return classify() ? "NULL::DOUBLE" : fmt::format("a.\"value\" + {}", radius_text());
  if (name == "classes") return list_expression("a.\"set\"");
  if (name == "unseen") return list_expression("a.unseen");
  if (name == "reasons") return reasons_expression(num_reasons(), column.type);
  for (const Quantile& quantile : model_.quantiles)
    if (name == quantile_name(quantile.level)) return "a." + name;
  std::vector<std::string> items;
  for (size_t k = 0; k < model_.classes.size(); ++k) {
    if (name == "probability_" + model_.classes[k]) return fmt::format("a.p{}", k);
    items.push_back(fmt::format("{{'class': {}, 'probability': a.p{}}}", quote_text(model_.classes[k]), k));
  }
  return fmt::format("[{}]::{}", join(items, ", "), column.type);
}

}  // namespace

std::unique_ptr<Answerer> supervised_answerer(const std::filesystem::path& folder, const ScoreOptions& options,
                                              int threads) {
  return std::make_unique<Scorer>(Model::open(folder), options, threads);
}

}  // namespace filrouge
