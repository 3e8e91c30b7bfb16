// thread.yaml: any bytes give a thread or problems that can be shown.
#include <unistd.h>

#include "base/files.h"
#include "steps/step.h"
#include "thread/thread.h"

using namespace filrouge;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const fs::path folder = [] {
    fs::path path = fs::temp_directory_path() / ("fuzz-thread-" + std::to_string(::getpid()));
    make_folder(path);
    return path;
  }();
  write_file(folder / "thread.yaml", {reinterpret_cast<const char*>(data), size});
  std::vector<Diagnostic> problems;
  Thread thread = parse_thread(folder / "thread.yaml", verb_specs(), {}, problems);
  for (const Diagnostic& problem : problems) render(problem, thread.sources, false);
  return 0;
}
