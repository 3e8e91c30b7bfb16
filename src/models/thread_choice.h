// Whether all threads or one work at the next piece of a long work: whichever was faster of late.
#pragma once

#include <array>

namespace filrouge {

/// For work in pieces of about the same size (the trees of a training), whose result does not depend on the choice.
/// All threads end a parallel loop together: where other programs want the processors too, each of some hundred loops
/// a tree waits for the thread that has none just then, and one thread alone may be ten times faster. Both are tried
/// at first, and the other one again after 8 pieces, then after ever more while it stays the slower one; at once where
/// a piece takes three times as long as the one before. One owner; not for several threads.
class ThreadChoice {
 public:
  /// For the next piece.
  bool alone() const { return alone_; }
  /// What that piece took.
  void took(double seconds);

 private:
  static constexpr int kFirstPause = 8, kLongestPause = 128;

  std::array<double, 2> seconds_{};  ///< together, alone: of the last piece; 0 = none yet
  bool alone_ = false, trying_ = true;
  int pause_ = kFirstPause, left_ = 0;  ///< pieces from one try to the next, and until it
};

}  // namespace filrouge
