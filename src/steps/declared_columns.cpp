#include "steps/declared_columns.h"

#include "base/error.h"
#include "base/text.h"

namespace filrouge {
namespace {

using Path = std::vector<std::string>;
const Path kMeaningKeys = {"type", "about", "time", "entity", "subject", "purpose", "keep"};

class ColumnReader {
 public:
  ColumnReader(const Step& step, BindContext& context) : step_(step), context_(context) {}

  std::optional<std::vector<DeclaredColumn>> read() {
    std::vector<DeclaredColumn> columns;
    for (const auto& [name, value] : step_.config["columns"].items()) columns.push_back(column(name, value));
    return failed_ ? std::nullopt : std::optional(std::move(columns));
  }

 private:
  void problem(const Path& path, const std::string& code, const std::string& message, const std::string& hint) {
    failed_ = true;
    context_.report(context_.thread().at(step_, path, code, message, hint));
  }

  DeclaredColumn column(const std::string& name, const Json& value) {
    Json said = value.is_object() ? value : Json{{"type", value}};
    for (const auto& [key, ignored] : said.items())
      if (std::find(kMeaningKeys.begin(), kMeaningKeys.end(), key) == kMeaningKeys.end()) {
        auto near = nearest(key, kMeaningKeys);
        problem({"columns", name, key}, "FR0324", fmt::format("a column has no key `{}`", key),
                near ? fmt::format("did you mean `{}`?", *near) : "it may have " + join(kMeaningKeys, ", "));
      }
    DeclaredColumn column{name, "", {}};
    if (said.contains("type") && !said["type"].is_null()) {
      Path path = value.is_object() ? Path{"columns", name, "type"} : Path{"columns", name};
      column.type = type(name, scalar_text(said["type"]), path);
    }
    said.erase("type");
    if (!said.empty()) column.meaning = std::move(said);
    return column;
  }

  /// The type as the engine calls it; reports FR0303 when there is no such type.
  std::string type(const std::string& column, const std::string& type, const Path& path) {
    bool plain = type.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_ (),[]\"") ==
                 std::string::npos;
    try {
      if (plain)
        return context_.binder().describe("SELECT CAST(NULL AS " + type + ") AS value").schema.columns.at(0).type;
    } catch (const Error&) {
      plain = false;
    }
    static const std::vector<std::string> known = {
        "BIGINT", "INTEGER", "SMALLINT",  "DOUBLE",      "FLOAT",    "DECIMAL(18,2)", "VARCHAR", "BOOLEAN",
        "DATE",   "TIME",    "TIMESTAMP", "TIMESTAMPTZ", "INTERVAL", "UUID",          "BLOB",    "JSON"};
    auto near = nearest(type, known);
    problem(path, "FR0303", fmt::format("`{}` is not a type (column `{}`)", type, column),
            near ? fmt::format("did you mean `{}`?", *near) : "for example BIGINT, DOUBLE, VARCHAR, DATE, TIMESTAMP");
    return "";
  }

  const Step& step_;
  BindContext& context_;
  bool failed_ = false;
};

}  // namespace

std::optional<std::vector<DeclaredColumn>> declared_columns(const Step& step, BindContext& context) {
  if (!step.config.contains("columns")) return std::vector<DeclaredColumn>();
  return ColumnReader(step, context).read();
}

}  // namespace filrouge
