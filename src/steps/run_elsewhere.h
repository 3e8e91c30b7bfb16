// Map and reduce on an engine's machines: the same programs, the same parts, the same result byte for byte as here, or
// an error. This is the side of the step's work; run/line_worker.h is the side of the machines.
//
//   in/part-0000000 ..   the input's lines, cut where they are cut here
//   job/job.json         what the workers there need to know
//   job/thread/..        the programs and the files that the step names, as they lie beside thread.yaml
//   out                  each task's lines, the last one a receipt: how many lines it got and printed
#pragma once

#include "steps/run_map_reduce.h"
#include "steps/step.h"

namespace filrouge {

/// What a task's output ends with, and what mappers tell the reducers: a line that begins with this byte, which no key
/// begins with, so it is sorted before all keys. Then a TaskReceipt as JSON.
inline constexpr char kReceiptMark = '\x01';

struct TaskReceipt {
  uint64_t part = 0;          ///< of a mapper
  uint64_t lines_in = 0;      ///< of a reducer
  uint64_t lines_out = 0;     ///< that it printed
  uint64_t maps = 0;          ///< whose receipts reached this reducer
  uint64_t lines_mapped = 0;  ///< by those
  double cpu_seconds = 0;     ///< of programs, those of these mappers too
};
std::string to_line(const TaskReceipt& receipt);
/// Nothing where the line is none.
std::optional<TaskReceipt> receipt_from_line(std::string_view line);

/// job/job.json, and the programs' files by their places on that machine.
struct LineTasks {
  ProgramRoom room;                                 ///< `folder` is job/thread there
  std::optional<ProgramCall> map, combine, reduce;  ///< `file` is relative to it, or a name to look for on PATH
  size_t key_fields = 1, reducers = 1;
  bool tagged = false;        ///< run_tags.h
  uint64_t memory_bytes = 0;  ///< that each program may take
  std::string program;        ///< the version of filrouge that wrote it

  /// So many TABs stand behind each line of a task's output: Hadoop's own one, or those by which the worker keeps
  /// Hadoop from putting one behind some of the lines (LinesDone::files).
  size_t tabs_behind() const { return combine ? key_fields : 1; }
};
Json to_json(const LineTasks& tasks);
LineTasks line_tasks_from_json(const Json& json);

/// Why the programs cannot go to other machines, in words; empty where they can.
std::string elsewhere_problem(const ProgramRoom& room, size_t key_fields, bool combines);

class MapReduceElsewhere {
 public:
  /// `folder`: an empty one on the store's disk.
  MapReduceElsewhere(const WorkRequest& request, const MapReduceJob& job, std::filesystem::path folder);

  /// A line of the input, without its line feed. Throws Error(data, FR0447) for one that would not arrive as it is.
  void add(std::string_view line);
  /// Runs the job and writes the result's lines to `result`. Throws as Engine::run_lines; Error(engine, FR0335) where
  /// lines are missing; Error(data, FR0447) where the result's order is not the one that it has here.
  MapReduceCounts finish(WorkContext& context, const std::filesystem::path& result);

 private:
  void begin_part();
  void end_part();
  LineTasks write_job() const;

  const WorkRequest& request_;
  MapReduceJob job_;
  std::filesystem::path folder_;
  std::string part_;  ///< what is not yet in its file
  uint64_t part_size_ = 0;
  std::filesystem::path file_;
  Descriptor out_;
  MapReduceCounts counts_;
};

}  // namespace filrouge
