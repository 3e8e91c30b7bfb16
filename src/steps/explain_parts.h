// Contributions of each row, computed in parts on the machines of an engine. What is gathered from them, and everything
// else of `explain`, is done here, so all tables are those that this machine alone would have made.
#pragma once

#include "base/removed_folder.h"
#include "models/model.h"
#include "steps/step.h"

namespace filrouge {

/// Binding::work of a part, in place of the step's own: {"part": true}.
bool is_part_of_explain(const WorkRequest& request);
/// In a part: Model::feature_contributions() of each row of the table `explained`.
WorkResult contributions_of_part(const WorkRequest& request, WorkContext& context);

/// Rows to explain, and with each all that is known of how the model came to its answer.
class ExplainedElsewhere {
 public:
  /// Writes the rows of `rows_sql` (the sources' columns as models/frame.h scans them, others, last the row's number)
  /// and has the parts computed. Adds what it makes to the tables of context.engine().here(), and puts it below the
  /// step's staging folder.
  ExplainedElsewhere(const WorkRequest& request, const Model& model, const std::string& rows_sql, WorkContext& context);

  /// The columns of `rows_sql`, before the last one those of the contributions.
  std::string sql() const;
  /// From a block of sql(): rows * outputs * (features + 1) numbers.
  std::vector<double> contributions(const Block& block) const;

 private:
  const RemovedFolder folder_;
  size_t width_;  ///< numbers of a row
};

}  // namespace filrouge
