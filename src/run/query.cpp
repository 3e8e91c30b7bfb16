#include "run/query.h"

#include "base/error.h"
#include "engines/profile.h"

namespace filrouge {
namespace {

/// One row more than asked for tells whether there are more; only then are they counted.
Json rows(const Json& query, Engine& engine) {
  std::string sql = query.at("sql");
  uint64_t most = query.value("max_rows", uint64_t{1000});
  Json answer = engine.rows(sql, most + 1);
  bool truncated = answer.at("rows").size() > most;
  if (truncated) answer.at("rows").erase(most);
  answer["truncated"] = truncated;
  if (!truncated)
    answer["total"] = answer.at("rows").size();
  else if (query.value("count", false))
    answer["total"] = engine.rows(fmt::format("SELECT count(*) AS n FROM ({}\n)", sql), 1).at("rows")[0][0];
  return answer;
}

/// CSV and JSON keep the engine's own types; Parquet gets the portable ones, as tables of the store do.
Json export_rows(const Json& query, Engine& engine) {
  std::string format = query.at("format"), sql = query.at("sql"), path = query.at("path");
  if (format == "parquet") {
    auto order = static_cast<RowOrder>(query.at("order").get<int>());
    WrittenTable table = engine.materialise("answer", sql, order, path);
    return {{"rows", table.rows}, {"columns", to_json(table.schema)}, {"files", {table.files.at(0).string()}}};
  }
  std::string options = format == "csv" ? "FORMAT csv, HEADER" : "FORMAT json, ARRAY";
  engine.execute(fmt::format("COPY ({}\n) TO {} ({})", sql, quote_text(path), options));
  return Json::object();
}

Json profile_of(const Json& query, Engine& engine) {
  return profile(engine, query.at("sql").get<std::string>());
}

struct Question {
  const char* name;
  Json (*answer)(const Json& query, Engine& engine);
};
constexpr Question kQuestions[] = {{"rows", rows}, {"export", export_rows}, {"profile", profile_of}};

}  // namespace

Json answer_query(const Json& query, Engine& engine) {
  std::string name = query.at("do");
  for (const Question& question : kQuestions)
    if (name == question.name) return question.answer(query, engine);
  throw Error(ErrorKind::internal, "FR0900", "a worker was asked to " + name);
}

}  // namespace filrouge
