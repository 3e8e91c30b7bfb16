#include "engines/hadoop_job.h"

#include <gtest/gtest.h>

#include "engines/hadoop_command.h"

namespace filrouge {
namespace {

constexpr const char* kFailed =
    "2024-01-01 00:00:00,000 INFO JobSubmitter: Submitting tokens for job: job_1795810158954_0007\n"
    "2024-01-01 00:00:00,000 INFO Job:  map 0% reduce 0%\n"
    "2024-01-01 00:00:00,000 INFO Job:  map 50% reduce 10%\n"
    "2024-01-01 00:00:00,000 INFO Job: Task Id : attempt_1795810158954_0007_m_000000_0, Status : FAILED\n"
    "Error: java.lang.RuntimeException: PipeMapRed.waitOutputThreads(): subprocess failed with code 3\n"
    "\tat org.apache.hadoop.streaming.PipeMapRed.waitOutputThreads(PipeMapRed.java:326)\n"
    "2024-01-01 00:00:00,000 INFO Job: Job job_1795810158954_0007 failed with state FAILED due to: Task failed "
    "task_1_m_0\n"
    "Job failed as tasks failed. failedMaps:1 failedReduces:0\n"
    "2024-01-01 00:00:00,000 ERROR StreamJob: Job not successful!\nStreaming Command Failed!\n";

TEST(HadoopJob, TheClientIsUnderstood) {
  ClientWords words = read_client(kFailed);
  EXPECT_EQ(words.application, "application_1795810158954_0007");
  EXPECT_EQ(words.reason, "Task failed task_1_m_0");
  EXPECT_EQ(words.task_error,
            "Error: java.lang.RuntimeException: PipeMapRed.waitOutputThreads(): subprocess failed with code 3");
  EXPECT_FALSE(words.killed);
  EXPECT_DOUBLE_EQ(words.progress, 0.3);

  words = read_client("INFO Job: Job job_1_0001 failed with state KILLED due to: Application killed by user.\n");
  EXPECT_TRUE(words.killed);
  EXPECT_EQ(words.reason, "Application killed by user.");

  words = read_client("Exception in thread \"main\" java.net.ConnectException: refused");
  EXPECT_EQ(words.application, "");
  EXPECT_EQ(words.progress, -1);
}

TEST(HadoopJob, TheLastWordIsNoStack) {
  EXPECT_EQ(last_word("put: no room\n\tat java.lang.Thread.run(Thread.java:1)\n\t... 3 more\n"
                      "2024-01-01 WARN NativeCodeLoader: Unable to load\n"),
            "put: no room");
  EXPECT_EQ(last_word(""), "");
}

}  // namespace
}  // namespace filrouge
