#include "steps/check_sql.h"

#include "base/error.h"
#include "base/text.h"
#include "steps/check_values.h"
#include "steps/sql_step.h"
#include "tables/portable.h"

namespace filrouge {
namespace {

using Path = std::vector<std::string>;

Path operator/(Path path, std::string part) {
  path.push_back(std::move(part));
  return path;
}

/// Turns the items of `expect:` into Expectations; one object for one step.
class Compiler {
 public:
  Compiler(const Step& step, const Schema& table, BindContext& context)
      : step_(step), table_(table), context_(context) {}

  std::optional<Expectations> compile();

 private:
  /// One kind of expectation: its key in an item and what makes it. `share`: some rows may fail (at_most).
  struct Kind {
    const char* name;
    void (Compiler::*compile)(const Json& value, const Path& path);
    bool share;
  };
  static const std::vector<Kind>& kinds();

  void item(size_t index, const Json& item);
  void unique(const Json& value, const Path& path);
  void not_null(const Json& value, const Path& path);
  void range(const Json& value, const Path& path);
  void in(const Json& value, const Path& path);
  void matches(const Json& value, const Path& path);
  void refers(const Json& value, const Path& path);
  void row_count(const Json& value, const Path& path);
  void type(const Json& value, const Path& path);
  void freshness(const Json& value, const Path& path);
  void sql(const Json& value, const Path& path);

  void at_most(const Json& item, const Path& path);
  void pattern_is_valid(const std::string& pattern, const Path& path);
  const Column* parent_column(const std::string& reference, const Column& child, const Path& path);

  /// Calls `take` for each entry of {column: what}; reports an unknown column at its key.
  template <typename Take>
  void each_column(const Json& value, const Path& path, Take take);
  const Column* column(const std::string& name, const Path& path, bool is_key);
  /// {low, high} of [low, high], {min: , max: } or one value; null = open.
  std::optional<std::pair<Json, Json>> bounds(const Json& value, const Path& path);
  Expectation& add(const std::string& columns, std::string rule);
  Json resolve(const Json& value, const Path& path);
  void report(const Path& path, const char* code, std::string message, std::string hint = "", std::string note = "") {
    good_ = false;
    context_.report(context_.thread().at(step_, path, code, std::move(message), std::move(hint), std::move(note)));
  }
  void report_at_key(const Path& path, const char* code, std::string message, std::string hint, std::string note);

  const Step& step_;
  const Schema& table_;
  BindContext& context_;
  Expectations out_;
  Expectation draft_;  ///< what all expectations of the current item share
  std::string kind_;
  std::string as_of_;  ///< of the current item, resolved
  bool good_ = true;
};

const std::vector<Compiler::Kind>& Compiler::kinds() {
  static const std::vector<Kind> table = {
      {"unique", &Compiler::unique, true},        {"not_null", &Compiler::not_null, true},
      {"range", &Compiler::range, true},          {"in", &Compiler::in, true},
      {"matches", &Compiler::matches, true},      {"refers", &Compiler::refers, true},
      {"row_count", &Compiler::row_count, false}, {"type", &Compiler::type, false},
      {"freshness", &Compiler::freshness, false}, {"sql", &Compiler::sql, true}};
  return table;
}

/// Marks the key under the path's last part, where `at` would mark its value.
void Compiler::report_at_key(const Path& path, const char* code, std::string message, std::string hint,
                             std::string note) {
  good_ = false;
  Diagnostic problem = context_.thread().at(step_, path, code, std::move(message), std::move(hint), std::move(note));
  const Node* node = &step_.node;
  for (size_t i = 0; node && i + 1 < path.size(); ++i)
    node = node->kind == Node::Kind::sequence
               ? (std::stoul(path[i]) < node->items.size() ? &node->items[std::stoul(path[i])] : nullptr)
               : node->find(path[i]);
  if (const Node* key = node ? node->find_key(path.back()) : nullptr) {
    problem.file = key->file, problem.line = key->begin.line, problem.column = key->begin.column;
    problem.length = static_cast<int>(count_code_points(key->text));
  }
  context_.report(std::move(problem));
}

const Column* Compiler::column(const std::string& name, const Path& path, bool is_key) {
  if (const Column* found = table_.find(name)) {
    out_.reads.insert({step_.name, found->name});
    out_.columns.insert(found->name);
    return found;
  }
  auto near = nearest(name, table_.names());
  std::string message = fmt::format("no column `{}` in `{}`", name, step_.name);
  std::string hint = near ? fmt::format("did you mean `{}`?", *near) : "";
  std::string note = fmt::format("`{}` has {}; next: filrouge show {}", step_.name,
                                 plural(table_.columns.size(), "column"), step_.name);
  if (is_key)
    report_at_key(path, "FR0403", message, hint, note);
  else
    report(path, "FR0403", message, hint, note);
  return nullptr;
}

template <typename Take>
void Compiler::each_column(const Json& value, const Path& path, Take take) {
  if (!value.is_object() || value.empty())
    return report(path, "FR0404", fmt::format("`{}` needs columns and what is expected of them", kind_),
                  "such as `{dep_delay: ..}`", "next: filrouge help check");
  for (const auto& [name, what] : value.items())
    if (const Column* found = column(name, path / name, true)) take(*found, what, path / name);
}

Expectation& Compiler::add(const std::string& columns, std::string rule) {
  Expectation expectation = draft_;
  expectation.columns = columns;
  expectation.rule = std::move(rule);
  if (expectation.label.empty()) expectation.label = kind_ + (columns.empty() ? "" : " " + columns);
  out_.list.push_back(std::move(expectation));
  return out_.list.back();
}

/// Fills in `$name` where it is the whole of a text, at any depth.
Json Compiler::resolve(const Json& value, const Path& path) {
  if (value.is_array() || value.is_object()) {
    Json copy = value;
    size_t index = 0;
    for (auto& [key, inner] : copy.items())
      inner = resolve(inner, path / (value.is_array() ? std::to_string(index++) : key));
    return copy;
  }
  if (!value.is_string()) return value;
  std::string text = value.get<std::string>();
  if (text.size() < 2 || text[0] != '$' ||
      text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_", 1) != std::string::npos)
    return value;
  const auto& params = context_.thread().params;
  auto found = params.find(text.substr(1));
  if (found != params.end()) {
    out_.params.insert(found->first);
    return found->second;
  }
  std::vector<std::string> names;
  for (const auto& [name, _] : params) names.push_back(name);
  auto near = nearest(text.substr(1), names);
  report(path, "FR0205", fmt::format("no parameter `{}`", text), near ? fmt::format("did you mean `${}`?", *near) : "",
         "parameters stand under `params:` of thread.yaml");
  return nullptr;
}

std::optional<std::pair<Json, Json>> Compiler::bounds(const Json& value, const Path& path) {
  if (value.is_array() && value.size() == 2 && !value[0].is_structured() && !value[1].is_structured() &&
      !(value[0].is_null() && value[1].is_null()))
    return std::pair(value[0], value[1]);
  bool min_max = value.is_object() && !value.empty();
  if (min_max)
    for (const auto& [key, bound] : value.items())
      min_max = min_max && (key == "min" || key == "max") && !bound.is_structured() && !bound.is_null();
  if (min_max) return std::pair(value.value("min", Json()), value.value("max", Json()));
  report(path, "FR0404", fmt::format("`{}` takes a lowest and a highest value", kind_),
         "such as `[0, 100]`, `[null, 100]` or `{min: 0}`", "next: filrouge help check");
  return std::nullopt;
}

void Compiler::unique(const Json& value, const Path& path) {
  std::vector<std::string> names, quoted, present;
  size_t index = 0;
  for (const Json& name : value) {
    const Column* found = column(name.get<std::string>(), path / std::to_string(index++), false);
    if (!found) continue;
    names.push_back(found->name), quoted.push_back(quote_name(found->name));
    present.push_back(quoted.back() + " IS NOT NULL");
  }
  if (value.empty()) return report(path, "FR0404", "`unique` names no column", "such as `unique: [time_hour, flight]`");
  std::string keys = join(quoted, ", ");
  std::string key = quoted.size() == 1 ? keys : "(" + keys + ")";
  Expectation& e = add(join(names, ", "), "no two rows with the same " + join(names, ", "));
  e.fails = fmt::format("{0} IN (SELECT {0} FROM {1} WHERE {2} GROUP BY {3} HAVING count(*) > 1)", key,
                        quote_table(step_.name), join(present, " AND "), keys);
  e.has_subquery = true;
}

void Compiler::not_null(const Json& value, const Path& path) {
  size_t index = 0;
  for (const Json& name : value)
    if (const Column* found = column(name.get<std::string>(), path / std::to_string(index++), false))
      add(found->name, "has a value").fails = quote_name(found->name) + " IS NULL";
  if (value.empty()) report(path, "FR0404", "`not_null` names no column", "such as `not_null: tailnum`");
}

/// "is BIGINT, which `cannot compare with a text`"
std::string mismatch(const Column& column, const std::string& what) {
  return fmt::format("`{}` is {}, and {}", column.name, column.type, what);
}

void Compiler::range(const Json& value, const Path& path) {
  each_column(value, path, [&](const Column& column, const Json& what, const Path& place) {
    auto both = bounds(what, place);
    if (!both) return;
    std::string name = quote_name(column.name), fails, rule;
    const auto& [low, high] = *both;
    for (const Json* bound : {&low, &high}) {
      if (bound->is_null()) continue;
      auto literal = literal_for(column.type, *bound);
      if (!literal || class_of(column.type) == TypeClass::boolean)
        return report(place, "FR0407",
                      mismatch(column, fmt::format("`{}` cannot be a bound of it", scalar_text(*bound))),
                      fmt::format("its bounds are each {}", words_for(class_of(column.type))),
                      "another type can be given where the table is read (`columns:`) or in a query (`CAST`)");
      fails += fmt::format("{}{} {} {}", fails.empty() ? "" : " OR ", name, bound == &low ? "<" : ">", *literal);
    }
    if (low.is_number() && high.is_number() && high < low)
      return report(place, "FR0404",
                    fmt::format("the range ends at {}, before it begins at {}", scalar_text(high), scalar_text(low)),
                    "the lower bound comes first");
    if (low.is_null() || high.is_null())
      rule = low.is_null() ? "at most " + scalar_text(high) : "at least " + scalar_text(low);
    else
      rule = fmt::format("between {} and {}", scalar_text(low), scalar_text(high));
    add(column.name, rule).fails = fails;
  });
}

void Compiler::in(const Json& value, const Path& path) {
  each_column(value, path, [&](const Column& column, const Json& what, const Path& place) {
    if (!what.is_array() || what.empty())
      return report(place, "FR0404", "`in` takes the list of values that are allowed", "such as `[EWR, JFK, LGA]`");
    std::vector<std::string> literals, words;
    for (size_t i = 0; i < what.size(); ++i) {
      if (what[i].is_null()) continue;  // a missing value passes anyway; not_null is the expectation against it
      auto literal = literal_for(column.type, what[i]);
      if (!literal)
        return report(place / std::to_string(i), "FR0407",
                      mismatch(column, fmt::format("`{}` cannot be a value of it", scalar_text(what[i]))),
                      class_of(column.type) == TypeClass::text && !what[i].is_structured()
                          ? fmt::format("put it in quotes: '{}'", scalar_text(what[i]))
                          : fmt::format("a value is {}", words_for(class_of(column.type))));
      literals.push_back(*literal), words.push_back(scalar_text(what[i]));
    }
    size_t more = words.size() > 12 ? words.size() - 10 : 0;
    if (more) words.resize(10), words.push_back(fmt::format("{} more", more));
    std::string name = quote_name(column.name);
    add(column.name, "one of " + join(words, ", ")).fails =
        literals.empty() ? name + " IS NOT NULL" : fmt::format("{} NOT IN ({})", name, join(literals, ", "));
  });
}

/// RE2 itself tells whether it can read the pattern.
void Compiler::pattern_is_valid(const std::string& pattern, const Path& path) {
  try {
    context_.binder().describe(fmt::format("SELECT regexp_full_match('', {})", quote_text(pattern)));
  } catch (const Error& error) {
    report(path, "FR0404", fmt::format("`{}` is not a regular expression: {}", pattern, error.message), "",
           "the syntax is RE2's: no look-ahead, no back references");
  }
}

void Compiler::matches(const Json& value, const Path& path) {
  each_column(value, path, [&](const Column& column, const Json& what, const Path& place) {
    if (class_of(column.type) != TypeClass::text)
      return report_at_key(place, "FR0407", mismatch(column, "`matches` is for texts"),
                           "use `range` or `in`, or `sql` with a CAST", "");
    if (what.is_structured() || what.is_null())
      return report(place, "FR0404", "`matches` takes a regular expression", "such as '^N[0-9A-Z]+$'");
    std::string pattern = scalar_text(what);
    pattern_is_valid(pattern, place);
    add(column.name, "matches " + pattern).fails =
        fmt::format("NOT regexp_full_match({}, {})", quote_name(column.name), quote_text(pattern));
  });
}

/// The column that "planes.tailnum" names.
const Column* Compiler::parent_column(const std::string& reference, const Column& child, const Path& path) {
  size_t dot = reference.rfind('.');
  if (dot == std::string::npos) {
    report(path, "FR0404", "`refers` takes the column that the values come from", "such as `planes.tailnum`");
    return nullptr;
  }
  std::string table = reference.substr(0, dot), name = reference.substr(dot + 1);
  std::vector<std::string> tables = context_.table_names();
  const Schema* parent = context_.schema(table);
  if (!parent && std::find(tables.begin(), tables.end(), table) != tables.end()) {
    good_ = false;  // reported where that table is made
    return nullptr;
  }
  if (!parent) {
    auto near = nearest(table, tables);
    report(path, "FR0406", fmt::format("no table `{}`", table),
           near ? fmt::format("did you mean `{}.{}`?", *near, name) : "", tables_note(context_));
    return nullptr;
  }
  const Column* found = parent->find(name);
  if (!found) {
    auto near = nearest(name, parent->names());
    report(path, "FR0406", fmt::format("no column `{}` in `{}`", name, table),
           near ? fmt::format("did you mean `{}.{}`?", table, *near) : "", "next: filrouge show " + table);
  } else if (!comparable(child.type, found->type)) {
    report(path, "FR0407", mismatch(child, fmt::format("`{}` is {}", reference, found->type)),
           "give both the same type where they are read");
    return nullptr;
  }
  return found;
}

void Compiler::refers(const Json& value, const Path& path) {
  each_column(value, path, [&](const Column& column, const Json& what, const Path& place) {
    std::string reference = what.is_string() ? what.get<std::string>() : "";
    const Column* parent = parent_column(reference, column, place);
    if (!parent) return;
    std::string table = reference.substr(0, reference.rfind('.'));
    out_.reads.insert({table, parent->name});
    out_.tables.insert(table);
    Expectation& e = add(column.name, fmt::format("is in {}.{}", table, parent->name));
    e.fails = fmt::format("{0} IS NOT NULL AND {0} NOT IN (SELECT {1} FROM {2} WHERE {1} IS NOT NULL)",
                          quote_name(column.name), quote_name(parent->name), quote_table(table));
    e.has_subquery = true;
  });
}

void Compiler::row_count(const Json& value, const Path& path) {
  auto both = value.is_number() ? std::optional(std::pair(value, value)) : bounds(value, path);
  if (!both) return;
  const auto& [low, high] = *both;
  for (const Json* bound : {&low, &high})
    if (!bound->is_null() && !is_count_of_rows(*bound))
      return report(path, "FR0404", fmt::format("`{}` is not a number of rows", scalar_text(*bound)),
                    "such as `[300000, 400000]`");
  auto count = [](const Json& bound) { return with_commas(bound.get<uint64_t>()); };
  std::string rule = low == high      ? count(low)
                     : low.is_null()  ? "at most " + count(high)
                     : high.is_null() ? "at least " + count(low)
                                      : count(low) + " to " + count(high);
  Expectation& e = add("", rule + " rows");
  e.found = "count(*)::VARCHAR";
  e.holds = fmt::format("count(*) >= {} AND count(*) <= {}", low.is_null() ? "0" : dump(low),
                        high.is_null() ? "9223372036854775807" : dump(high));
}

void Compiler::type(const Json& value, const Path& path) {
  each_column(value, path, [&](const Column& column, const Json& what, const Path& place) {
    auto wanted = type_named(scalar_text(what));
    if (!wanted) {
      auto near = nearest(scalar_text(what), type_names());
      return report(place, "FR0430", fmt::format("there is no type `{}`", scalar_text(what)),
                    near ? fmt::format("did you mean `{}`?", *near) : "", "types: " + join(type_names(), ", "));
    }
    bool holds = lower(*wanted) == lower(column.type);
    Expectation& e = add(column.name, "is " + *wanted);
    e.found = quote_text(column.type), e.holds = holds ? "true" : "false";
    if (holds) return;
    Diagnostic warning = context_.thread().at(
        step_, place, "FR0431",
        fmt::format("`{}` is {}, not {}: this check will not hold", column.name, column.type, *wanted));
    warning.severity = Severity::warning;
    context_.report(std::move(warning));
  });
}

void Compiler::freshness(const Json& value, const Path& path) {
  std::string day = as_of_.empty() ? utc_day() : as_of_;
  auto as_of = parse_timestamp(day);
  if (!as_of) {
    Path place = path;
    place.back() = "as_of";
    return report(place, "FR0404", fmt::format("`{}` is not a date", day), "such as `as_of: 2013-12-31`");
  }
  each_column(value, path, [&](const Column& column, const Json& what, const Path& place) {
    TypeClass kind = class_of(column.type);
    if (kind != TypeClass::date && kind != TypeClass::timestamp)
      return report_at_key(place, "FR0407", mismatch(column, "`freshness` is for dates and times"),
                           "read it as DATE or TIMESTAMP", "");
    auto age = parse_age(scalar_text(what));
    if (!age)
      return report(place, "FR0404", fmt::format("`{}` is not an age", scalar_text(what)),
                    "such as `30 days` or `2 h`");
    std::string newest = fmt::format("make_timestamp(epoch_us(max({})))", quote_name(column.name));
    Expectation& e = add(column.name, fmt::format("newest at most {} before {}", *age, day));
    e.found = newest + "::VARCHAR";
    e.holds = fmt::format("{} >= TIMESTAMP {} - INTERVAL {}", newest, quote_text(*as_of), quote_text(*age));
  });
}

void Compiler::sql(const Json& value, const Path& path) {
  auto bound = bind_sql(step_, path, value.get<std::string>(), context_);
  if (!bound) {
    good_ = false;
    return;
  }
  for (const Use& use : bound->uses) {
    out_.tables.insert(use.table);
    for (const std::string& name : use.columns) out_.reads.insert({use.table, name});
  }
  out_.params.insert(bound->params.begin(), bound->params.end());
  std::string text = one_line(value.get<std::string>());
  Expectation& e = add("", "no row from: " + text);
  if (draft_.label.empty()) e.label = "sql " + (text.size() > 60 ? text.substr(0, 57) + "..." : text);
  e.query = bound->sql;
  e.result = std::move(bound->query.schema);
  e.lineage = std::move(bound->query.lineage);
  for (Column& column : e.result.columns) column.type = portable_type(column.type);
}

void Compiler::at_most(const Json& item, const Path& path) {
  if (!item.contains("at_most")) return;
  Json value = resolve(item["at_most"], path / "at_most");
  if (value.is_null()) return;
  bool is_count = is_count_of_rows(value);
  auto share = parse_share(value);
  if (!is_count && !share)
    return report(path / "at_most", "FR0404",
                  fmt::format("`{}` is neither a share nor a number of rows", scalar_text(value)),
                  "such as `1%` or `12`");
  if (is_count)
    draft_.at_most_rows = value.get<uint64_t>();
  else
    draft_.at_most_share = *share;
}

void Compiler::item(size_t index, const Json& item) {
  Path path = {"expect", std::to_string(index)};
  std::vector<const Kind*> given;
  for (const Kind& kind : kinds())
    if (item.contains(kind.name)) given.push_back(&kind);
  if (given.size() != 1) {
    std::vector<std::string> names;
    for (const Kind& kind : kinds()) names.push_back(kind.name);
    return given.empty()
               ? report(path, "FR0405", "this item expects nothing", "", "an item has one of: " + join(names, ", "))
               : report(path / given[1]->name, "FR0404",
                        fmt::format("`{}` and `{}` stand in one item", given[0]->name, given[1]->name),
                        "begin a new item with `- `");
  }
  kind_ = given[0]->name;
  draft_ = Expectation();
  draft_.item = index;
  draft_.label = item.value("name", "");
  draft_.about = item.value("about", "");
  draft_.severity = item.value("otherwise", step_.config.value("otherwise", "stop"));
  as_of_ = item.contains("as_of") ? scalar_text(resolve(item["as_of"], path / "as_of")) : "";
  at_most(item, path);
  if (item.contains("at_most") && !given[0]->share)
    report(path / "at_most", "FR0404",
           fmt::format("`at_most` does not go with `{}`, which is about the whole table", kind_), "remove it");
  if (item.contains("as_of") && kind_ != "freshness")
    report(path / "as_of", "FR0404", "`as_of` goes with `freshness` only", "remove it");
  const Json& value = item[kind_];
  bool as_written = kind_ == "sql" || kind_ == "matches" || kind_ == "type";
  (this->*given[0]->compile)(as_written ? value : resolve(value, path / kind_), path / kind_);
}

/// Two expectations never have one label: "range dep_delay", "range dep_delay (2)".
void make_labels_unique(std::vector<Expectation>& list) {
  std::map<size_t, size_t> of_item;
  for (const Expectation& e : list) ++of_item[e.item];
  std::set<std::string> taken;
  for (Expectation& e : list) {
    bool own_name = !e.columns.empty() && e.label.find(e.columns) == std::string::npos;
    if (own_name && of_item[e.item] > 1) e.label += " (" + e.columns + ")";
    std::string label = e.label;
    for (int n = 2; !taken.insert(e.label).second; ++n) e.label = fmt::format("{} ({})", label, n);
  }
}

std::optional<Expectations> Compiler::compile() {
  const Json expect = step_.config.value("expect", Json::array());
  out_.tables.insert(step_.name);
  if (expect.empty()) report({"expect"}, "FR0404", "this check expects nothing", "such as `- unique: [id]`");
  for (size_t i = 0; i < expect.size(); ++i) item(i, expect[i]);
  if (!good_) return std::nullopt;
  make_labels_unique(out_.list);
  return std::move(out_);
}

}  // namespace

std::optional<Expectations> compile_expectations(const Step& step, const Schema& table, BindContext& context) {
  return Compiler(step, table, context).compile();
}

}  // namespace filrouge
