#include "steps/programs.h"

namespace filrouge {
namespace {

Json texts(const std::vector<std::filesystem::path>& paths) {
  Json list = Json::array();
  for (const auto& path : paths) list.push_back(path.string());
  return list;
}

std::vector<std::filesystem::path> paths(const Json& list) {
  std::vector<std::filesystem::path> paths;
  for (const Json& path : list) paths.emplace_back(path.get<std::string>());
  return paths;
}

}  // namespace

Json to_json(const ProgramRoom& room) {
  return {{"folder", room.folder.string()},
          {"read", texts(room.read)},
          {"hidden", texts(room.hidden)},
          {"network", room.network}};
}

ProgramRoom program_room_from_json(const Json& json) {
  return {json.at("folder").get<std::string>(), paths(json.at("read")), paths(json.at("hidden")), json.at("network")};
}

Json to_json(const ProgramCall& call) {
  return {{"file", call.file}, {"words", call.words}};
}

ProgramCall program_call_from_json(const Json& json) {
  return {json.at("file"), json.at("words").get<std::vector<std::string>>()};
}

}  // namespace filrouge
