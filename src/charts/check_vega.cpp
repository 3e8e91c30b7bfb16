#include "base/text.h"
#include "charts/short_form.h"

namespace filrouge {
namespace {

/// Transforms that make columns whose names cannot be told from the specification.
constexpr const char* kMakesColumns[] = {"pivot",    "lookup", "density", "regression", "loess",
                                         "quantile", "fold",   "flatten", "extent"};

const std::vector<std::string> kVegaMarks = {"arc",      "area",     "bar",   "boxplot", "circle", "errorband",
                                             "errorbar", "geoshape", "image", "line",    "point",  "rect",
                                             "rule",     "square",   "text",  "tick",    "trail"};

class Walk {
 public:
  Walk(const Schema& schema, std::vector<ChartProblem>& problems) : schema_(schema), problems_(problems) {}

  void check(const Json& vega) {
    collect(vega);
    std::vector<std::string> path = {"vega"};
    visit(vega, path, false);
  }

 private:
  /// Names that transforms make: every `as`, a text or a list of them.
  void collect(const Json& part) {
    if (part.is_array())
      for (const Json& item : part) collect(item);
    if (!part.is_object()) return;
    for (const auto& [key, value] : part.items()) {
      if (key == "values" || key == "datasets") continue;
      for (const char* transform : kMakesColumns) makes_any_ |= key == transform;
      if (key == "as" && value.is_string()) made_.insert(value.get<std::string>());
      if (key == "as" && value.is_array())
        for (const Json& name : value)
          if (name.is_string()) made_.insert(name.get<std::string>());
      collect(value);
    }
  }

  void visit(const Json& part, std::vector<std::string>& path, bool in_encoding) {
    if (part.is_array())
      for (size_t i = 0; i < part.size(); ++i) descend(part[i], std::to_string(i), path, in_encoding);
    if (!part.is_object()) return;
    for (const auto& [key, value] : part.items()) {
      if (key == "values" || key == "datasets" || key == "usermeta") continue;
      if (key == "data" && value.is_object() && value.contains("url")) {
        path.insert(path.end(), {"data", "url"});
        problems_.push_back({path, "FR0422", fmt::format("a chart may not load data from `{}`", dump(value["url"])),
                             "read it with a `read` step and name the table with `from:`"});
        path.resize(path.size() - 2);
        continue;
      }
      if (key == "mark" && !in_encoding) check_mark(value, path);
      if (key == "field" && in_encoding && value.is_string()) check_field(value.get<std::string>(), path);
      descend(value, key, path, in_encoding || key == "encoding");
    }
  }

  void descend(const Json& part, const std::string& key, std::vector<std::string>& path, bool in_encoding) {
    path.push_back(key);
    visit(part, path, in_encoding);
    path.pop_back();
  }

  void check_mark(const Json& mark, std::vector<std::string> path) {
    path.push_back("mark");
    if (mark.is_object()) path.push_back("type");
    const Json type = mark.is_object() ? mark.value("type", Json()) : mark;
    const std::string name = type.is_string() ? type.get<std::string>() : dump(type);
    if (std::find(kVegaMarks.begin(), kVegaMarks.end(), name) != kVegaMarks.end()) return;
    const auto near = nearest(name, kVegaMarks);
    problems_.push_back({path, "FR0402", fmt::format("Vega-Lite has no mark `{}`", name),
                         near ? fmt::format("did you mean `{}`?", *near) : "it has " + join(kVegaMarks, ", ")});
  }

  void check_field(const std::string& name, std::vector<std::string> path) {
    if (makes_any_ || made_.contains(name) || name.find_first_of(".[\\") != std::string::npos) return;
    for (const Column& column : schema_.columns)
      if (column.name == name) return;  // Vega tells upper from lower case
    path.push_back("field");
    const auto near = nearest(name, schema_.names());
    problems_.push_back({path, "FR0401", fmt::format("no column `{}` in what the chart shows", name),
                         near ? fmt::format("did you mean `{}`?", *near) : ""});
  }

  const Schema& schema_;
  std::vector<ChartProblem>& problems_;
  std::set<std::string> made_;
  bool makes_any_ = false;
};

}  // namespace

void check_vega(const Json& vega, const Schema& schema, std::vector<ChartProblem>& problems) {
  Walk(schema, problems).check(vega);
}

}  // namespace filrouge
