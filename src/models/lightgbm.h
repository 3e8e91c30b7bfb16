// LightGBM's shared library: opened on first use, its C functions declared here because its package has no header.
//
// For boosting.cpp, lightgbm_rows.cpp and the tests that compare with it; verbs use boosting.h.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

namespace filrouge {

/// Signatures as in LightGBM 4.7.0, include/LightGBM/c_api.h. Each returns 0, or -1 with the reason in `last_error`.
/// Data types: 0 float32, 1 float64, 2 int32. Predictions: 1 raw scores, 3 contributions.
struct LightGbm {
  using Handle = void*;

  const char* (*last_error)() = nullptr;
  int (*register_log)(void (*take)(const char*)) = nullptr;

  int (*dataset_from_matrix)(const void* data, int type, int32_t rows, int32_t columns, int row_major,
                             const char* parameters, Handle reference, Handle* out) = nullptr;
  int (*dataset_from_sample)(double** values, int** rows, int32_t columns, const int* per_column, int32_t sample_rows,
                             int32_t local_rows, int64_t all_rows, const char* parameters, Handle* out) = nullptr;
  int (*dataset_push)(Handle dataset, const void* data, int type, int32_t rows, int32_t columns,
                      int32_t first_row) = nullptr;
  int (*dataset_wait_for_finish)(Handle dataset, int wait) = nullptr;
  int (*dataset_finish)(Handle dataset) = nullptr;
  int (*dataset_subset)(Handle dataset, const int32_t* rows, int32_t count, const char* parameters,
                        Handle* out) = nullptr;
  int (*dataset_set_names)(Handle dataset, const char** names, int count) = nullptr;
  int (*dataset_set_field)(Handle dataset, const char* field, const void* data, int count, int type) = nullptr;
  int (*dataset_bins)(Handle dataset, int feature, int* count) = nullptr;
  int (*dataset_free)(Handle dataset) = nullptr;

  int (*booster_create)(Handle dataset, const char* parameters, Handle* out) = nullptr;
  int (*booster_load)(const char* text, int* iterations, Handle* out) = nullptr;
  int (*booster_free)(Handle booster) = nullptr;
  int (*booster_add_validation)(Handle booster, Handle dataset) = nullptr;
  int (*booster_reset_parameter)(Handle booster, const char* parameters) = nullptr;
  int (*booster_update)(Handle booster, int* finished) = nullptr;
  int (*booster_rollback)(Handle booster) = nullptr;
  int (*booster_iteration)(Handle booster, int* out) = nullptr;
  int (*booster_num_predict)(Handle booster, int dataset, int64_t* count) = nullptr;
  int (*booster_predict)(Handle booster, int dataset, int64_t* count, double* out) = nullptr;
  int (*booster_predict_matrix)(Handle booster, const void* data, int type, int32_t rows, int32_t columns,
                                int row_major, int kind, int first, int iterations, const char* parameters,
                                int64_t* count, double* out) = nullptr;
  int (*booster_save)(Handle booster, int first, int iterations, int importance, int64_t buffer_bytes, int64_t* bytes,
                      char* out) = nullptr;

  /// OpenMP's omp_set_max_active_levels, for the calling thread: 0 = it works at its parallel loops alone, 1 = as
  /// usual.
  void (*set_active_levels)(int levels) = nullptr;
};

/// The library, loaded at the first call; its messages are swallowed on the calling thread (they would go to stdout).
/// Sought in lib/filrouge/ beside the program's folder or in it; the environment variable FILROUGE_LIGHTGBM names
/// another file. Throws Error(environment, FR0826).
const LightGbm& lightgbm();
/// The file that lightgbm() opens; empty where there is none.
std::filesystem::path lightgbm_file();

/// Throws Error(engine, FR0825) with LightGBM's own words unless `result` is 0.
void lightgbm_check(int result);

/// Owner of a dataset or a booster.
using LightGbmHandle = std::unique_ptr<void, int (*)(LightGbm::Handle)>;

/// The text of a booster's first `iterations` iterations, without the parameters (they name threads).
std::string lightgbm_text(LightGbm::Handle booster, int iterations);

}  // namespace filrouge
