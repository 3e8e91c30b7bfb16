// Made-up tables for boosting, trees and SHAP, and LightGBM itself to compare with.
#pragma once

#include <cmath>
#include <limits>
#include <random>

#include "models/boosting.h"
#include "models/forest_tree.h"
#include "models/lightgbm.h"

namespace filrouge {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// Numbers between 0 and 1, the same on every machine.
class Dice {
 public:
  explicit Dice(uint64_t seed) : engine_(seed) {}
  double roll() { return static_cast<double>(engine_() >> 11) * 0x1p-53; }
  uint32_t below(uint32_t n) { return static_cast<uint32_t>(roll() * n); }

 private:
  std::mt19937_64 engine_;
};

/// Six features: a number, a number with gaps, one that is mostly 0, whole numbers, a category of 5 and one of 60 with
/// gaps. `y` depends on all of them; as classes when `classes` > 1, 0/1 when 2; grades of queries of 8 rows when
/// `ranked`.
inline TrainingSet sample_set(size_t rows, int classes, uint64_t seed, bool ranked = false) {
  Dice dice(seed);
  TrainingSet set;
  set.features = {{"plain"}, {"with gaps"}, {"sparse"}, {"whole"}, {"kind", 5}, {"place", 60}};
  set.x = Matrix(rows, set.features.size());
  for (size_t r = 0; r < rows; r++) {
    double* x = set.x.row(r);
    x[0] = dice.roll() * 10 - 5;
    x[1] = dice.roll() < 0.15 ? kNaN : dice.roll() * 100;
    x[2] = dice.roll() < 0.7 ? 0 : dice.roll() - 0.3;
    x[3] = dice.below(24);
    x[4] = dice.below(5);
    x[5] = dice.roll() < 0.05 ? kNaN : std::floor(60 * dice.roll() * dice.roll());
    double place = std::isnan(x[5]) ? 0.5 : std::fmod(x[5] * 37, 11) / 11;
    double signal = std::sin(x[0]) + (std::isnan(x[1]) ? 0.8 : x[1] / 100 * (x[4] - 2)) + 3 * x[2] * (x[3] > 12) +
                    2 * place * (x[0] > 0) + dice.roll();
    if (ranked) {
      set.y.push_back(std::clamp(std::floor(signal + 1), 0.0, 4.0));
      set.group.push_back(static_cast<uint32_t>(r / 8));
    } else {
      set.y.push_back(classes < 2 ? signal : std::clamp(std::floor(signal * classes / 3), 0.0, classes - 1.0));
    }
  }
  return set;
}

/// Rows first, first + step ... below end.
inline Rows every(uint32_t first, uint32_t end, uint32_t step = 1) {
  Rows rows;
  for (uint32_t r = first; r < end; r += step) rows.push_back(r);
  return rows;
}

/// A model as LightGBM reads it.
class LightGbmModel {
 public:
  static constexpr int kRaw = 1, kContributions = 3;

  explicit LightGbmModel(const std::string& text) {
    LightGbm::Handle handle = nullptr;
    int iterations = 0;
    lightgbm_check(lightgbm().booster_load(text.c_str(), &iterations, &handle));
    booster_ = LightGbmHandle(handle, lightgbm().booster_free);
  }

  /// `numbers_per_row`: outputs, or outputs * (features + 1).
  std::vector<double> predict(const Matrix& x, int kind, size_t numbers_per_row, int threads = 1) const {
    std::vector<double> out(x.rows * numbers_per_row);
    int64_t count = 0;
    std::string parameters = "verbosity=-1 num_threads=" + std::to_string(threads);
    lightgbm_check(lightgbm().booster_predict_matrix(booster_.get(), x.values.data(), 1, static_cast<int32_t>(x.rows),
                                                     static_cast<int32_t>(x.columns), 1, kind, 0, -1,
                                                     parameters.c_str(), &count, out.data()));
    return out;
  }

 private:
  LightGbmHandle booster_{nullptr, nullptr};
};

/// What the tree says when only the features of `known` are: Lundberg et al. 2018, Algorithm 1.
inline double value_of(const Forest::Tree& tree, int32_t at, const double* row, uint32_t known) {
  if (at < 0) return tree.value[~at];
  const Forest::Tree::Split& split = tree.splits[at];
  if (known >> split.feature & 1)
    return value_of(tree, tree.goes_left(split, row[split.feature]) ? split.left : split.right, row, known);
  return (tree.rows_of(split.left) * value_of(tree, split.left, row, known) +
          tree.rows_of(split.right) * value_of(tree, split.right, row, known)) /
         split.rows;
}

#define SKIP_WITHOUT_LIGHTGBM() \
  if (lightgbm_file().empty()) GTEST_SKIP() << "lib/filrouge/lib_lightgbm.so is not there"

}  // namespace filrouge
