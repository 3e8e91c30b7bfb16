// What a model says of a block of rows, as plain columns, and how the columns that `score` adds are made of those.
#pragma once

#include <memory>

#include "models/features.h"
#include "steps/score_work.h"

namespace filrouge {

class Answerer {
 public:
  virtual ~Answerer() = default;
  virtual const Features& features() const = 0;
  /// Columns of numbers and texts; the same ones for every frame, also for one without rows.
  virtual Block answer(const Frame& frame) const = 0;
  /// A column that scoring adds, as SQL over the columns of the blocks, which are reached by `a`.
  virtual std::string expression(const Column& column) const = 0;
};
/// From the model's folder, as `learn` left it. Throws Error(data, FR0810 ...).
std::unique_ptr<Answerer> supervised_answerer(const std::filesystem::path& folder, const ScoreOptions& options,
                                              int threads);
std::unique_ptr<Answerer> unsupervised_answerer(const std::filesystem::path& folder, const ScoreOptions& options,
                                                int threads);

inline constexpr double kNoNumber = std::numeric_limits<double>::quiet_NaN();
BlockColumn text_column(const std::string& name, size_t rows);
BlockColumn number_column(const std::string& name, size_t rows);

/// Lists travel as texts: `add_to_list` puts an item into one, `list_expression` makes a list of it in SQL.
void add_to_list(const std::string& item, std::string& list);
std::string list_expression(const std::string& column);

/// Adds the column `unseen`: the sources whose value the training never saw.
void add_unseen(const Features& features, const Frame& frame, Block& block);

/// Adds the columns of the `count` strongest reasons of each row. `line(row)` has a contribution for each source of
/// `features`.
void add_reasons(const Features& features, const Frame& frame, size_t count,
                 const std::function<const double*(size_t row)>& line, Block& block);
std::string reasons_expression(size_t count, const std::string& type);

}  // namespace filrouge
