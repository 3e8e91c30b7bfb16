// What a version puts beside the thread: a chart's pictures, a model's page.
#pragma once

#include "store/store.h"
#include "thread/thread.h"

namespace filrouge {

/// Whether all of it is there, with the size that it has in the store.
bool published(const Thread& thread, const Version& version);

/// Copies it. What is not yet whole lies in the store's tmp/, which the next run empties; only where the store is on
/// another file system it lies beside the picture. Throws as write_file_durably.
void publish(const Thread& thread, Store& store, const Version& version);

}  // namespace filrouge
