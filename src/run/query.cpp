#include "run/query.h"

#include "base/error.h"

namespace filrouge {
namespace {

Json rows(const Json& query, Engine& engine) {
  return engine.rows(query.at("sql").get<std::string>(), query.value("max_rows", uint64_t{1000}));
}

Json export_rows(const Json& query, Engine& engine) {
  std::string format = query.at("format"), options = "FORMAT " + format;
  if (format == "csv") options += ", HEADER";
  if (format == "json") options += ", ARRAY";
  engine.execute(fmt::format("COPY ({}\n) TO {} ({})", query.at("sql").get<std::string>(),
                             quote_text(query.at("path").get<std::string>()), options));
  return Json::object();
}

struct Question {
  const char* name;
  Json (*answer)(const Json& query, Engine& engine);
};
constexpr Question kQuestions[] = {{"rows", rows}, {"export", export_rows}};

}  // namespace

Json answer_query(const Json& query, Engine& engine) {
  std::string name = query.at("do");
  for (const Question& question : kQuestions)
    if (name == question.name) return question.answer(query, engine);
  throw Error(ErrorKind::internal, "FR0900", "a worker was asked to " + name);
}

}  // namespace filrouge
