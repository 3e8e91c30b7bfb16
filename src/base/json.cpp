#include "base/json.h"

#include "base/error.h"

namespace filrouge {

std::string canonical(const Json& value) {
  nlohmann::json sorted = value;  // nlohmann::json keeps its keys in a std::map
  return sorted.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Json parse_json(std::string_view text, std::string_view what) {
  try {
    return Json::parse(text);
  } catch (const nlohmann::json::exception& e) {
    throw Error(ErrorKind::data, "FR0901", fmt::format("{} is not valid JSON: {}", what, e.what()));
  }
}

std::string dump(const Json& value, int indent) {
  return value.dump(indent, ' ', false, Json::error_handler_t::replace);
}

std::string scalar_text(const Json& value) {
  return value.is_string() ? value.get<std::string>() : dump(value);
}

}  // namespace filrouge
