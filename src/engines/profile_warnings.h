// What a profile finds suspicious in a column.
#pragma once

#include "base/json.h"

namespace filrouge {

/// Facts that only warnings need, beside those in the profile of the column.
struct Suspicions {
  uint64_t na_words = 0, numbers = 0, dates = 0, leading_zeros = 0, outer_blanks = 0;  ///< rows
  uint64_t case_variants = 0;                                                          ///< distinct values
  uint64_t future = 0, epochs = 0;                                                     ///< rows
  std::string na_word;                                                                 ///< the most frequent one
  Json sentinels = Json::array();                                                      ///< [{value, count}]
};

/// [{code, message}]; `column` as in profile().
Json warnings_of(const Json& column, const Suspicions& suspicions, uint64_t rows);

}  // namespace filrouge
