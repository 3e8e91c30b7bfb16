// run: any program makes a table, or two of them as map and reduce. This file is what the thread says; run_work.cpp
// does it.
#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "sources/source.h"
#include "steps/declared_columns.h"
#include "steps/result_table.h"
#include "steps/run_command.h"
#include "steps/run_elsewhere.h"
#include "steps/run_work.h"
#include "steps/sql_step.h"
#include "steps/verbs.h"
#include "tables/portable.h"

namespace filrouge {
namespace {

using Path = std::vector<std::string>;
constexpr const char* kPartBytes = "16MB";

std::vector<std::string> texts_of(const Step& step, const char* key) {
  return step.config.contains(key) ? step.config[key].get<std::vector<std::string>>() : std::vector<std::string>();
}

bool rejects_rows(const Step& step) {
  return step.config.value("on_bad_row", "stop") == "reject";
}

class RunBinder {
 public:
  RunBinder(const Step& step, BindContext& context) : step_(step), context_(context), commands_(step, context) {}

  std::optional<Binding> bind() {
    check_keys();
    read_columns();
    read_tables();
    read_commands();
    read_by();
    read_engine();
    if (failed_ || commands_.failed()) return std::nullopt;
    return binding();
  }

 private:
  void problem(const Path& path, const std::string& code, const std::string& message, const std::string& hint = "") {
    failed_ = true;
    context_.report(context_.thread().at(step_, path, code, message, hint));
  }

  bool has(const char* key) const { return step_.config.contains(key); }
  bool maps() const { return has("map"); }

  void check_keys();
  void read_columns();
  void read_tables();
  void read_take(const std::string& table, const Schema& schema);
  void read_commands();
  void read_by();
  void read_engine();
  ProgramRoom room() const;
  Json work() const;
  Json canonical() const;
  Binding binding() const;

  const Step& step_;
  BindContext& context_;
  CommandReader commands_;
  std::vector<Use> uses_;
  Schema columns_;  ///< as declared
  std::map<std::string, ProgramCall> calls_;
  size_t key_fields_ = 1;
  EngineChoice engine_;
  std::string stays_;  ///< as in Binding
  bool failed_ = false;
};

void RunBinder::check_keys() {
  for (const char* key : {"reduce", "combine", "by", "reducers", "part"})
    if (has(key) && !maps())
      problem({key}, "FR0440", fmt::format("`{}` goes with `map`, not with `program`", key),
              "name the program that makes the lines under `map`");
  for (const char* key : {"combine", "by", "reducers"})
    if (has(key) && maps() && !has("reduce"))
      problem({key}, "FR0440", fmt::format("`{}` needs a `reduce`", key), "without one nothing is sorted");
  if (has("format") && maps())
    problem({"format"}, "FR0440", "`format` goes with `program`: map and reduce pass lines",
            "fields are separated by TAB");
  if (maps() && texts_of(step_, "from").size() != 1)
    problem({has("from") ? "from" : "map"}, "FR0440", "`map` reads one table", "such as `from: lines`");
  if (has("take") && texts_of(step_, "from").size() != 1)
    problem({"take"}, "FR0440", "`take` names columns of one table, under `from`", "select them in a sql step before");
}

void RunBinder::read_columns() {
  auto declared = declared_columns(step_, context_);
  if (!declared) {
    failed_ = true;
    return;
  }
  for (DeclaredColumn& column : *declared) {
    if (columns_.find(column.name))
      problem({"columns", column.name}, "FR0213", fmt::format("two columns are called `{}`", column.name),
              "letter case does not count");
    if (column.type.empty())
      problem({"columns", column.name}, "FR0303", fmt::format("column `{}` has no type", column.name),
              fmt::format("such as `{}: VARCHAR`", column.name));
    columns_.columns.push_back({column.name, column.type, std::move(column.meaning)});
  }
  if (columns_.columns.empty() && !failed_)
    problem({"columns"}, "FR0440", "`columns` names no column", "such as `columns: {word: VARCHAR, n: BIGINT}`");
}

void RunBinder::read_take(const std::string& table, const Schema& schema) {
  Use use{table, {}};
  for (const std::string& name : texts_of(step_, "take")) {
    const Column* column = schema.find(name);
    auto near = nearest(name, schema.names());
    if (!column)
      problem({"take"}, "FR0203", fmt::format("no column `{}` in `{}`", name, table),
              near ? fmt::format("did you mean `{}`?", *near) : "");
    else
      use.columns.push_back(column->name);
  }
  if (!has("take")) use.columns = schema.names();
  uses_.push_back(std::move(use));
}

void RunBinder::read_tables() {
  for (const std::string& table : texts_of(step_, "from")) {
    const Schema* schema = find_table(step_, {"from"}, table, context_);
    bool twice = std::any_of(uses_.begin(), uses_.end(), [&](const Use& use) { return use.table == table; });
    if (twice) problem({"from"}, "FR0440", fmt::format("`{}` is there twice", table));
    if (schema && !twice)
      read_take(table, *schema);
    else
      failed_ = true;
  }
}

void RunBinder::read_commands() {
  for (const char* key : {"program", "map", "combine", "reduce"})
    if (auto call = commands_.command(key)) calls_.emplace(key, std::move(*call));
  commands_.read_files();
}

/// The key is the first fields of a line, so `by` names the first columns.
void RunBinder::read_by() {
  std::vector<std::string> by = texts_of(step_, "by");
  if (by.empty() || failed_) return;
  key_fields_ = by.size();
  for (size_t i = 0; i < by.size(); ++i) {
    if (i < columns_.columns.size() && lower(columns_.columns[i].name) == lower(by[i])) continue;
    const auto count = static_cast<std::ptrdiff_t>(std::min(by.size(), columns_.columns.size()));
    std::vector<std::string> names = columns_.names();
    names.erase(names.begin() + count, names.end());
    return problem({"by"}, "FR0440",
                   fmt::format("`by` names the first columns in their order, and `{}` is not column {}", by[i], i + 1),
                   fmt::format("`columns` begins with {}", join(names, ", ")));
  }
}

/// Map and reduce can run on a Hadoop. Where is no part of what the step says: the result is the same.
void RunBinder::read_engine() {
  EngineChoice choice = engine_of(step_, {"hadoop"}, context_);
  if (choice.kind != "hadoop") {
    if (choice.kind == "spark")
      refuse_engine(
          step_, fmt::format("`{}` is a Spark, which runs SQL, `score` and `explain`, but no programs", choice.name),
          "leave `engine:` out and it runs here; `map` and `reduce` run on an engine of kind hadoop", context_);
    return;
  }
  stays_ = maps() ? elsewhere_problem(room(), key_fields_, has("combine"))
                  : "a `program` gets the whole table at once; `map` and `reduce` would go there";
  if (stays_.empty()) engine_ = choice;
}

ProgramRoom RunBinder::room() const {
  ProgramRoom room;
  room.folder = context_.thread().folder;
  room.network = step_.config.value("network", false);
  room.hidden = {config_folder()};
  for (const InputFile& file : commands_.files()) room.read.push_back(file.path);
  return room;
}

Json RunBinder::work() const {
  Json from = Json::array();
  for (const Use& use : uses_) from.push_back({{"table", use.table}, {"columns", use.columns}});
  Json work = {{"programs", to_json(room())},
               {"from", from},
               {"format", step_.config.value("format", "csv")},
               {"columns", to_json(columns_)},
               {"stop", !rejects_rows(step_)},
               {"key_fields", key_fields_},
               {"reducers", step_.config.value("reducers", 1)},
               {"part_bytes", *parse_bytes(has("part") ? scalar_text(step_.config["part"]) : kPartBytes)}};
  for (const auto& [key, call] : calls_) work[key] = to_json(call);
  return work;
}

Json RunBinder::canonical() const {
  Json says = step_.config;
  for (const char* key : {"about", "engine"}) says.erase(key);
  says["columns"] = to_json(columns_);
  return says;
}

Binding RunBinder::binding() const {
  std::set<ColumnRef> values;
  for (const Use& use : uses_)
    for (const std::string& column : use.columns) values.insert({use.table, column});
  Schema schema = columns_;
  for (Column& column : schema.columns) column.type = portable_type(column.type);
  Binding binding;
  binding.tables.push_back({step_.name, schema, lineage_of_all(schema, values)});
  if (rejects_rows(step_))
    binding.tables.push_back({step_.name + ".rejects", rejects_schema(), lineage_of_all(rejects_schema(), values)});
  binding.uses = uses_;
  binding.params = commands_.params();
  binding.files = commands_.files();
  binding.canonical = canonical();
  binding.work = work();
  binding.engine = engine_.name, binding.by_size = engine_.by_size, binding.stays = stays_;
  return binding;
}

std::vector<std::string> yields(const Step& step) {
  if (rejects_rows(step)) return {step.name, step.name + ".rejects"};
  return {step.name};
}

std::vector<std::string> references(const Step& step, BindContext&) {
  return texts_of(step, "from");
}

std::optional<Binding> bind(const Step& step, BindContext& context) {
  return RunBinder(step, context).bind();
}

std::vector<KeySpec> keys() {
  return {
      {.name = "program",
       .type = ValueType::text_list,
       .about = "the command: `./clean.py`, `python3 clean.py --fast`, or a list of its words; `$name` is a parameter. "
                "It gets the (first) table on standard input and prints the result"},
      {.name = "map",
       .type = ValueType::text_list,
       .about = "the mapper's command: lines in, lines `KEY TAB VALUE` out, as for Hadoop streaming"},
      {.name = "reduce",
       .type = ValueType::text_list,
       .about = "the reducer's: lines sorted by key in, lines out; without it the mappers' lines are the result"},
      {.name = "combine",
       .type = ValueType::text_list,
       .about = "the combiner's: a reducer for what one mapper made, to make it smaller; how often it runs is open"},
      {.name = "by",
       .type = ValueType::text_list,
       .about = "the key: the first column of the result, or the first ones; by default the first field of a line"},
      {.name = "from",
       .type = ValueType::text_list,
       .about = "the table that it reads, or several; each also lies in the folder $FILROUGE_INPUT"},
      {.name = "take",
       .type = ValueType::text_list,
       .about = "columns of the table, all by default. A mapper's line is the value where it is one column, else the "
                "values with TABs between"},
      {.name = "format",
       .type = ValueType::choice,
       .default_value = "csv",
       .about = "of what it reads and prints; csv has a header, json is one object a line",
       .choices = {"csv", "json", "parquet"}},
      {.name = "columns",
       .type = ValueType::mapping,
       .required = true,
       .about = "the columns of the result: `{NAME: TYPE}`, or as in `read`; what does not fit is an error"},
      {.name = "files",
       .type = ValueType::text_list,
       .about = "files beside thread.yaml that it reads, also patterns and folders; it cannot read others there. The "
                "program itself and files among its words need not be named"},
      {.name = "on_bad_row",
       .type = ValueType::choice,
       .default_value = "stop",
       .about = "stop: a row that does not fit `columns` fails the step; reject: it goes to NAME.rejects",
       .choices = {"stop", "reject"}},
      {.name = "network", .type = ValueType::boolean, .default_value = "false", .about = "it may use the network"},
      {.name = "reducers",
       .type = ValueType::integer,
       .default_value = "1",
       .about = "so many ranges of keys, each with a reducer of its own",
       .least = 1},
      {.name = "engine",
       .about =
           "where it runs: duckdb (here), for map and reduce an engine of engines.yaml of kind hadoop, or auto: there "
           "where its inputs take more than the memory; --engine goes before it"},
      {.name = "part",
       .type = ValueType::bytes,
       .default_value = kPartBytes,
       .about = "how much input each mapper gets"},
  };
}

}  // namespace

Verb run_verb() {
  Verb verb;
  verb.spec.name = "run";
  verb.spec.makes = "a table";
  verb.spec.about =
      "Any program in any language makes a table, or two of them as map and reduce, which run unchanged under Hadoop "
      "streaming. A program may read what you may, but of the thread's folder only what the step names and nothing of "
      "the store; it may write to $TMPDIR and has no network. It is trusted to give the same result again for the same "
      "input.";
  verb.spec.keys = keys();
  verb.spec.exactly_one_of = {{"program", "map"}};
  verb.spec.example =
      "- run: words\n"
      "  from: lines\n"
      "  map: ./split.py\n"
      "  reduce: ./sum.py\n"
      "  by: word\n"
      "  columns: {word: VARCHAR, n: BIGINT}\n";
  verb.yields = yields;
  verb.references = references;
  verb.bind = bind;
  verb.work = work_on_run;
  return verb;
}

}  // namespace filrouge
