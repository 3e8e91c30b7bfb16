#include "charts/short_form.h"

#include <regex>

#include "base/text.h"
#include "charts/facts.h"

namespace filrouge {
namespace {

struct MarkRule {
  const char* name;
  std::vector<std::string> needs;  // channels without which there is nothing to draw
};
const std::vector<MarkRule>& marks() {
  static const std::vector<MarkRule> rules = {
      {"line", {"x", "y"}}, {"bar", {}},  {"point", {"x", "y"}}, {"area", {"x", "y"}}, {"heatmap", {"x", "y"}},
      {"rect", {"x", "y"}}, {"tick", {}}, {"boxplot", {}},       {"arc", {}},          {"histogram", {}},
  };
  return rules;
}

struct Synonym {
  const char* said;
  const char* meant;
};
constexpr Synonym kMarkSynonyms[] = {
    {"scatter", "point"}, {"circle", "point"},   {"dot", "point"},  {"pie", "arc"},     {"donut", "arc"},
    {"column", "bar"},    {"hist", "histogram"}, {"lines", "line"}, {"box", "boxplot"}, {"matrix", "heatmap"}};

struct Operation {
  const char* said;
  const char* vega;
};
constexpr Operation kOperations[] = {{"count", "count"},  {"sum", "sum"},          {"mean", "mean"},
                                     {"avg", "mean"},     {"average", "mean"},     {"median", "median"},
                                     {"min", "min"},      {"max", "max"},          {"stdev", "stdev"},
                                     {"stddev", "stdev"}, {"distinct", "distinct"}};

const Operation* find_operation(const std::string& name) {
  for (const Operation& operation : kOperations)
    if (name == operation.said) return &operation;
  return nullptr;
}

const std::vector<std::string> kPositional = {"x", "y"};
const std::vector<std::string> kChannels = {"x", "y", "color", "size", "facet"};
const std::vector<std::string> kDefinitionKeys = {
    "field",  "aggregate", "bin",    "type", "title",  "axis",    "scale", "sort",      "stack",        "timeUnit",
    "format", "legend",    "impute", "unit", "header", "columns", "value", "condition", "bandPosition", "formatType"};

std::string quoted_list(std::span<const std::string> names) {
  std::vector<std::string> marked;
  for (const std::string& name : names) marked.push_back("`" + name + "`");
  return join(marked, ", ");
}

class Reader {
 public:
  Reader(const Json& config, const Schema& schema, std::vector<ChartProblem>& problems)
      : config_(config), schema_(schema), problems_(problems) {}

  ShortForm read() {
    read_mark();
    for (const std::string& name : kChannels)
      if (config_.contains(name) && !config_[name].is_null()) read_channel(name);
    if (form_.mark == "histogram") complete_histogram();
    if (form_.mark == "arc") complete_arc();
    check_needs();
    complete_with_count();
    check_measure();
    if (form_.mark == "rect") form_.mark = "heatmap";
    static const std::regex order_by("\\border\\s+by\\b", std::regex::icase);
    form_.is_query = config_.contains("query");
    form_.keeps_order = form_.is_query && std::regex_search(config_["query"].get<std::string>(), order_by);
    return std::move(form_);
  }

 private:
  void problem(std::vector<std::string> path, const char* code, std::string message, std::string hint = "") {
    problems_.push_back({std::move(path), code, std::move(message), std::move(hint)});
  }

  void read_mark() {
    const Json mark = config_.value("mark", Json());
    if (mark.is_object()) {
      form_.mark_properties = mark;
      form_.mark_properties.erase("type");
    }
    const Json& type = mark.is_object() && mark.contains("type") ? mark["type"] : mark;
    if (!type.is_string())
      return problem({"mark"}, "FR0402", "`mark` says what to draw", "one of " + quoted_list(mark_names()));
    form_.mark = type.get<std::string>();
    for (const MarkRule& rule : marks())
      if (form_.mark == rule.name) return;
    std::string hint;
    for (const Synonym& synonym : kMarkSynonyms)
      if (lower(form_.mark) == synonym.said) hint = fmt::format("here it is called `{}`", synonym.meant);
    if (const auto near = nearest(form_.mark, mark_names()); near && hint.empty())
      hint = fmt::format("did you mean `{}`?", *near);
    if (hint.empty()) hint = "one of " + quoted_list(mark_names());
    problem({"mark"}, "FR0402", fmt::format("there is no mark `{}`", form_.mark), hint);
  }

  void read_channel(const std::string& name) {
    const Json& said = config_[name];
    if (name == "facet" && said.is_object() && (said.contains("row") || said.contains("column"))) {
      for (const char* side : {"row", "column"})
        if (said.contains(side)) add_channel(side, said[side], {name, side});
      return;
    }
    add_channel(name, said, {name});
  }

  void add_channel(const std::string& name, const Json& said, const std::vector<std::string>& path) {
    Channel channel;
    channel.name = name;
    if (said.is_string()) {
      read_words(channel, said.get<std::string>(), path);
    } else if (said.is_object()) {
      read_definition(channel, said, path);
    } else {
      return problem(path, "FR0404", fmt::format("`{}` names a column", join(path, ".")),
                     "as in `x: hour` or `y: mean(delay)`");
    }
    form_.channels.push_back(std::move(channel));
  }

  /// hour | mean(arr_delay) | count() | bin(dep_delay)
  void read_words(Channel& channel, const std::string& said, const std::vector<std::string>& path) {
    if (schema_.find(said)) return set_column(channel, said, path);
    static const std::regex call(R"(^\s*(\w+)\s*\(\s*(.*?)\s*\)\s*$)");
    std::smatch parts;
    if (!std::regex_match(said, parts, call)) return set_column(channel, said, path);
    const std::string function = lower(parts[1].str()), argument = parts[2].str();
    if (function == "bin") {
      channel.bin = true;
      return set_column(channel, argument, path);
    }
    set_aggregate(channel, function, path);
    if (channel.aggregate == "count" && (argument.empty() || argument == "*")) return;
    set_column(channel, argument, path);
    check_operand(channel, path);
  }

  void check_operand(const Channel& channel, const std::vector<std::string>& path) {
    const Column* column = schema_.find(channel.column);
    const std::string& operation = channel.aggregate;
    if (!column || operation.empty() || operation == "count" || operation == "distinct") return;
    const ColumnKind kind = column_kind(column->type);
    if (kind == ColumnKind::number || kind == ColumnKind::boolean) return;
    if (kind == ColumnKind::time && (operation == "min" || operation == "max")) return;
    problem(path, "FR0404", fmt::format("`{}` is {}, which has no {}", column->name, column->type, operation),
            "`distinct` and `count` work on any column");
  }

  void read_definition(Channel& channel, const Json& said, const std::vector<std::string>& path) {
    channel.definition = said;
    for (const auto& [key, value] : said.items())
      if (std::find(kDefinitionKeys.begin(), kDefinitionKeys.end(), key) == kDefinitionKeys.end()) {
        const auto near = nearest(key, kDefinitionKeys);
        std::vector<std::string> inner = path;
        inner.push_back(key);
        problem(inner, "FR0404", fmt::format("`{}` is no key of a channel", key),
                near ? fmt::format("did you mean `{}`?", *near) : "one of " + quoted_list(kDefinitionKeys));
      }
    std::vector<std::string> field_path = path;
    field_path.push_back("field");
    if (said.contains("field") && said["field"].is_string())
      read_words(channel, said["field"].get<std::string>(), field_path);
    if (said.contains("aggregate") && said["aggregate"].is_string()) {
      std::vector<std::string> inner = path;
      inner.push_back("aggregate");
      set_aggregate(channel, lower(said["aggregate"].get<std::string>()), inner);
      check_operand(channel, inner);
    }
    if (said.contains("bin") && said["bin"] != Json(false)) channel.bin = true;
    if (channel.column.empty() && channel.aggregate != "count" && !said.contains("value"))
      problem(path, "FR0404", fmt::format("`{}` names no column", join(path, ".")),
              "give `field:`, as in {field: hour, title: Hour}");
    for (const char* key : {"field", "aggregate"}) channel.definition.erase(key);
  }

  void set_aggregate(Channel& channel, const std::string& name, const std::vector<std::string>& path) {
    if (const Operation* operation = find_operation(name)) {
      channel.aggregate = operation->vega;
      return;
    }
    std::vector<std::string> names = {"bin"};
    for (const Operation& operation : kOperations) names.push_back(operation.said);
    const auto near = nearest(name, names);
    problem(path, "FR0404", fmt::format("a chart has no function `{}`", name),
            near ? fmt::format("did you mean `{}`?", *near)
                 : "it has count, sum, mean, median, min, max, stdev, distinct and bin; for others use `query:`");
  }

  void set_column(Channel& channel, const std::string& name, const std::vector<std::string>& path) {
    if (const Column* column = schema_.find(name)) {
      channel.column = column->name;
      return;
    }
    channel.column = name;
    const std::vector<std::string> names = schema_.names();
    const auto near = nearest(name, names);
    std::string hint = near ? fmt::format("did you mean `{}`?", *near) : "";
    if (!near && names.size() <= 12) hint = "there are " + quoted_list(names);
    problem(path, "FR0401", fmt::format("no column `{}` in what the chart shows", name), hint);
  }

  void complete_histogram() {
    Channel* x = form_.find("x");
    if (!x) x = form_.find("y");
    if (!x || x->column.empty()) return problem({"mark"}, "FR0404", "a histogram needs `x`, the column to count");
    x->bin = true;
  }

  /// A pie: the angle is y (or size), the slices are color (or x).
  void complete_arc() {
    if (Channel* x = form_.find("x"); x && !form_.find("color")) x->name = "color";
    if (!form_.find("color")) problem({"mark"}, "FR0404", "an arc needs `color`, the column with a slice per value");
    if (Channel* size = form_.find("size"); size && !form_.find("y")) size->name = "y";
    if (!form_.find("y")) form_.channels.push_back({.name = "y", .aggregate = "count"});
  }

  void check_needs() {
    for (const MarkRule& rule : marks()) {
      if (form_.mark != rule.name) continue;
      for (const std::string& need : rule.needs)
        if (!form_.find(need))
          problem({"mark"}, "FR0404", fmt::format("a {} needs `{}`", form_.mark, need),
                  fmt::format("add `{}: COLUMN`", need));
      if (rule.needs.empty() && !form_.find("x") && !form_.find("y") && form_.mark != "arc" &&
          form_.mark != "histogram")
        problem({"mark"}, "FR0404", fmt::format("a {} needs `x` or `y`", form_.mark), "add `x: COLUMN`");
    }
  }

  /// What can be counted is counted where nothing else is said: bars with one channel, a heatmap without a color.
  void complete_with_count() {
    if (form_.mark == "bar" || form_.mark == "histogram") {
      for (const std::string& name : kPositional) {
        const Channel* other = form_.find(name == "x" ? "y" : "x");
        if (!form_.find(name) && other && other->aggregate.empty())
          form_.channels.push_back({.name = name, .aggregate = "count"});
      }
    }
    const bool is_heatmap = form_.mark == "heatmap" || form_.mark == "rect";
    if (is_heatmap && !form_.find("color")) form_.channels.push_back({.name = "color", .aggregate = "count"});
  }

  /// Bars, areas and boxes measure something: one of x and y must be a number.
  void check_measure() {
    if (form_.mark != "bar" && form_.mark != "area" && form_.mark != "boxplot") return;
    for (const std::string& name : kPositional) {
      const Channel* channel = form_.find(name);
      if (channel && (!channel->aggregate.empty() || is_number(channel->column) || channel->column.empty())) return;
    }
    const Channel* y = form_.find("y");
    if (!y || !schema_.find(y->column)) return;
    problem({"y"}, "FR0404", fmt::format("a {} needs a number on `x` or `y`, and `{}` is none", form_.mark, y->column),
            "`y: count()` counts rows");
  }

  bool is_number(const std::string& name) const {
    const Column* column = schema_.find(name);
    return column && column_kind(column->type) == ColumnKind::number;
  }

  const Json& config_;
  const Schema& schema_;
  std::vector<ChartProblem>& problems_;
  ShortForm form_;
};

}  // namespace

const Channel* ShortForm::find(std::string_view name) const {
  for (const Channel& channel : channels)
    if (channel.name == name) return &channel;
  return nullptr;
}

Channel* ShortForm::find(std::string_view name) {
  return const_cast<Channel*>(static_cast<const ShortForm*>(this)->find(name));
}

std::vector<std::string> mark_names() {
  std::vector<std::string> names;
  for (const MarkRule& rule : marks()) names.push_back(rule.name);
  return names;
}

ShortForm short_form(const Json& config, const Schema& schema, std::vector<ChartProblem>& problems) {
  return Reader(config, schema, problems).read();
}

}  // namespace filrouge
