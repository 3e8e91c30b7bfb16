// From features to the terms of a linear model, learned on the training rows and applied to any row. Private to the
// learners of this folder.
//
// A row is encoded as a short dense part, the standardised numbers, and one "slot" per feature that may switch on one
// indicator (a category's value, or that a number is missing). A hundred-valued category then costs one slot, not a
// hundred columns, in every sum over rows.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "models/matrix.h"

namespace filrouge {

class LinearTerms {
 public:
  static LinearTerms learn(const TrainingSet& set, const Rows& rows);
  Json to_json() const;
  static LinearTerms from_json(const Json& json);  ///< throws any exception for what is not one

  size_t num_features() const { return features_.size(); }
  size_t numbers() const { return numbers_; }        ///< terms of the dense part
  size_t indicators() const { return indicators_; }  ///< terms that slots name
  /// Order of all terms: numbers, then the intercept, then indicators.
  size_t terms() const { return numbers_ + 1 + indicators_; }
  size_t intercept() const { return numbers_; }

  /// `row`: one number per feature. Sets dense[0 .. numbers) and slots[0 .. features), -1 = none.
  void encode(const double* row, double* dense, int* slots) const;

  struct Feature {
    std::string name;
    bool category = false;
    int number = -1;                 ///< its place in the dense part
    double mean = 0, deviation = 1;  ///< of the number, over the training rows
    int missing = -1, other = -1;    ///< indicators
    std::vector<int> values;         ///< category: the indicator of each code, -1 = none of its own
  };
  const std::vector<Feature>& features() const { return features_; }
  /// Share of training rows with each indicator, by weight.
  const std::vector<double>& shares() const { return shares_; }

 private:
  std::vector<Feature> features_;
  std::vector<double> shares_;
  size_t numbers_ = 0, indicators_ = 0;

  void learn_number(const TrainingSet& set, const Rows& rows, size_t feature);
  void learn_category(const TrainingSet& set, const Rows& rows, size_t feature, size_t least_rows);
  void learn_shares(const TrainingSet& set, const Rows& rows);
};

}  // namespace filrouge
