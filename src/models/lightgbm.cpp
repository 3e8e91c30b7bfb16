#include "models/lightgbm.h"

#include <dlfcn.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/files.h"

namespace filrouge {
namespace {

constexpr const char* kFile = "lib_lightgbm.so";
constexpr const char* kVariable = "FILROUGE_LIGHTGBM";

[[noreturn]] void cannot_open(const std::string& why) {
  throw Error(ErrorKind::environment, "FR0826", fmt::format("LightGBM cannot be opened: {}", why),
              fmt::format("it belongs into lib/filrouge/{} beside the program's bin folder and needs libgomp1; {} can "
                          "name another file",
                          kFile, kVariable));
}

template <typename Function>
void resolve(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  if (!function) cannot_open(fmt::format("it has no function {} (version 4.7.0 is needed)", name));
}

LightGbm open_library() {
  fs::path file = lightgbm_file();
  if (file.empty()) cannot_open(fmt::format("{} is not there", kFile));
  // Threads that spin for long while they wait take the processor from those that work: on a busy machine training
  // becomes tens of times slower. Not to spin at all costs a sleep per parallel loop: 8.8 s where a little gives 4.8 s
  // (flights, 200 trees, 2 quiet cores). GNU OpenMP reads both when it is loaded.
  setenv("OMP_WAIT_POLICY", "passive", 0);
  setenv("GOMP_SPINCOUNT", "5000", 0);
  void* library = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library) cannot_open(dlerror());

  LightGbm api;
  resolve(library, "LGBM_GetLastError", api.last_error);
  resolve(library, "LGBM_RegisterLogCallback", api.register_log);
  resolve(library, "LGBM_DatasetCreateFromMat", api.dataset_from_matrix);
  resolve(library, "LGBM_DatasetCreateFromSampledColumn", api.dataset_from_sample);
  resolve(library, "LGBM_DatasetPushRows", api.dataset_push);
  resolve(library, "LGBM_DatasetSetWaitForManualFinish", api.dataset_wait_for_finish);
  resolve(library, "LGBM_DatasetMarkFinished", api.dataset_finish);
  resolve(library, "LGBM_DatasetGetSubset", api.dataset_subset);
  resolve(library, "LGBM_DatasetSetFeatureNames", api.dataset_set_names);
  resolve(library, "LGBM_DatasetSetField", api.dataset_set_field);
  resolve(library, "LGBM_DatasetGetFeatureNumBin", api.dataset_bins);
  resolve(library, "LGBM_DatasetFree", api.dataset_free);
  resolve(library, "LGBM_BoosterCreate", api.booster_create);
  resolve(library, "LGBM_BoosterLoadModelFromString", api.booster_load);
  resolve(library, "LGBM_BoosterFree", api.booster_free);
  resolve(library, "LGBM_BoosterAddValidData", api.booster_add_validation);
  resolve(library, "LGBM_BoosterResetParameter", api.booster_reset_parameter);
  resolve(library, "LGBM_BoosterUpdateOneIter", api.booster_update);
  resolve(library, "LGBM_BoosterRollbackOneIter", api.booster_rollback);
  resolve(library, "LGBM_BoosterGetCurrentIteration", api.booster_iteration);
  resolve(library, "LGBM_BoosterGetNumPredict", api.booster_num_predict);
  resolve(library, "LGBM_BoosterGetPredict", api.booster_predict);
  resolve(library, "LGBM_BoosterPredictForMat", api.booster_predict_matrix);
  resolve(library, "LGBM_BoosterSaveModelToString", api.booster_save);
  resolve(library, "omp_set_max_active_levels", api.set_active_levels);
  return api;
}

}  // namespace

fs::path lightgbm_file() {
  if (const char* named = getenv(kVariable)) return named;
  fs::path program = fs::read_symlink("/proc/self/exe").parent_path();
  for (const fs::path& folder : {program.parent_path() / "lib", program / "lib"})
    if (fs::path file = folder / "filrouge" / kFile; fs::exists(file)) return file;
  return {};
}

const LightGbm& lightgbm() {
  static const LightGbm api = open_library();  // a failed attempt throws and is made again at the next call
  api.register_log([](const char*) {});        // kept by LightGBM for each thread
  return api;
}

namespace {

/// "Check failed: (num_leaves) > (1) at /src/io/config_auto.cpp, line 352 .?" without the place in LightGBM's source,
/// after which 4.7 also leaves a byte of whatever was there.
std::string last_words() {
  std::string said = lightgbm().last_error();
  size_t place = said.find(" at /");
  if (place != std::string::npos && said.find(", line ", place) != std::string::npos) said.resize(place);
  return said;
}

}  // namespace

void lightgbm_check(int result) {
  if (result != 0) throw Error(ErrorKind::engine, "FR0825", fmt::format("LightGBM cannot train: {}", last_words()));
}

std::string lightgbm_text(LightGbm::Handle booster, int iterations) {
  int64_t bytes = 0;
  constexpr int kGain = 1;
  lightgbm_check(lightgbm().booster_save(booster, 0, iterations, kGain, 0, &bytes, nullptr));
  std::string text(bytes, '\0');
  lightgbm_check(lightgbm().booster_save(booster, 0, iterations, kGain, bytes, &bytes, text.data()));
  text.resize(std::min(text.find('\0'), text.find("\nparameters:\n")));
  return text;
}

}  // namespace filrouge
