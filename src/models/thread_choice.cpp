#include "models/thread_choice.h"

#include <algorithm>

namespace filrouge {

void ThreadChoice::took(double seconds) {
  const double before = seconds_[alone_];
  seconds_[alone_] = seconds;
  if (seconds_[!alone_] == 0) {  // the other one was never tried
    alone_ = !alone_;
  } else if (trying_) {
    const bool stays = seconds_[!alone_] <= seconds;
    pause_ = stays && before > 0 ? std::min(2 * pause_, kLongestPause) : kFirstPause;
    if (stays) alone_ = !alone_;
    trying_ = false;
    left_ = pause_;
  } else if (--left_ <= 0 || seconds > 3 * before) {
    trying_ = true;
    alone_ = !alone_;
  }
}

}  // namespace filrouge
