#include "base/scratch.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "../temp_folder.h"

namespace filrouge {
namespace {

class ScratchFolders : public testing::Test {
 protected:
  ScratchFolders() { ::setenv("TMPDIR", place_.c_str(), 1); }
  ~ScratchFolders() override { ::unsetenv("TMPDIR"); }

  /// A process that makes a folder with something in it, and is killed once `before_its_end` has run.
  template <class Do>
  void killed_process(Do before_its_end) {
    pid_t child = ::fork();
    if (child == 0) {
      ScratchFolder own;
      write_file(own.path() / "rows", "1,2,3");
      ::raise(SIGSTOP);
      ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, WUNTRACED);
    EXPECT_TRUE(WIFSTOPPED(status));
    before_its_end();
    ::kill(child, SIGKILL);
    ::waitpid(child, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status));
  }

  TempFolder folder_;
  const fs::path place_ = folder_.path();
};

TEST_F(ScratchFolders, GoWithTheirOwner) {
  {
    ScratchFolder one, two;
    EXPECT_NE(one.path(), two.path());
    struct stat folder {};
    ASSERT_EQ(::stat(one.path().c_str(), &folder), 0);
    EXPECT_EQ(folder.st_mode & 0777, 0700u);
  }
  EXPECT_TRUE(fs::is_empty(place_));
}

/// Fails without remove_what_is_left().
TEST_F(ScratchFolders, WhatAKilledProcessLeavesIsRemovedByTheNext) {
  killed_process([&] {
    EXPECT_EQ(entries_of(place_).size(), 1u);
    ScratchFolder ours;
    EXPECT_EQ(entries_of(place_).size(), 2u);  // its owner lives: it stays
  });
  EXPECT_EQ(entries_of(place_).size(), 1u);
  ScratchFolder ours;
  EXPECT_EQ(entries_of(place_), std::vector<fs::path>{ours.path()});
}

TEST_F(ScratchFolders, WhatIsNotOursStays) {
  make_folder(place_ / "filrouge-golden-x");
  write_file(place_ / "filrouge-golden-x/rows", "1");  // without a lock
  fs::create_directory_symlink("/", place_ / "filrouge-link");
  write_file(place_ / "filrouge-file", "text");
  make_folder(place_ / "others");
  make_folder(place_ / "filrouge-killed-early");
  write_file(place_ / "others/lock", "");
  ScratchFolder ours;
  EXPECT_EQ(entries_of(place_).size(), 5u);
}

}  // namespace
}  // namespace filrouge
