#include "base/error.h"
#include "engines/engine_beside.h"

namespace filrouge {

std::vector<std::string> Engine::map(const std::filesystem::path&, size_t) {
  FR_CHECK(!"this engine has no machines to send a worker to");
  return {};
}

LinesDone Engine::run_lines(const LinesJob&, const std::function<void(const std::string&)>&) {
  FR_CHECK(!"this engine runs no programs");
  return {};
}

std::unique_ptr<Engine> make_engine(const Json& engine, const std::filesystem::path& scratch) {
  std::unique_ptr<Engine> local = make_duckdb_engine(scratch);
  if (engine.is_null()) return local;
  const std::string kind = engine.at("kind");
  if (kind == "hadoop") return make_hadoop_engine(std::move(local), engine, scratch);
  FR_CHECK(kind == "spark");
  return make_spark_engine(std::move(local), engine, scratch);
}

}  // namespace filrouge
