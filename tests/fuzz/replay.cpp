// Gives every file of a corpus to its target, in a build without libFuzzer: what once broke a reader is tried by each
// run of the tests.   fuzz_replay CORPUS-FOLDER    (its folders are named as the targets)
#include <cstdio>
#include <cstdlib>

#include "base/files.h"

using namespace filrouge;

#define TARGET(name) extern "C" int fuzz_##name(const uint8_t* data, size_t size)
TARGET(thread);
TARGET(protocol);
TARGET(model);
TARGET(catalog);
TARGET(csv);
TARGET(unpack);

namespace {

struct Target {
  const char* name;
  int (*take)(const uint8_t* data, size_t size);
};
constexpr Target kTargets[] = {{"thread", fuzz_thread},   {"protocol", fuzz_protocol}, {"model", fuzz_model},
                               {"catalog", fuzz_catalog}, {"csv", fuzz_csv},           {"unpack", fuzz_unpack}};

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) return std::fputs("usage: fuzz_replay CORPUS-FOLDER\n", stderr), 2;
  for (const Target& target : kTargets) {
    size_t inputs = 0;
    for (const fs::path& file : entries_of(fs::path(arguments[1]) / target.name)) {
      std::string bytes = read_file(file);
      std::fprintf(stderr, "%s\n", file.c_str());  // the last line, when it ends the program
      target.take(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
      ++inputs;
    }
    std::printf("%s: %zu inputs\n", target.name, inputs);
    if (inputs == 0) return 1;
  }
  return 0;
}
