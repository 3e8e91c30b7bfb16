// read: files become a table, and the rows that could not be kept become NAME.rejects.
//
// Bind resolves names only. What is in the files is found by inspect, in a worker, and remembered by their content; it
// fixes the format, the dialect and the types, so that work guesses nothing.
#include "base/error.h"
#include "base/text.h"
#include "sources/find.h"
#include "sources/http.h"
#include "sources/source.h"
#include "steps/declared_columns.h"
#include "steps/verbs.h"
#include "tables/portable.h"

namespace filrouge {
namespace {

using Path = std::vector<std::string>;

std::vector<std::string> texts_of(const Json& config, const char* key) {
  if (!config.contains(key)) return {};
  const Json& value = config[key];
  if (!value.is_array()) return {value.is_null() ? "null" : scalar_text(value)};
  std::vector<std::string> texts;
  for (const Json& item : value) texts.push_back(item.is_null() ? "null" : scalar_text(item));
  return texts;
}

/// What bind collects: problems go to the context, and any error means that there is no binding.
class ReadBinder {
 public:
  ReadBinder(const Step& step, BindContext& context) : step_(step), context_(context) {}
  std::optional<Binding> bind();

 private:
  void problem(const Path& path, const std::string& code, const std::string& message, const std::string& hint = "") {
    failed_ = true;
    context_.report(context_.thread().at(step_, path, code, message, hint));
  }
  void find_files();
  SourceFile fetched(const std::string& url);
  void read_options();
  std::optional<std::string> one_character(const char* key, bool may_be_empty);
  void read_declared();
  std::optional<SourceFacts> inspect();
  Schema schema_of(const SourceFacts& facts);
  Json canonical() const;

  const Step& step_;
  BindContext& context_;
  SourceRequest request_;
  std::map<std::string, Json> meanings_;  ///< by column name as written
  bool failed_ = false;
};

/// Asks the server in a worker, each time anew: whether it has something new is not a function of anything we know.
SourceFile ReadBinder::fetched(const std::string& url) {
  Json answer = context_.inspect(step_, {{"fetch", url}, {"into", context_.downloads().string()}}, {});
  if (std::string note = answer.value("note", ""); !note.empty()) {
    Diagnostic warning = context_.thread().at(step_, {"from"}, "FR0328", note);
    warning.severity = Severity::warning;
    context_.report(warning);
  }
  return {answer.at("path").get<std::string>(), "", url, ""};
}

void ReadBinder::find_files() {
  for (const std::string& from : texts_of(step_.config, "from")) {
    try {
      if (is_url(from)) {
        request_.files.push_back(fetched(from));
        continue;
      }
      for (SourceFile& file : find_source_files(context_.thread().folder, from))
        request_.files.push_back(std::move(file));
    } catch (const Error& error) {
      problem({"from"}, error.code, error.message, error.hint);
    }
  }
  if (failed_) return;
  try {
    request_.partitions = partition_columns(request_.files);
  } catch (const Error& error) {
    problem({"from"}, error.code, error.message, error.hint);
  }
}

std::optional<std::string> ReadBinder::one_character(const char* key, bool may_be_empty) {
  if (!step_.config.contains(key)) return std::nullopt;
  std::string text = scalar_text(step_.config[key]);
  if (text == "\\t" || lower(text) == "tab") text = "\t";
  if (text.size() == 1 || (text.empty() && may_be_empty)) return text;
  problem({key}, "FR0325", fmt::format("`{}` must be one character, not `{}`", key, text), "for example `;` or `tab`");
  return std::nullopt;
}

void ReadBinder::read_options() {
  const Json& config = step_.config;
  request_.format = config.value("format", "");
  CsvRequest& csv = request_.csv;
  csv.delimiter = one_character("delimiter", false);
  if (request_.format == "tsv" && !csv.delimiter) csv.delimiter = "\t";
  csv.quote = one_character("quote", true);
  csv.escape = one_character("escape", true);
  if (config.contains("header")) csv.header = config["header"].get<bool>();
  if (config.contains("skip")) csv.skip = config["skip"].get<uint64_t>();
  csv.encoding = config.value("encoding", "");
  csv.rules.nulls = texts_of(config, "null");
  if (auto decimal = one_character("decimal", false)) csv.rules.decimal = (*decimal)[0];
  csv.rules.date_format = config.value("date_format", "");
}

void ReadBinder::read_declared() {
  auto columns = declared_columns(step_, context_);
  failed_ = failed_ || !columns;
  if (!columns) return;
  for (DeclaredColumn& column : *columns) {
    if (!column.type.empty()) request_.declared.push_back({column.name, column.type, {}});
    meanings_[column.name] = std::move(column.meaning);
  }
}

std::optional<SourceFacts> ReadBinder::inspect() {
  std::vector<InputFile> files;
  for (const SourceFile& file : request_.files) files.push_back({file.path, file.shown});
  try {
    return source_facts_from_json(context_.inspect(step_, to_json(request_), files));
  } catch (const Error& error) {
    if (error.kind == ErrorKind::interrupted) throw;
    problem({error.code == "FR0317" ? "encoding" : "from"}, error.code, error.message, error.hint);
    return std::nullopt;
  }
}

/// The table's columns with what the thread says of them; reports FR0302 for a column that is not there.
Schema ReadBinder::schema_of(const SourceFacts& facts) {
  Schema schema;
  for (const Column& column : facts.columns.columns)
    if (!Schema{request_.partitions}.find(column.name)) schema.columns.push_back(column);
  for (const Column& column : request_.partitions) schema.columns.push_back(column);
  for (Column& column : schema.columns) column.type = portable_type(column.type);
  for (const auto& [name, meaning] : meanings_) {
    bool found = false;
    for (Column& column : schema.columns)
      if (lower(column.name) == lower(name)) column.meaning = meaning, found = true;
    if (found) continue;
    auto near = nearest(name, schema.names());
    std::string there = join(schema.names(), ", ");
    problem({"columns", name}, "FR0302", fmt::format("`{}` has no column `{}`", step_.name, name),
            near                 ? fmt::format("did you mean `{}`?", *near)
            : there.size() < 200 ? "it has " + there
                                 : "");
  }
  return schema;
}

/// What the step says and which files it names; their content comes in through Binding::files.
Json ReadBinder::canonical() const {
  Json json = step_.config;
  json.erase("about");
  json["from"] = Json::array();
  for (const SourceFile& file : request_.files) json["from"].push_back({file.shown, file.partition});
  return json;
}

std::optional<Binding> ReadBinder::bind() {
  find_files();
  read_options();
  read_declared();
  if (failed_) return std::nullopt;
  std::optional<SourceFacts> facts = inspect();
  if (!facts) return std::nullopt;
  Binding binding;
  binding.tables.push_back({step_.name, schema_of(*facts), {}});
  binding.tables.push_back({step_.name + ".rejects", rejects_schema(), {}});
  if (failed_) return std::nullopt;
  std::set<fs::path> seen;
  for (const SourceFile& file : request_.files)
    if (seen.insert(file.path).second) binding.files.push_back({file.path, file.shown});
  binding.canonical = canonical();
  binding.expected_rows = facts->rows;
  binding.work = {{"request", to_json(request_)},
                  {"facts", to_json(*facts)},
                  {"stop", step_.config.value("on_bad_row", "reject") == "stop"}};
  return binding;
}

std::vector<std::string> yields(const Step& step) {
  return {step.name, step.name + ".rejects"};
}

std::vector<std::string> references(const Step&, BindContext&) {
  return {};
}

std::optional<Binding> bind(const Step& step, BindContext& context) {
  return ReadBinder(step, context).bind();
}

Json inspect(const Json& request, const std::vector<fs::path>&, WorkContext& context) {
  if (request.contains("fetch")) {
    std::string shown = request["fetch"];
    context.phase("fetching " + shown);
    Download download = fetch_url(resolve_secrets(shown), shown, request.at("into").get<std::string>());
    return {
        {"path", download.file.string()}, {"sha256", download.sha256}, {"note", download.note}, {"remember", false}};
  }
  return to_json(inspect_source(source_request_from_json(request), context.engine()));
}

WorkResult work(const WorkRequest& request, WorkContext& context) {
  context.phase("reading");
  ReadTarget target{request.name, request.staging, request.work.at("stop").get<bool>()};
  ReadOutcome outcome = read_source(source_request_from_json(request.work.at("request")),
                                    source_facts_from_json(request.work.at("facts")), target, context.engine());
  WorkResult result;
  result.tables = {std::move(outcome.table), std::move(outcome.rejects)};
  result.notes = std::move(outcome.notes);
  return result;
}

std::vector<KeySpec> keys() {
  return {
      {.name = "from",
       .type = ValueType::text_list,
       .required = true,
       .about = "a path, a glob, a folder (key=value parts become columns), a member of a zip file, an http(s) URL, or "
                "a list of these"},
      {.name = "format",
       .type = ValueType::choice,
       .about = "by name and content unless said here",
       .choices = {"csv", "tsv", "json", "ndjson", "parquet", "text"}},
      {.name = "columns",
       .type = ValueType::any,
       .about = "what columns mean: `{NAME: {type, about, time, entity, subject, purpose, keep}}`"},
      {.name = "encoding", .about = "of the text: utf-8 (default), latin-1, windows-1252, utf-16, shift_jis ..."},
      {.name = "delimiter", .about = "one character, or `tab`; found out unless said here"},
      {.name = "quote", .about = "one character; empty for none; found out unless said here"},
      {.name = "escape", .about = "how a quote is written inside quotes: the quote itself, or a backslash"},
      {.name = "header",
       .type = ValueType::boolean,
       .about = "the first line names the columns; found out unless said here"},
      {.name = "skip",
       .type = ValueType::integer,
       .about = "lines to pass over at the start; found out unless said here"},
      {.name = "null",
       .type = ValueType::text_list,
       .about = "words that mean a missing value, besides the empty field"},
      {.name = "decimal", .default_value = ".", .about = "the decimal mark"},
      {.name = "date_format", .about = "of dates that are not ISO, as in strptime: `%d.%m.%Y`"},
      {.name = "on_bad_row",
       .type = ValueType::choice,
       .default_value = "reject",
       .about = "reject: to NAME.rejects with line and reason; stop: the step fails",
       .choices = {"reject", "stop"}},
  };
}

}  // namespace

Verb read_verb() {
  Verb verb;
  verb.spec.name = "read";
  verb.spec.makes = "a table";
  verb.spec.about =
      "Files become a table: CSV, TSV, JSON, NDJSON, Parquet or text, plain or packed (.gz, .zst, .zip). Rows that do "
      "not fit go to "
      "NAME.rejects with their line and the reason; none is dropped.";
  verb.spec.keys = keys();
  verb.spec.example =
      "- read: planes\n"
      "  from: data/planes.csv\n"
      "  null: NA\n"
      "  columns: {tailnum: {type: VARCHAR, about: what is painted on the tail}}\n";
  verb.yields = yields;
  verb.references = references;
  verb.bind = bind;
  verb.inspect = inspect;
  verb.work = work;
  return verb;
}

}  // namespace filrouge
