// learn where nothing is predicted: `task: cluster` and `task: anomaly`. What both do with rows stands here; how rows
// are grouped is learn_clusters.cpp, how unusual ones are found learn_anomaly.cpp.
#pragma once

#include "models/unsupervised_model.h"
#include "steps/learn_task.h"

namespace filrouge {

const std::vector<LearnTable>& cluster_tables();
WorkResult work_on_clusters(const LearnJob& job, WorkContext& context);
const std::vector<LearnTable>& anomaly_tables();
WorkResult work_on_anomalies(const LearnJob& job, WorkContext& context);

/// All rows of a table, in memory, as numbers.
struct PlainRows {
  Features features;
  std::vector<ColumnUse> uses;  ///< also of columns that features were not even tried of
  TrainingSet set;
  Rows rows;                  ///< all of them
  std::vector<double> truth;  ///< of anomaly with `predict`: 1 unusual, 0 not, NaN unknown; else empty
  std::vector<std::string> notes;

  double count() const { return static_cast<double>(rows.size()); }
};

/// Reads the table. A column that the thread does not name under `features` is left out where it says when a row was,
/// or only counts the rows: neither tells what is like what. Throws Error(data): FR0804 where nothing is left, FR0806
/// for a truth other than 0 and 1.
PlainRows load_plain_rows(const LearnJob& job, Engine& engine);

/// A row of NAME.metrics; NaN where there is none.
struct Figure {
  Metric metric;
  double baseline = 0;
  uint64_t rows = 0;
  bool has_direction = true;  ///< a higher one is better or worse, not just a fact
};
void fill_metrics(const std::vector<Figure>& figures, ResultTable& table);

/// A candidate as the card tells of it.
struct TriedMethod {
  std::string method, result;
  bool chosen = false;
};

struct Outcome {
  const PlainRows& rows;
  UnsupervisedModel model;
  std::vector<Figure> figures;
  std::vector<TriedMethod> tried;
  std::string summary;
};
/// Writes the model, its card and its tables; `fill` gives those besides metrics and features their rows.
WorkResult write_outcome(Outcome outcome, const LearnJob& job, WorkContext& context,
                         const std::function<void(const std::string& name, ResultTable& table)>& fill);

}  // namespace filrouge
