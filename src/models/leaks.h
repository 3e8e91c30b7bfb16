// Signs in the data that a model would be judged by what it cannot know when it is used.
#pragma once

#include <optional>
#include <string>

#include "models/frame.h"
#include "models/validation.h"

namespace filrouge {

struct Leak {
  std::string column;    ///< empty: whole rows
  std::string evidence;  ///< one sentence
};

/// A column that alone tells the target: with the column cut into bins of equal share, guessing each bin's commonest
/// class errs less than a fiftieth as often as guessing the commonest class of all; for numbers, rows that
/// are neighbours by the column differ by less than a thousandth of the target's variance. `rows`: the training rows;
/// `classes`: 1 for a number.
std::optional<Leak> find_telling_column(const Frame& frame, const Rows& rows, const std::vector<double>& y, int classes,
                                        const std::vector<std::string>& allowed, int threads = 1);

/// Test rows that equal a training row in every column and the target, in a table whose rows can be told apart (a
/// number that differs in most rows): at least one in twenty.
std::optional<Leak> find_repeated_rows(const Frame& frame, const Split& split, const std::vector<double>& y,
                                       int threads = 1);

}  // namespace filrouge
