#include "run/pictures.h"

#include "base/files.h"

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
  struct Staging {
    fs::path folder;
    ~Staging() {
      std::error_code ignored;
      fs::remove_all(folder, ignored);
    }
  };
  const Staging staging{store.stage()};
  for (size_t i = 0; i < version.publish_to.size(); ++i) {
    fs::path to = thread.folder / version.publish_to[i];
    make_folder_durably(to.parent_path());
    bool near = on_one_file_system(to.parent_path(), staging.folder);
    write_file_durably(to, read_file(store.folder_of(version) / version.publish_from[i]),
                       near ? staging.folder / std::to_string(i) : fs::path());
  }
}

}  // namespace filrouge
