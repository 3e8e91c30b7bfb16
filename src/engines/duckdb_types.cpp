#include "base/text.h"
#include "engines/duckdb_plan.h"
#include "tables/schema.h"

namespace filrouge {
namespace {

/// DuckDB quotes the name of a struct's field where it is not a plain lower-case word. Quoting more does no harm.
std::string field_name(const std::string& name) {
  bool plain = !name.empty() && !std::isdigit(static_cast<unsigned char>(name[0]));
  for (char c : name)
    plain = plain &&
            (std::islower(static_cast<unsigned char>(c)) || std::isdigit(static_cast<unsigned char>(c)) || c == '_');
  return plain ? name : quote_name(name);
}

std::string fields_text(PlanNode children, bool with_tag) {
  std::vector<std::string> fields;
  size_t skip = with_tag ? 1 : 0;  // a union's first field is its tag
  for (PlanNode field : children)
    if (skip > 0)
      --skip;
    else
      fields.push_back(field_name(field["first"].text()) + " " + type_text(field["second"]));
  return join(fields, ", ");
}

}  // namespace

std::string type_text(PlanNode type) {
  PlanNode id = type["id"], info = type["type_info"];
  if (PlanNode alias = info["alias"]) return alias.text();  // JSON
  if (id.is("LIST")) return type_text(info["child_type"]) + "[]";
  if (id.is("ARRAY")) return fmt::format("{}[{}]", type_text(info["child_type"]), info["size"].number());
  if (id.is("STRUCT")) return "STRUCT(" + fields_text(info["child_types"], false) + ")";
  if (id.is("UNION")) return "UNION(" + fields_text(info["child_types"], true) + ")";
  if (id.is("DECIMAL")) return fmt::format("DECIMAL({},{})", info["width"].number(18), info["scale"].number(0));
  if (id.is("MAP")) {
    std::vector<std::string> parts;
    for (PlanNode part : info["child_type"]["type_info"]["child_types"]) parts.push_back(type_text(part["second"]));
    return "MAP(" + join(parts, ", ") + ")";
  }
  if (id.is("ENUM")) {
    std::vector<std::string> values;
    for (PlanNode value : info["values"]) values.push_back(quote_text(value.text()));
    return "ENUM(" + join(values, ", ") + ")";
  }
  return id.text();
}

}  // namespace filrouge
