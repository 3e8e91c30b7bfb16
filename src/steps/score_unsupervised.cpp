// What clusters and detectors of anomalies say of rows.
#include "base/text.h"
#include "models/unsupervised_model.h"
#include "steps/score_answers.h"

namespace filrouge {
namespace {

/// Numbers of the block by their names in the table: prediction, distance, probability, score, t2, q.
void add_numbers(const std::string& name, std::vector<double> values, size_t rows, Block& block) {
  BlockColumn column = number_column(name, rows);
  if (!values.empty()) column.numbers = std::move(values);
  block.columns.push_back(std::move(column));
}

class PlainScorer : public Answerer {
 public:
  PlainScorer(UnsupervisedModel model, const ScoreOptions& options, int threads)
      : model_(std::move(model)), options_(options), threads_(threads) {}

  const Features& features() const override { return model_.features; }

  Block answer(const Frame& frame) const override {
    Block block;
    block.rows = frame.rows;
    Matrix x = model_.features.encode(frame);
    add_unseen(model_.features, frame, block);
    if (const auto* clusters = std::get_if<Clusters>(&model_.fitted))
      add_clusters(*clusters, x, block);
    else
      add_oddness(frame, x, block);
    return block;
  }

  std::string expression(const Column& column) const override {
    if (column.name == "unseen") return list_expression("a.unseen");
    if (column.name == "reasons") return reasons_expression(num_reasons(), column.type);
    return fmt::format("a.{}::{}", quote_name(column.name), column.type);
  }

 private:
  size_t num_reasons() const { return std::min(options_.reasons, model_.features.sources().size()); }

  void add_clusters(const Clusters& clusters, const Matrix& x, Block& block) const {
    Assigned assigned = clusters.assign(x, threads_);
    std::vector<double> numbers;
    for (uint32_t cluster : assigned.cluster) numbers.push_back(cluster + 1.0);
    add_numbers("prediction", std::move(numbers), x.rows, block);
    add_numbers("distance", std::move(assigned.distance), x.rows, block);
    add_numbers("probability", std::move(assigned.probability), x.rows, block);
  }

  void add_oddness(const Frame& frame, const Matrix& x, Block& block) const {
    Oddness found = oddness(model_, x, num_reasons() > 0, threads_);
    std::vector<double> beyond;
    for (double score : found.score) beyond.push_back(score > model_.limit);
    add_numbers("prediction", std::move(beyond), x.rows, block);
    add_numbers("score", std::move(found.score), x.rows, block);
    add_numbers("t2", std::move(found.t2), x.rows, block);
    add_numbers("q", std::move(found.q), x.rows, block);
    if (num_reasons() == 0) return;
    Matrix folded(x.rows, model_.features.sources().size());
    for (size_t r = 0; r < x.rows; ++r)
      for (size_t f = 0; f < x.columns; ++f)
        folded.at(r, model_.features.features()[f].source) += found.contributions.at(r, f);
    add_reasons(
        model_.features, frame, num_reasons(), [&](size_t r) { return folded.row(r); }, block);
  }

  UnsupervisedModel model_;
  ScoreOptions options_;
  int threads_;
};

}  // namespace

std::unique_ptr<Answerer> unsupervised_answerer(const std::filesystem::path& folder, const ScoreOptions& options,
                                                int threads) {
  return std::make_unique<PlainScorer>(UnsupervisedModel::open(folder), options, threads);
}

}  // namespace filrouge
