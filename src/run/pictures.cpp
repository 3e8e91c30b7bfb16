#include "run/pictures.h"

#include "base/files.h"
#include "base/removed_folder.h"

namespace filrouge {

bool published(const Thread& thread, const Version& version) {
  std::error_code error;
  for (size_t i = 0; i < version.publish_to.size(); ++i) {
    auto ours = std::find_if(version.file_hashes.begin(), version.file_hashes.end(),
                             [&](const FileHash& file) { return file.path == version.publish_from[i]; });
    if (ours == version.file_hashes.end()) return false;
    if (fs::file_size(thread.folder / version.publish_to[i], error) != ours->bytes || error) return false;
  }
  return true;
}

void publish(const Thread& thread, Store& store, const Version& version) {
  if (version.publish_to.empty()) return;
  store.check_unchanged(version);
  const RemovedFolder staging(store.stage());
  for (size_t i = 0; i < version.publish_to.size(); ++i) {
    fs::path to = thread.folder / version.publish_to[i];
    make_folder_durably(to.parent_path());
    bool near = on_one_file_system(to.parent_path(), staging.path);
    write_file_durably(to, read_file(store.folder_of(version) / version.publish_from[i]),
                       near ? staging.path / std::to_string(i) : fs::path());
  }
}

}  // namespace filrouge
