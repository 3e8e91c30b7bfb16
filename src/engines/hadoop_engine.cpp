// The engine `hadoop`: programs and parts of steps run on YARN by Hadoop streaming; SQL, small answers and all else on
// the embedded engine. Each task runs filrouge's own worker, which is sent along or installed there.
#include <regex>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "engines/engine_beside.h"
#include "engines/hadoop_job.h"

namespace filrouge {
namespace {

/// More fields than a line has: the whole line is the key, and Hadoop puts a TAB behind it, always.
constexpr const char* kWholeLine = "1000000";

class HadoopEngine : public EngineBeside {
 public:
  HadoopEngine(std::unique_ptr<Engine> local, const Json& engine, fs::path scratch)
      : EngineBeside(std::move(local)), place_(hadoop_place(engine)), scratch_(std::move(scratch)) {}

  /// As the name of the jar says it: another Java program for this would take a second or more.
  std::string version() const override {
    std::smatch match;
    std::string jar = place_.streaming.filename();
    return std::regex_search(jar, match, std::regex(R"((\d+\.\d+\.\d+))")) ? "hadoop " + match[1].str() : "hadoop";
  }
  Json place() override { return {{"slots", 1}}; }
  double progress() const override { return progress_; }
  std::vector<std::string> map(const fs::path& file, size_t parts) override;
  LinesDone run_lines(const LinesJob& job, const std::function<void(const std::string&)>& say) override;

 private:
  StreamingJob job_in(const fs::path& folder, const std::string& name) const {
    StreamingJob job;
    job.name = "filrouge " + name;
    job.folder = folder;
    if (place_.worker.empty()) job.files.push_back(fs::canonical("/proc/self/exe"));
    return job;
  }

  std::string worker(const std::string& role) const {
    std::string program =
        place_.worker.empty() ? "./" + fs::canonical("/proc/self/exe").filename().string() : place_.worker;
    return program + " worker . " + role;
  }

  HadoopPlace place_;
  fs::path scratch_;
  std::atomic<double> progress_ = -1;
};

/// A line of what streaming wrote, without the TAB behind it.
std::string without_tab(const std::string& line) {
  return line.ends_with('\t') ? line.substr(0, line.size() - 1) : line;
}

std::vector<std::string> HadoopEngine::map(const fs::path& file, size_t parts) {
  fs::path folder = scratch_ / "hadoop";
  fs::remove_all(folder);
  make_folder(folder / "in");
  std::string list;
  for (size_t part = 0; part < parts; ++part) list += fmt::format("{} {}\n", part, file.string());
  write_file(folder / "in/parts", list);
  StreamingJob job = job_in(folder, "parts");
  job.mapper = worker("parts");
  job.input_format = "org.apache.hadoop.mapred.lib.NLineInputFormat";
  for (const auto& [key, value] : {std::pair{"mapreduce.job.reduces", "0"},
                                   {"mapreduce.input.lineinputformat.linespermap", "1"},
                                   {"stream.map.input.ignoreKey", "true"},
                                   {"stream.num.map.output.key.fields", kWholeLine}})
    job.properties.emplace_back(key, value);
  StreamingResult done = run_streaming(
      place_, job, [](const std::string&) {}, progress_);
  std::vector<std::string> receipts;
  for (const fs::path& out : done.files)
    for (const std::string& line : split(read_file(out), '\n'))
      if (!line.empty()) receipts.push_back(without_tab(line));
  fs::remove_all(folder);
  return receipts;
}

LinesDone HadoopEngine::run_lines(const LinesJob& lines, const std::function<void(const std::string&)>& say) {
  StreamingJob job = job_in(lines.folder, lines.name);
  job.files.push_back(lines.folder / "job");
  job.mapper = worker("map");
  if (lines.combines) job.combiner = worker("combine");
  if (lines.reduces) job.reducer = worker("reduce");
  auto property = [&](const std::string& key, const std::string& value) { job.properties.emplace_back(key, value); };
  property("mapreduce.job.reduces", std::to_string(lines.reduces ? lines.reducers : 0));
  property("mapreduce.input.fileinputformat.split.minsize", std::to_string(INT64_MAX));  // a mapper for each file
  std::string fields = std::to_string(lines.sort_fields);
  property("stream.num.map.output.key.fields", lines.reduces ? fields : kWholeLine);
  property("stream.num.reduce.output.key.fields", lines.combines ? fields : kWholeLine);  // combiners are reducers
  if (lines.reducers > 1 && lines.group_fields < lines.sort_fields) {
    job.partitioner = "org.apache.hadoop.mapred.lib.KeyFieldBasedPartitioner";
    property("mapreduce.partition.keypartitioner.options", fmt::format("-k1,{}", lines.group_fields));
  }
  StreamingResult done = run_streaming(place_, job, say, progress_);
  return {std::move(done.files), std::move(done.application)};
}

}  // namespace

std::unique_ptr<Engine> make_hadoop_engine(std::unique_ptr<Engine> local, const Json& engine, const fs::path& scratch) {
  return std::make_unique<HadoopEngine>(std::move(local), engine, scratch);
}

}  // namespace filrouge
