// Every CSV, TSV, JSON and text file of the shared data, read as it comes: kept + rejected = records, as counted by
// Python.
#include <gtest/gtest.h>

#include "base/text.h"
#include "try_source.h"

namespace filrouge {
namespace {

TEST(SharedData, KeptAndRejectedAreAllRecords) {
  fs::path data = fs::path(FILROUGE_SOURCE_DIR).parent_path() / "shared/data";
  for (fs::path root = FILROUGE_SOURCE_DIR; !fs::exists(data) && root.has_relative_path(); root = root.parent_path())
    data = root / "shared/data";
  if (!fs::exists(data)) GTEST_SKIP() << "../shared/data is not there";
  SourceTrial trial;
  fs::path counts = trial.folder / "counts.ndjson";
  std::string command = fmt::format("python3 '{}/tests/support/count_records.py' '{}' > '{}'", FILROUGE_SOURCE_DIR,
                                    data.string(), counts.string());
  ASSERT_EQ(system(command.c_str()), 0);
  size_t files = 0;
  std::ifstream lines(counts);
  for (std::string line; std::getline(lines, line); ++files) {
    Json expected = parse_json(line, "a count");
    std::string file = expected.at("file");
    SCOPED_TRACE(file);
    trial.read((data / file).string());
    EXPECT_EQ(trial.outcome.table.rows + trial.outcome.rejects.rows, expected.at("records").get<uint64_t>());
    // What is rejected there is known: a market file of many tables, and two lines of a text in another encoding.
    bool odd = file == "messy/public_daily_sample.csv" || file == "cmapss/readme.txt";
    EXPECT_EQ(trial.outcome.rejects.rows > 0, odd) << trial.notes();
    fs::remove_all(trial.folder / fmt::format("staging{}", files + 1));
  }
  EXPECT_GT(files, 200u);
}

}  // namespace
}  // namespace filrouge
