// What would have to be different for a row to get another outcome, answered with the values of a real row: rows that
// the model gives the wanted outcome, and that are most alike, lend theirs (Keane & Smyth 2020, "Good counterfactuals
// and where to find them"); of those whose values of the columns that may change bring the outcome, the nearest is
// kept, and each change that is not needed is taken back again. So what is proposed has been seen together, as far as
// it goes, and is as little as this way finds; it need not be the least there is.
//
// Distance: the sum over changed columns of cost * difference; of numbers and times the difference is in units of the
// spread between their tenth and ninetieth percentile, of texts and booleans (and of a missing value) it is 1.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "models/model.h"

namespace filrouge {

struct CounterfactualOrder {
  size_t rows = 100;  ///< how many rows are answered, evenly drawn from those that could get another outcome
  std::vector<std::string> change;      ///< columns that may change; empty: all
  std::vector<std::string> keep;        ///< columns that may not
  std::map<std::string, double> costs;  ///< of changing a column, by name; 1 where it is not named
  std::string to;                       ///< the class to get to; empty: any but the row's own
};

struct CounterfactualChange {
  size_t source = 0;  ///< index into Features::sources()
  std::string value, becomes;
  double distance = 0;
};

struct Counterfactual {
  size_t row = 0, twin = 0;  ///< places in the frame; the twin lends the values
  size_t said = 0, wanted = 0;
  double before = 0, after = 0;  ///< probability of the wanted class
  double distance = 0;
  std::vector<CounterfactualChange> changes;  ///< empty: no way was found, and wanted, twin and after say nothing
};

/// `frame` has the columns of the model's sources; its rows are those answered and those that may lend. A model of
/// classes. Time: rows x frame rows x columns; the same answers whatever `threads`.
std::vector<Counterfactual> counterfactuals(const Model& model, const Frame& frame, const CounterfactualOrder& order,
                                            int threads);

}  // namespace filrouge
