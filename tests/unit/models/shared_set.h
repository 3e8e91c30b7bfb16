// A table of the shared data as a training set, read by DuckDB. Numbers stay numbers, text becomes a category with its
// values in alphabetical order.
#pragma once

#include "base/error.h"
#include "engines/engine.h"
#include "models/matrix.h"

namespace filrouge {

inline std::optional<std::filesystem::path> shared_data() {
  std::filesystem::path root = FILROUGE_SOURCE_DIR;
  for (; root.has_relative_path(); root = root.parent_path()) {
    if (std::filesystem::exists(root.parent_path() / "shared/data")) return root.parent_path() / "shared/data";
  }
  return std::nullopt;
}

/// `query` reads '{0}/tables/...'; its last column is the target: a number, or a text whose values become classes.
inline TrainingSet shared_set(const std::filesystem::path& data, const std::string& query) {
  auto engine = make_duckdb_engine(std::filesystem::temp_directory_path());
  engine->set_limits({0, 1, 0});
  Json answer = engine->rows(fmt::format(fmt::runtime(query), data.string()), 1'000'000);
  TrainingSet set;
  size_t columns = answer["columns"].size();
  std::vector<std::map<std::string, double>> codes(columns);
  for (size_t c = 0; c < columns; ++c) {
    for (const Json& row : answer["rows"]) {
      if (row[c].is_string()) codes[c][row[c].get<std::string>()] = 0;
    }
    double next = 0;
    for (auto& [value, code] : codes[c]) code = next++;
    if (c + 1 < columns) set.features.push_back({answer["columns"][c]["name"], static_cast<uint32_t>(codes[c].size())});
  }
  set.x = Matrix(answer["rows"].size(), columns - 1);
  for (size_t r = 0; r < set.x.rows; ++r) {
    for (size_t c = 0; c < columns; ++c) {
      const Json& cell = answer["rows"][r][c];
      double value = cell.is_string()    ? codes[c][cell.get<std::string>()]
                     : cell.is_number()  ? cell.get<double>()
                     : cell.is_boolean() ? static_cast<double>(cell.get<bool>())
                                         : std::numeric_limits<double>::quiet_NaN();
      if (c + 1 < columns)
        set.x.at(r, c) = value;
      else
        set.y.push_back(value);
    }
  }
  return set;
}

}  // namespace filrouge
