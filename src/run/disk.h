// Will it fit? What a run is going to write, by what was written before, beside what the disk has free.
#pragma once

#include "run/plan.h"

namespace filrouge {

struct DiskNeed {
  uint64_t needed_bytes = 0;  ///< expected of all steps that are to be built
  uint64_t free_bytes = 0;    ///< for this user, where the store lies
  bool fits() const { return needed_bytes <= free_bytes; }
};

/// A step needs what its last version has, or what the files that it reads have, if that is more; one that never was
/// built and reads none as much as the largest of its inputs. Never throws: what cannot be found out counts as nothing,
/// an unknown disk as one without end.
DiskNeed disk_need(const Plan& plan, const Store& store);

}  // namespace filrouge
