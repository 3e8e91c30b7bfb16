// Data made by formula: the same numbers as tests/support/sklearn_metrics.py makes, from which the expected figures
// come.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/json.h"
#include "models/draw.h"
#include "models/matrix.h"

namespace filrouge {

inline std::vector<double> made_column(uint64_t seed, size_t rows) {
  std::vector<double> values(rows);
  for (size_t i = 0; i < rows; ++i) values[i] = draw(seed, i);
  return values;
}

/// To multiples of 1 / grid; 0 = as it is.
inline double on_grid(double value, double grid) {
  return grid > 0 ? std::floor(value * grid) / grid : value;
}

inline Rows all_rows(const TrainingSet& set) {
  Rows rows(set.x.rows);
  for (size_t r = 0; r < rows.size(); ++r) rows[r] = static_cast<uint32_t>(r);
  return rows;
}

inline Json expected_figures(const std::string& file) {
  std::ifstream in(std::string(FILROUGE_SOURCE_DIR "/tests/unit/models/") + file);
  std::stringstream text;
  text << in.rdbuf();
  return parse_json(text.str(), file);
}

}  // namespace filrouge
