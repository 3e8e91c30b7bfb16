#include "models/thread_choice.h"

#include <gtest/gtest.h>

#include <functional>

namespace filrouge {
namespace {

/// Of `pieces`, how many one thread did alone, and how long all took, where one costs `seconds(piece, alone)`.
std::pair<int, double> done(int pieces, const std::function<double(int, bool)>& seconds) {
  ThreadChoice choice;
  int alone = 0;
  double all = 0;
  for (int piece = 0; piece < pieces; ++piece) {
    const double took = seconds(piece, choice.alone());
    alone += choice.alone();
    all += took;
    choice.took(took);
  }
  return {alone, all};
}

TEST(ThreadChoice, TogetherWhereThatIsFaster) {
  auto [alone, all] = done(200, [](int, bool one) { return one ? 1.8 : 1.0; });
  EXPECT_EQ(alone, 5);  // the second piece, and after 8, 16, 32 and 64 others
  EXPECT_NEAR(all, 204, 1e-9);
}

TEST(ThreadChoice, AloneWhereOthersKeepTheProcessorsBusy) {
  auto [alone, all] = done(200, [](int, bool one) { return one ? 2.0 : 20.0; });
  EXPECT_EQ(200 - alone, 5);
  EXPECT_NEAR(all, 195 * 2 + 5 * 20, 1e-9);
}

TEST(ThreadChoice, FollowsWhatChanges) {
  auto busy = [](int piece) { return piece >= 100 && piece < 200; };
  auto [alone, all] =
      done(300, [&](int piece, bool one) { return busy(piece) ? (one ? 2.0 : 40.0) : (one ? 1.8 : 1.0); });
  EXPECT_GT(alone, 90);
  EXPECT_LT(alone, 150);
  EXPECT_LT(all, 100 + 200 + 100 + 5 * 40);  // all the time together: 4,200
}

TEST(ThreadChoice, EqualIsTogether) {
  EXPECT_LE(done(1000, [](int, bool) { return 1.0; }).first, 12);  // one of 128 after the first
}

}  // namespace
}  // namespace filrouge
