#include "steps/run_elsewhere.h"

#include <fstream>

#include "base/error.h"
#include "base/files.h"
#include "base/line_sort.h"
#include "base/text.h"
#include "base/version.h"
#include "steps/run_lines.h"
#include "steps/run_tags.h"

namespace filrouge {
namespace {

constexpr size_t kWriteBytes = 1 << 20;

bool is_tagged(const MapReduceJob& job) {
  return job.reduce && !job.combine;
}

Error not_passed_on(const std::string& whose, std::string_view problem) {
  return Error(ErrorKind::data, "FR0447",
               fmt::format("{} has {}, at which Hadoop streaming would cut it", whose, problem),
               "take it out before, or run the step here: --engine duckdb");
}

/// A file in `folder`, seen from there.
std::optional<fs::path> below(const fs::path& folder, const fs::path& file) {
  fs::path relative = file.lexically_relative(folder);
  if (relative.empty() || *relative.begin() == "..") return std::nullopt;
  return relative;
}

ProgramCall moved(const ProgramCall& call, const fs::path& folder) {
  auto inside = below(folder, call.file);
  bool named_by_path = call.words.front().find('/') != std::string::npos;
  return {named_by_path && inside ? inside->string() : call.words.front(), call.words};
}

/// The lines of a task's output as the task printed them, and the receipt at its end.
class TaskOutput {
 public:
  TaskOutput(const fs::path& file, size_t tabs) : in_(file, std::ios::binary), tabs_(tabs), ahead_(read()) {}

  /// The next line; nothing before the receipt, or at the end where there is none.
  std::optional<std::string> next() {
    if (!ahead_) return std::nullopt;
    std::optional<std::string> line = std::move(ahead_);
    ahead_ = read();
    if (ahead_) return line;
    receipt_ = receipt_from_line(*line);
    return receipt_ ? std::nullopt : line;
  }
  const std::optional<TaskReceipt>& receipt() const { return receipt_; }

 private:
  std::optional<std::string> read() {
    std::string line;
    if (!std::getline(in_, line)) return std::nullopt;
    for (size_t i = 0; i < tabs_ && line.ends_with('\t'); ++i) line.pop_back();
    return line;
  }

  std::ifstream in_;
  size_t tabs_;
  std::optional<std::string> ahead_;
  std::optional<TaskReceipt> receipt_;
};

/// One task's lines without what Hadoop and the worker added.
TaskReceipt write_lines(const fs::path& from, size_t tabs, const fs::path& to) {
  TaskOutput task(from, tabs);
  std::ofstream out(to, std::ios::binary);
  uint64_t lines = 0;
  for (; auto line = task.next(); ++lines) out << *line << '\n';
  out.close();
  if (!out) throw Error(ErrorKind::environment, "FR0502", fmt::format("{}: cannot be written", to.string()));
  if (!task.receipt() || task.receipt()->lines_out != lines)
    throw Error(ErrorKind::engine, "FR0335", "what came back of the job is not whole: a task's receipt does not fit it",
                "run again");
  return *task.receipt();
}

/// The lines of several reducers as one would have printed them: in the order of their keys.
class ReducedMerge {
 public:
  ReducedMerge(const std::vector<fs::path>& files, size_t key_fields, std::string reducer)
      : key_fields_(key_fields), reducer_(std::move(reducer)) {
    for (const fs::path& file : files) {
      readers_.push_back({std::ifstream(file, std::ios::binary), "", 0});
      next(readers_.back());
    }
  }

  void write(const fs::path& to) {
    std::ofstream out(to, std::ios::binary);
    while (Reader* first = least()) {
      out << first->line << '\n';
      next(*first);
    }
    out.close();
    if (!out) throw Error(ErrorKind::environment, "FR0502", fmt::format("{}: cannot be written", to.string()));
  }

 private:
  struct Reader {
    std::ifstream in;
    std::string line;
    size_t key = 0;
    bool ended = false;
    std::string_view key_text() const { return std::string_view(line).substr(0, key); }
  };

  void next(Reader& reader) {
    std::string before(reader.key_text());
    if (!std::getline(reader.in, reader.line)) {
      reader.ended = true;
      return;
    }
    reader.key = key_length(reader.line, key_fields_);
    if (reader.key_text() < before)
      throw Error(
          ErrorKind::data, "FR0447",
          fmt::format("what {} printed is not sorted by key, so several reducers' lines cannot be put in the order "
                      "that they have here",
                      reducer_),
          "leave out `reducers:`, or run the step here: --engine duckdb");
  }

  Reader* least() {
    Reader* first = nullptr;
    for (Reader& reader : readers_)
      if (!reader.ended && (!first || reader.key_text() < first->key_text())) first = &reader;
    return first;
  }

  size_t key_fields_;
  std::string reducer_;
  std::vector<Reader> readers_;
};

}  // namespace

std::string to_line(const TaskReceipt& receipt) {
  return kReceiptMark + dump({{"part", receipt.part},
                              {"lines_in", receipt.lines_in},
                              {"lines_out", receipt.lines_out},
                              {"maps", receipt.maps},
                              {"lines_mapped", receipt.lines_mapped},
                              {"cpu_seconds", receipt.cpu_seconds}});
}

std::optional<TaskReceipt> receipt_from_line(std::string_view line) {
  if (line.empty() || line[0] != kReceiptMark) return std::nullopt;
  Json json = Json::parse(line.substr(1), nullptr, false);
  if (!json.is_object() || !json.contains("lines_mapped")) return std::nullopt;
  return TaskReceipt{json.at("part"), json.at("lines_in"),     json.at("lines_out"),
                     json.at("maps"), json.at("lines_mapped"), json.at("cpu_seconds")};
}

Json to_json(const LineTasks& tasks) {
  Json json = {{"room", to_json(tasks.room)}, {"key_fields", tasks.key_fields},     {"reducers", tasks.reducers},
               {"tagged", tasks.tagged},      {"memory_bytes", tasks.memory_bytes}, {"program", tasks.program}};
  for (const auto& [name, call] :
       {std::pair{"map", &tasks.map}, {"combine", &tasks.combine}, {"reduce", &tasks.reduce}})
    if (*call) json[name] = to_json(**call);
  return json;
}

LineTasks line_tasks_from_json(const Json& json) {
  LineTasks tasks;
  tasks.room = program_room_from_json(json.at("room"));
  for (const auto& [name, call] :
       {std::pair{"map", &tasks.map}, {"combine", &tasks.combine}, {"reduce", &tasks.reduce}})
    if (json.contains(name)) *call = program_call_from_json(json[name]);
  tasks.key_fields = json.at("key_fields"), tasks.reducers = json.at("reducers");
  tasks.tagged = json.at("tagged"), tasks.memory_bytes = json.at("memory_bytes");
  tasks.program = json.at("program");
  return tasks;
}

std::string elsewhere_problem(const ProgramRoom& room, size_t key_fields, bool combines) {
  for (const fs::path& file : room.read)
    if (!below(room.folder, file))
      return fmt::format("{} lies outside of the thread's folder, which is all that is sent along",
                         file.lexically_relative(room.folder).string());
  if (!combines && key_fields > kMostTaggedFields)
    return fmt::format("a key of more than {} fields cannot be sorted there as here", kMostTaggedFields);
  return "";
}

MapReduceElsewhere::MapReduceElsewhere(const WorkRequest& request, const MapReduceJob& job, fs::path folder)
    : request_(request), job_(job), folder_(std::move(folder)) {
  make_folder(folder_ / "in");
  make_folder(folder_ / "job/thread");
  begin_part();
}

void MapReduceElsewhere::begin_part() {
  file_ = folder_ / fmt::format("in/part-{:07}", counts_.parts);
  out_ = open_to_write(file_);
  part_size_ = 0;
}

void MapReduceElsewhere::end_part() {
  write_whole(out_, file_, part_);
  part_.clear();
  out_.close();
  ++counts_.parts;
}

void MapReduceElsewhere::add(std::string_view line) {
  if (std::string_view problem = line_problem(line); !problem.empty())
    throw not_passed_on(fmt::format("line {} of the input", counts_.lines_in + 1), problem);
  part_ += line;
  part_ += '\n';
  ++counts_.lines_in;
  part_size_ += line.size() + 1;
  if (part_.size() >= kWriteBytes) write_whole(out_, file_, part_), part_.clear();
  if (part_size_ < job_.part_bytes) return;
  end_part();
  begin_part();
}

LineTasks MapReduceElsewhere::write_job() const {
  const ProgramRoom room = program_room_from_json(request_.work.at("programs"));
  LineTasks tasks;
  tasks.room.network = room.network;
  for (const fs::path& file : room.read) {
    fs::path inside = *below(room.folder, file), there = folder_ / "job/thread" / inside;
    make_folder(there.parent_path());
    fs::copy_file(file, there, fs::copy_options::overwrite_existing);
    tasks.room.read.push_back(inside);
  }
  tasks.map = moved(job_.map, room.folder);
  if (job_.combine) tasks.combine = moved(*job_.combine, room.folder);
  if (job_.reduce) tasks.reduce = moved(*job_.reduce, room.folder);
  tasks.key_fields = job_.key_fields, tasks.reducers = job_.reducers;
  tasks.tagged = is_tagged(job_);
  tasks.memory_bytes = request_.limits.memory_bytes;
  tasks.program = kVersion;
  write_file(folder_ / "job/job.json", dump(to_json(tasks)));
  return tasks;
}

MapReduceCounts MapReduceElsewhere::finish(WorkContext& context, const fs::path& result) {
  if (part_size_ > 0 || counts_.parts == 0)
    end_part();  // one mapper at least, also for nothing
  else
    out_.close(), fs::remove(file_);
  if (counts_.lines_in == 0) job_.reducers = 1;  // as here: one reducer at least
  const size_t tabs = write_job().tabs_behind();
  LinesJob lines{request_.name,
                 folder_,
                 job_.combine.has_value(),
                 job_.reduce.has_value(),
                 job_.key_fields + is_tagged(job_),
                 job_.key_fields,
                 job_.reducers};
  LinesDone done = context.engine().run_lines(lines, [&](const std::string& what) { context.phase(what); });

  std::map<uint64_t, fs::path> by_part;
  std::vector<fs::path> in_order;
  uint64_t maps = 0, reduced = 0;
  double cpu_seconds = 0;
  for (const fs::path& file : done.files) {
    if (fs::file_size(file) == 0 && job_.reducers > 1) continue;  // no key fell to this reducer
    fs::path printed = folder_ / fmt::format("printed-{}", in_order.size());
    TaskReceipt receipt = write_lines(file, tabs, printed);
    fs::remove(file);
    in_order.push_back(printed);
    by_part[receipt.part] = printed;
    cpu_seconds += receipt.cpu_seconds;
    maps += job_.reduce ? receipt.maps : 1;
    counts_.lines_mapped += job_.reduce ? receipt.lines_mapped : receipt.lines_out;
    reduced += receipt.lines_in;
  }
  bool lost = maps != counts_.parts || (is_tagged(job_) && reduced != counts_.lines_mapped) ||
              (!job_.reduce && by_part.size() != counts_.parts);
  if (lost)
    throw Error(ErrorKind::engine, "FR0335",
                fmt::format("{} did not bring together what belongs together: {} of {} mappers, {} of their {} lines",
                            done.job, maps, counts_.parts, reduced, counts_.lines_mapped),
                "run again");
  context.spent(cpu_seconds);
  if (!job_.reduce) {
    in_order.clear();
    for (const auto& [part, file] : by_part) in_order.push_back(file);
  }
  if (job_.reducers > 1 && job_.reduce)
    ReducedMerge(in_order, job_.key_fields, job_.reduce->shown()).write(result);
  else
    concatenate(in_order, result);
  return counts_;
}

}  // namespace filrouge
