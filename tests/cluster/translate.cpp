// Prints queries as the Spark engine would send them. Standard input, one JSON object a line: first
// {"tables": {"t": [["x", "INTEGER"], ..]}}, then {"sql": ".."} any number of times; for each an answer
// {"sql", "rules", "notes", "problems": [{"message", "hint"}]} or {"error"}.
#include <iostream>

#include "base/error.h"
#include "engines/engine.h"

using namespace filrouge;

int main() {
  std::unique_ptr<Binder> binder = make_binder();
  for (std::string line; std::getline(std::cin, line);) {
    Json request = Json::parse(line), answer;
    Json tables = request.value("tables", Json::object());
    for (const auto& [table, columns] : tables.items()) {
      Schema schema;
      for (const Json& column : columns) schema.columns.push_back({column[0], column[1], {}});
      binder->declare(table, schema);
    }
    if (!request.contains("sql")) continue;
    try {
      PortableQuery query = binder->for_spark(request["sql"]);
      answer = {{"sql", query.sql}, {"rules", query.rules}, {"notes", query.notes}, {"problems", Json::array()}};
      for (const Error& problem : query.problems)
        answer["problems"].push_back({{"message", problem.message}, {"hint", problem.hint}});
    } catch (const Error& error) {
      answer = {{"error", error.message}};
    }
    std::cout << dump(answer) << std::endl;
  }
  binder.reset();
}
