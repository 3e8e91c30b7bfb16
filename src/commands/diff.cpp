// diff: what changed between two versions of a table, two tables, or two runs. The comparing is done by SQL in a
// worker; when the hashes of all columns are equal no data is read at all.
#include <iostream>

#include "base/error.h"
#include "base/text.h"
#include "commands/commands.h"
#include "commands/diff_sql.h"
#include "commands/named.h"
#include "commands/text_table.h"

namespace filrouge {
namespace {

constexpr size_t kExamples = 5;        // rows shown of each kind
constexpr size_t kKeysTried = 3;       // each costs a grouping of both tables
constexpr size_t kExampleColumns = 5;  // columns of which changed values are shown

/// One side of the comparison.
struct Side {
  std::string label;  ///< "departures@3fa91c02"
  const Step* step = nullptr;
  Version version;
  size_t index = 0;
  const StoredTable& table() const { return version.tables[index]; }
};

struct TypeChange {
  std::string column, before, after;
};

/// The answer, before it is printed.
struct Difference {
  Side before, after;
  std::vector<std::string> columns_added, columns_removed;
  std::vector<TypeChange> type_changes;
  Comparison comparison;
  uint64_t added = 0, removed = 0;
  std::optional<uint64_t> changed;                        ///< only with a key
  std::vector<std::pair<std::string, uint64_t>> columns;  ///< changed values; without a key: 0 = some
  Json added_rows, removed_rows;                          ///< answers of `rows`
  std::vector<std::pair<std::string, Json>> changed_values;

  bool equal() const {
    return columns_added.empty() && columns_removed.empty() && type_changes.empty() && added == 0 && removed == 0 &&
           changed.value_or(0) == 0;
  }
};

// ---- which two ------------------------------------------------------------------------------------------------------

[[noreturn]] void no_version(const std::string& name, const std::string& which, const std::string& step) {
  throw Error(ErrorKind::user, "FR0612", fmt::format("`{}` has no version `{}`", name, which),
              fmt::format("next: filrouge history {}", step));
}

/// `which`: "-1" is the version before the current one, anything else the beginning of a key.
Version pick_version(const std::vector<Version>& versions, const Version& current, const std::string& name,
                     const std::string& which) {
  if (which.starts_with('-') && parse_count(which.substr(1))) {
    std::vector<const Version*> others;
    for (const Version& version : versions)
      if (version.key != current.key) others.push_back(&version);
    size_t back = std::stoul(which.substr(1));
    if (back == 0) return current;
    if (back <= others.size()) return *others[back - 1];
  }
  for (const Version& version : versions)
    if (which.size() >= 2 && version.key.starts_with(which)) return version;
  no_version(name, which, current.name);
}

Side find_side(Workspace& workspace, const std::string& text) {
  size_t at = text.find('@');
  Named named = find_built(workspace, text.substr(0, at));
  Side side{"", named.step, *named.version, named.index};
  if (at != std::string::npos) {
    std::string which = text.substr(at + 1);
    std::vector<Version> versions = workspace.store().versions(named.step->verb, named.step->name);
    side.version = pick_version(versions, *named.version, named.table, which);
    const std::vector<StoredTable>& tables = side.version.tables;
    auto found =
        std::find_if(tables.begin(), tables.end(), [&](const StoredTable& t) { return t.name == named.table; });
    if (found == tables.end()) no_version(named.table, which, named.step->name);
    side.index = static_cast<size_t>(found - tables.begin());
  }
  side.label = fmt::format("{}@{}", named.table, side.version.key.substr(0, 8));
  return side;
}

// ---- by which key ---------------------------------------------------------------------------------------------------

/// The columns of the first `unique` of a check; empty where there is none.
std::vector<std::string> unique_of(const Step& check) {
  for (const Json& expectation : check.config.value("expect", Json::array())) {
    if (!expectation.is_object() || !expectation.contains("unique")) continue;
    const Json& unique = expectation.at("unique");
    if (unique.is_string()) return {unique.get<std::string>()};
    if (unique.is_array() && std::all_of(unique.begin(), unique.end(), [](const Json& c) { return c.is_string(); }))
      return unique.get<std::vector<std::string>>();
  }
  return {};
}

/// Keys that checks of the thread name, that of the table's own check first: a key of `flights` often is one of what is
/// made from it too. Whether it is one here has to be counted.
std::vector<std::vector<std::string>> declared_keys(const Thread& thread, const std::string& table) {
  std::vector<std::vector<std::string>> keys;
  for (const Step& step : thread.steps) {
    if (step.verb != "check") continue;
    std::vector<std::string> key = unique_of(step);
    if (!key.empty()) keys.insert(step.name == table ? keys.begin() : keys.end(), std::move(key));
  }
  return keys;
}

/// The columns of --key, which both sides must have.
std::vector<std::string> asked_key(const Arguments& arguments, const Side& before, const Side& after) {
  std::vector<std::string> key;
  for (const std::string& part : split(arguments.get("--key"), ',')) {
    std::string column(trim(part));
    for (const Side* side : {&before, &after}) {
      const Schema& schema = side->table().schema;
      if (schema.find(column)) continue;
      auto near = nearest(column, schema.names());
      throw Error(ErrorKind::user, "FR0607", fmt::format("no column `{}` in `{}`", column, side->label),
                  near ? fmt::format("did you mean `{}`?", *near) : "its columns: " + join(schema.names(), ", "));
    }
    key.push_back(before.table().schema.find(column)->name);
  }
  return key;
}

// ---- comparing ------------------------------------------------------------------------------------------------------

class Comparer {
 public:
  Comparer(Workspace& workspace, const Arguments& arguments) : workspace_(workspace), arguments_(arguments) {}

  Difference compare(Side before, Side after) {
    Difference d;
    d.before = std::move(before), d.after = std::move(after);
    compare_schemas(d);
    if (same_content(d)) {
      d.changed = 0;
      return d;
    }
    tables_ = {files_of("before", d.before), files_of("after", d.after)};
    choose_key(d);
    if (d.comparison.key.empty())
      compare_multisets(d);
    else
      compare_by_key(d);
    return d;
  }

 private:
  TableFiles files_of(const std::string& name, const Side& side) {
    workspace_.store().check_unchanged(side.version);
    return {name, workspace_.store().files_of(side.version, side.table()), side.table().schema};
  }

  Json ask(const std::string& sql, size_t most) {
    return ask_worker(workspace_.worker(), arguments_, {{"do", "rows"}, {"sql", sql}, {"max_rows", most}}, tables_);
  }
  uint64_t number(const std::string& sql) { return ask(sql, 1).at("rows")[0][0]; }

  static void compare_schemas(Difference& d) {
    const Schema &before = d.before.table().schema, &after = d.after.table().schema;
    for (const Column& column : before.columns) {
      const Column* other = after.find(column.name);
      if (!other)
        d.columns_removed.push_back(column.name);
      else if (other->type != column.type)
        d.type_changes.push_back({column.name, column.type, other->type});
      if (other) d.comparison.common.push_back(column.name);
    }
    for (const Column& column : after.columns)
      if (!before.find(column.name)) d.columns_added.push_back(column.name);
  }

  static bool same_content(const Difference& d) {
    const StoredTable &before = d.before.table(), &after = d.after.table();
    return before.rows == after.rows && before.column_hashes == after.column_hashes &&
           before.schema.names() == after.schema.names() && !before.column_hashes.empty();
  }

  /// How many values of the key are there more than once, and in which table.
  std::pair<uint64_t, std::string> repeated(const std::vector<std::string>& key) {
    for (const char* table : {"before", "after"})
      if (uint64_t count = number(repeated_keys_sql(table, key)); count > 0) return {count, table};
    return {0, ""};
  }

  void choose_key(Difference& d) {
    if (arguments_.has("--key")) {
      std::vector<std::string> key = asked_key(arguments_, d.before, d.after);
      if (auto [count, table] = repeated(key); count > 0)
        throw Error(ErrorKind::user, "FR0613",
                    fmt::format("{} of `{}` occur{} more than once in `{}`", plural(count, "value"), join(key, ", "),
                                count == 1 ? "s" : "", table == "before" ? d.before.label : d.after.label),
                    "name more columns, or leave --key away to compare whole rows");
      return set_key(d, std::move(key));
    }
    auto known = [&](const std::string& c) {
      return d.before.table().schema.find(c) && d.after.table().schema.find(c);
    };
    size_t tries = kKeysTried;
    for (std::vector<std::string>& key : declared_keys(workspace_.thread, d.before.table().name)) {
      if (!std::all_of(key.begin(), key.end(), known) || tries == 0) continue;
      --tries;
      if (repeated(key).first == 0) return set_key(d, std::move(key));
    }
  }

  static void set_key(Difference& d, std::vector<std::string> key) {
    d.comparison.key = std::move(key);
    std::erase_if(d.comparison.common, [&](const std::string& column) {
      return std::any_of(d.comparison.key.begin(), d.comparison.key.end(),
                         [&](const std::string& k) { return lower(k) == lower(column); });
    });
  }

  void compare_by_key(Difference& d) {
    Json counts = ask(keyed_counts_sql(d.comparison), 1).at("rows")[0];
    d.added = counts[0], d.removed = counts[1], d.changed = counts[2].get<uint64_t>();
    for (size_t i = 0; i < d.comparison.common.size(); ++i)
      if (uint64_t changed = counts[i + 3]; changed > 0) d.columns.emplace_back(d.comparison.common[i], changed);
    for (size_t i = 0; i < d.columns.size() && i < kExampleColumns; ++i)
      d.changed_values.emplace_back(d.columns[i].first,
                                    ask(changed_values_sql(d.comparison, d.columns[i].first, kExamples), kExamples));
    examples(d);
  }

  void compare_multisets(Difference& d) {
    Json counts = ask(multiset_counts_sql(d.comparison), 1).at("rows")[0];
    d.added = counts[0], d.removed = counts[1];
    const StoredTable &before = d.before.table(), &after = d.after.table();
    for (size_t i = 0; i < before.schema.columns.size() && i < before.column_hashes.size(); ++i)
      for (size_t j = 0; j < after.schema.columns.size() && j < after.column_hashes.size(); ++j)
        if (before.schema.columns[i].name == after.schema.columns[j].name &&
            (before.column_hashes[i] != after.column_hashes[j] || before.rows != after.rows))
          d.columns.emplace_back(before.schema.columns[i].name, 0);
    examples(d);
  }

  void examples(Difference& d) {
    if (d.added > 0) d.added_rows = ask(rows_only_in_sql("after", "before", d.comparison), kExamples);
    if (d.removed > 0) d.removed_rows = ask(rows_only_in_sql("before", "after", d.comparison), kExamples);
  }

  Workspace& workspace_;
  const Arguments& arguments_;
  std::vector<TableFiles> tables_;
};

// ---- printing -------------------------------------------------------------------------------------------------------

Json side_json(const Side& side) {
  return {{"table", side.table().name},
          {"key", side.version.key},
          {"created", side.version.created},
          {"rows", side.table().rows}};
}

Json difference_json(const Difference& d) {
  Json types = Json::array(), columns = Json::array(), values = Json::array();
  for (const TypeChange& change : d.type_changes)
    types.push_back({{"column", change.column}, {"before", change.before}, {"after", change.after}});
  for (const auto& [column, changed] : d.columns)
    columns.push_back({{"column", column}, {"changed", d.comparison.key.empty() ? Json(nullptr) : Json(changed)}});
  for (const auto& [column, answer] : d.changed_values)
    values.push_back({{"column", column}, {"columns", answer.at("columns")}, {"rows", answer.at("rows")}});
  return {{"equal", d.equal()},
          {"before", side_json(d.before)},
          {"after", side_json(d.after)},
          {"compared_by", d.comparison.key},
          {"columns_added", d.columns_added},
          {"columns_removed", d.columns_removed},
          {"types_changed", types},
          {"rows_added", d.added},
          {"rows_removed", d.removed},
          {"rows_changed", d.changed ? Json(*d.changed) : Json(nullptr)},
          {"columns_changed", columns},
          {"examples", {{"added", d.added_rows}, {"removed", d.removed_rows}, {"changed", values}}}};
}

void print_rows(const std::string& title, const Json& answer) {
  if (!answer.is_object()) return;
  TextStyle style = output_style();
  style.indent = 2;
  std::cout << "\n" << title << "\n" << table_of(answer).draw(style).text;
}

void print_columns(const Difference& d) {
  for (const std::string& column : d.columns_added) std::cout << fmt::format("  column {} added\n", column);
  for (const std::string& column : d.columns_removed) std::cout << fmt::format("  column {} removed\n", column);
  for (const TypeChange& change : d.type_changes)
    std::cout << fmt::format("  column {} was {}, is {}\n", change.column, change.before, change.after);
}

void print_changed_columns(const Difference& d) {
  if (d.columns.empty()) return;
  if (d.comparison.key.empty()) {
    std::vector<std::string> names;
    for (const auto& [column, changed] : d.columns) names.push_back(column);
    std::cout << labelled("in", 3, join(names, ", "));
    return;
  }
  TextTable table({{"column"}, {"changed", "", true}});
  for (const auto& [column, changed] : d.columns) table.add({column, with_commas(changed)});
  std::cout << "\n" << table.draw({0, use_color(1), 2}).text;
}

void print_difference(const Difference& d) {
  std::cout << fmt::format("{} ({}) -> {} ({})\n", d.before.label, plural(d.before.table().rows, "row"), d.after.label,
                           plural(d.after.table().rows, "row"));
  if (d.equal()) {
    std::cout << "  equal\n";
    return;
  }
  print_columns(d);
  std::string by = d.comparison.key.empty() ? "whole rows compared" : "by " + join(d.comparison.key, ", ");
  std::cout << fmt::format("  {} added, {} removed", plural(d.added, "row"), with_commas(d.removed));
  if (d.changed) std::cout << fmt::format(", {} changed", with_commas(*d.changed));
  std::cout << fmt::format("; {}\n", by);
  print_changed_columns(d);
  for (const auto& [column, answer] : d.changed_values) print_rows(column + ":", answer);
  print_rows("added:", d.added_rows);
  print_rows("removed:", d.removed_rows);
}

// ---- runs -----------------------------------------------------------------------------------------------------------

Run find_run(const Store& store, const std::string& number) {
  for (Run& run : store.runs(1'000'000))
    if (std::to_string(run.id) == number) return std::move(run);
  throw Error(ErrorKind::user, "FR0612", fmt::format("there was no run {}", number), "next: filrouge history");
}

/// Steps that came to another version, or were there in one of the runs only.
int diff_runs(const Arguments& arguments) {
  auto store = Store::open(store_place(arguments), Store::Access::read, true);
  Run before = find_run(*store, arguments.positional[0]), after = find_run(*store, arguments.positional[1]);
  std::map<std::string, std::pair<const RunStep*, const RunStep*>> steps;
  for (const RunStep& step : before.steps) steps[step.verb + " " + step.name].first = &step;
  for (const RunStep& step : after.steps) steps[step.verb + " " + step.name].second = &step;
  TextTable table({{"step"}, {"before"}, {"after"}, {"rows before", "", true}, {"rows after", "", true}, {"why"}});
  Json list = Json::array();
  for (const auto& [label, pair] : steps) {
    auto [old, now] = pair;
    if (old && now && old->key == now->key) continue;
    std::string why = now ? join(now->why, "; ") : "";
    table.add({label, old ? old->key.substr(0, 8) : "-", now ? now->key.substr(0, 8) : "-",
               old ? with_commas(old->rows) : "", now ? with_commas(now->rows) : "", why});
    const RunStep& any = now ? *now : *old;
    list.push_back({{"verb", any.verb},
                    {"name", any.name},
                    {"before", old ? Json(old->key) : Json(nullptr)},
                    {"after", now ? Json(now->key) : Json(nullptr)},
                    {"rows_before", old ? Json(old->rows) : Json(nullptr)},
                    {"rows_after", now ? Json(now->rows) : Json(nullptr)},
                    {"why", now ? Json(now->why) : Json::array()}});
  }
  if (arguments.json())
    print_json({{"equal", list.empty()}, {"before", before.id}, {"after", after.id}, {"steps", list}});
  else if (table.empty())
    std::cout << fmt::format("run {} and run {} came to the same versions\n", before.id, after.id);
  else
    std::cout << table.draw(output_style()).text << "next: filrouge diff NAME@BEFORE NAME@AFTER\n";
  return 0;
}

int diff(const Arguments& arguments) {
  std::vector<std::string> names = arguments.positional;
  if (names.size() == 2 && parse_count(names[0]) && parse_count(names[1])) return diff_runs(arguments);
  if (names.size() == 1) {
    std::string table = names[0].substr(0, names[0].find('@'));
    names =
        names[0] == table ? std::vector<std::string>{table + "@-1", table} : std::vector<std::string>{names[0], table};
  }
  Workspace workspace(arguments);
  mention_problems(workspace, arguments);
  Side before = find_side(workspace, names[0]), after = find_side(workspace, names[1]);
  Difference difference = Comparer(workspace, arguments).compare(std::move(before), std::move(after));
  if (arguments.json())
    print_json(difference_json(difference));
  else
    print_difference(difference);
  return 0;
}

}  // namespace

Command diff_command() {
  Command command;
  command.name = "diff";
  command.usage = "NAME | A B";
  command.about = "rows and columns that changed between versions, tables or runs";
  command.details =
      "A and B are tables, versions (NAME@KEY with the beginning of a key, NAME@-1 for the\n"
      "one before the current) or numbers of runs. One NAME alone: its last change.\n"
      "  filrouge diff departures\n"
      "  filrouge diff departures@3fa9 departures --key flight,time_hour\n"
      "  filrouge diff 3 5\n"
      "Rows are matched by --key, else by what a check of the thread says is unique, else\n"
      "compared whole. The exit code is 0 whether or not there is a difference; --json says\n"
      "which with `equal`.";
  command.options = {{"--key", "COLUMNS", "match rows by these columns: a,b"}};
  command.min_positional = 1;
  command.max_positional = 2;
  command.run = diff;
  return command;
}

}  // namespace filrouge
