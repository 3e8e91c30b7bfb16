#include "commands/example_data.h"

#include "base/error.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/text.h"
#include "sources/unpack.h"

namespace filrouge {
namespace {

constexpr const char* kListing = "data.json";

Json listing_of(const fs::path& example) {
  return parse_json(read_file(example / kListing), kListing);
}

std::vector<std::string> files_of(const Json& listing) {
  std::vector<std::string> names;
  for (const auto& [name, hash] : listing.at("files").items()) names.push_back(name);
  return names;
}

std::optional<SourceFile> find_in_folder(const fs::path& folder, const std::string& name) {
  for (const char* ending : {"", ".gz", ".zst"})
    if (fs::path path = folder / (name + ending); fs::is_regular_file(path)) return SourceFile{path, "", path, ""};
  return std::nullopt;
}

std::optional<SourceFile> find_in_zip(const fs::path& zip, const std::string& name) {
  for (const std::string& member : zip_members(zip))
    if (fs::path(member).filename() == name) return SourceFile{zip, member, (zip / member).string(), ""};
  return std::nullopt;
}

}  // namespace

bool needs_data(const fs::path& example) {
  return fs::exists(example / kListing);
}

void take_data(const fs::path& example, const std::string& source, const fs::path& folder) {
  Json listing = listing_of(example);
  fs::path place = fs::absolute(source).lexically_normal();
  bool is_folder = fs::is_directory(place);
  if (!is_folder && !(fs::is_regular_file(place) && packing_of(place) == Packing::zip))
    throw Error(ErrorKind::user, "FR0614", fmt::format("{} is neither a folder nor a zip file", source),
                "--data names where the files are: " + join(files_of(listing), ", "));
  make_folder(folder / "data");
  for (const auto& [name, hash] : listing.at("files").items()) {
    std::optional<SourceFile> found = is_folder ? find_in_folder(place, name) : find_in_zip(place, name);
    if (!found)
      throw Error(ErrorKind::user, "FR0614", fmt::format("{} has no file {}", source, name),
                  "get it from " + listing.at("from").get<std::string>());
    fs::path target = folder / "data" / name;
    write_all(*unpacked(*found), target, found->shown);
    if (sha256_file(target) != hash.get_ref<const std::string&>())
      throw Error(ErrorKind::user, "FR0614",
                  fmt::format("{} is not the file that the example was made for", found->shown),
                  fmt::format("its SHA-256 should be {}; get it from {}", hash.get<std::string>(),
                              listing.at("from").get<std::string>()));
  }
}

void ask_for_data(const fs::path& example, const std::string& name) {
  Json listing = listing_of(example);
  std::string called = example.filename().string();
  throw Error(
      ErrorKind::user, "FR0614",
      fmt::format("the example `{}` needs data that does not come with it: {}", called, join(files_of(listing), ", ")),
      fmt::format("get it from {}; then: filrouge new {} --example {} --data FOLDER",
                  listing.at("from").get<std::string>(), name, called));
}

}  // namespace filrouge
