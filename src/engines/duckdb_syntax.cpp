#include "engines/duckdb_syntax.h"

#include <algorithm>
#include <set>

#include "base/text.h"

namespace filrouge {
namespace {

/// Walks the syntax tree with the names of the common table expressions that can be seen from where it is.
class SyntaxWalk {
 public:
  SyntaxFacts facts;

  void walk(PlanNode node) {
    PlanNode type = node["type"];
    if (type.is("BASE_TABLE")) return base_table(node);
    if (type.is("TABLE_FUNCTION")) {
      PlanNode call = node["function"];
      facts.functions.push_back(
          {lower(call["function_name"].text()), node["alias"].text(), node["query_location"].number()});
    }
    if (type.is("SHOW_REF") && !node["show_type"].is("SUMMARY")) facts.shows_catalog = true;
    if (type.is("VALUE_PARAMETER")) facts.has_parameters = true;
    size_t seen = names_.size();
    if (type.is("RECURSIVE_CTE_NODE")) names_.push_back(lower(node["cte_name"].text()));
    PlanNode ctes = node["cte_map"];
    for (PlanNode entry : ctes["map"]) {  // each sees those before it
      walk(entry["value"]);
      names_.push_back(lower(entry["key"].text()));
    }
    for (PlanNode member : node)
      if ((member.is_object() || member.is_array()) && member.key() != "cte_map") walk(member);
    names_.resize(seen);
  }

 private:
  void base_table(PlanNode node) {
    std::string schema = lower(node["schema_name"].text()), catalog = lower(node["catalog_name"].text());
    std::string name = node["table_name"].text();
    bool plain = schema.empty() && catalog.empty();
    if (plain && std::find(names_.begin(), names_.end(), lower(name)) != names_.end()) return;
    if (name.find_first_of("/.*:") == std::string::npos) name = lower(name);
    if (!schema.empty() && schema != "main") name = schema + "." + name;
    if (!catalog.empty() && catalog != "memory") name = catalog + "." + name;
    facts.tables.push_back({name, lower(node["alias"].text()), node["query_location"].number()});
  }

  std::vector<std::string> names_;
};

}  // namespace

SyntaxFacts syntax_facts(PlanNode statement) {
  SyntaxWalk walk;
  walk.walk(statement);
  auto by_offset = [](const TableUse& a, const TableUse& b) { return a.offset < b.offset; };
  std::stable_sort(walk.facts.tables.begin(), walk.facts.tables.end(), by_offset);
  return walk.facts;
}

}  // namespace filrouge
