#include "steps/run_work.h"

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "steps/run_elsewhere.h"
#include "steps/run_lines.h"
#include "steps/run_map_reduce.h"
#include "steps/run_result.h"

namespace filrouge {
namespace {

struct InputTable {
  std::string name;
  std::vector<std::string> columns;
};

std::vector<InputTable> inputs_of(const Json& work) {
  std::vector<InputTable> tables;
  for (const Json& table : work.at("from"))
    tables.push_back({table.at("table"), table.at("columns").get<std::vector<std::string>>()});
  return tables;
}

/// Writes the table as a file that the program reads: NAME.csv, NAME.json or NAME.parquet.
fs::path write_input(const InputTable& table, const std::string& format, const fs::path& folder, Engine& engine) {
  std::vector<std::string> columns;
  for (const std::string& column : table.columns) columns.push_back(quote_name(column));
  fs::path file = folder / (table.name + "." + format);
  std::string options = format == "csv" ? "FORMAT csv, HEADER" : "FORMAT " + format;
  engine.execute(fmt::format("COPY (SELECT {} FROM {}) TO {} ({})", join(columns, ", "), quote_table(table.name),
                             quote_text(file.string()), options));
  return file;
}

fs::path run_program(const WorkRequest& request, WorkContext& context) {
  Programs& programs = context.programs();
  ProgramCall call = program_call_from_json(request.work.at("program"));
  const std::string format = request.work.at("format");
  fs::path first = "/dev/null";
  for (const InputTable& table : inputs_of(request.work)) {
    context.phase("writing " + table.name);
    fs::path file = write_input(table, format, programs.folder() / "in", context.engine());
    if (first == "/dev/null") first = file;
  }
  context.phase("running " + call.shown());
  fs::path result = programs.folder() / "out" / fs::path(call.shown()).filename();
  programs.start(call, open_to_read(first), open_to_write(result))->wait();
  return result;
}

/// A mapper's line: the value as it is where there is one column, else all values with TABs between. Line feeds
/// would end the line, and of several columns TABs would shift the fields: these are written `\n`, `\t`, `\r`, a
/// backslash `\\`, and a missing value `\N`.
class LineWriter {
 public:
  explicit LineWriter(bool one_column) : one_column_(one_column) {}

  std::string_view line(const Block& block, size_t row) {
    if (one_column_) {
      const std::string& text = block.columns[0].texts[row];  // empty where it is missing
      if (text.find('\n') == std::string::npos) return text;
    }
    line_.clear();
    for (const BlockColumn& column : block.columns) {
      if (&column != &block.columns.front()) line_ += '\t';
      if (!one_column_ && column.is_null[row])
        line_ += "\\N";
      else
        escape(column.texts[row]);
    }
    return line_;
  }

 private:
  void escape(const std::string& text) {
    for (char byte : text) {
      if (byte == '\n')
        line_ += "\\n";
      else if (one_column_ || (byte != '\t' && byte != '\r' && byte != '\\'))
        line_ += byte;
      else
        line_ += byte == '\t' ? "\\t" : byte == '\r' ? "\\r" : "\\\\";
    }
  }

  bool one_column_;
  std::string line_;
};

MapReduceJob job_of(const Json& work) {
  MapReduceJob job;
  job.map = program_call_from_json(work.at("map"));
  if (work.contains("combine")) job.combine = program_call_from_json(work["combine"]);
  if (work.contains("reduce")) job.reduce = program_call_from_json(work["reduce"]);
  job.key_fields = work.at("key_fields");
  job.reducers = work.at("reducers");
  job.part_bytes = work.at("part_bytes");
  return job;
}

/// Calls `take` with each line of the mappers' input.
void each_line(const InputTable& table, Engine& engine, const std::function<void(std::string_view)>& take) {
  constexpr size_t kRows = 2048;
  std::vector<std::string> columns;
  for (const std::string& column : table.columns)
    columns.push_back(fmt::format("{0}::VARCHAR AS {0}", quote_name(column)));
  LineWriter writer(columns.size() == 1);
  engine.scan(fmt::format("SELECT {} FROM {}", join(columns, ", "), quote_table(table.name)), kRows,
              [&](Block&& block) {
                for (size_t row = 0; row < block.rows; ++row) take(writer.line(block, row));
              });
}

MapReduceCounts run_here(const WorkRequest& request, WorkContext& context, const MapReduceJob& job,
                         const InputTable& table, const fs::path& folder, const fs::path& result) {
  MapReduce map_reduce(job, {static_cast<size_t>(request.limits.threads), request.limits.memory_bytes / 4},
                       context.programs(), folder);
  context.phase("mapping with " + job.map.shown());
  each_line(table, context.engine(), [&](std::string_view line) { map_reduce.add(line); });
  if (job.reduce) context.phase("reducing with " + job.reduce->shown());
  return map_reduce.finish(result);
}

MapReduceCounts run_there(const WorkRequest& request, WorkContext& context, const MapReduceJob& job,
                          const InputTable& table, const fs::path& folder, const fs::path& result) {
  MapReduceElsewhere map_reduce(request, job, folder);
  context.phase("writing " + table.name);
  each_line(table, context.engine(), [&](std::string_view line) { map_reduce.add(line); });
  return map_reduce.finish(context, result);
}

fs::path run_map_reduce(const WorkRequest& request, WorkContext& context, const fs::path& place, Json& details) {
  MapReduceJob job = job_of(request.work);
  InputTable table = inputs_of(request.work).at(0);
  fs::path folder = place / "job";
  make_folder(folder);
  const ProgramCall& last = job.reduce ? *job.reduce : job.map;
  fs::path result = place / "out" / fs::path(last.shown()).filename();
  auto run = request.elsewhere ? run_there : run_here;
  MapReduceCounts counts = run(request, context, job, table, folder, result);
  details = {{"parts", counts.parts}, {"lines_in", counts.lines_in}, {"lines_mapped", counts.lines_mapped}};
  return result;
}

}  // namespace

WorkResult work_on_run(const WorkRequest& request, WorkContext& context) {
  const Json& work = request.work;
  bool maps = work.contains("map"), here = !request.elsewhere;
  const fs::path place = here ? context.programs().folder() : request.staging / "programs";
  make_folder(place / "out");
  WorkResult result;
  RunResult printed;
  printed.file = maps ? run_map_reduce(request, context, place, result.details) : run_program(request, context);
  if (here) context.programs().end();
  context.phase("reading the result");
  const char* last = !maps ? "program" : work.contains("reduce") ? "reduce" : "map";
  printed.program = program_call_from_json(work.at(last)).shown();
  printed.format = maps ? "tsv" : work.at("format").get<std::string>();
  printed.columns = schema_from_json(work.at("columns"));
  bool stop = work.at("stop");
  ReadOutcome outcome = read_result(printed, {request.name, request.staging, stop}, context.engine());
  fs::remove_all(place);
  result.tables.push_back(std::move(outcome.table));
  if (!stop)
    result.tables.push_back(std::move(outcome.rejects));
  else
    for (const fs::path& file : outcome.rejects.files) fs::remove_all(file.parent_path());
  result.notes = std::move(outcome.notes);
  return result;
}

}  // namespace filrouge
