#include "base/json_words.h"

#include "base/json.h"

namespace filrouge {

std::string json_problem(const std::exception& failure) {
  const auto* problem = dynamic_cast<const Json::exception*>(&failure);
  if (!problem) return failure.what();
  constexpr int kNotAnObject = 304, kNoPlace = 401, kNoKey = 403;
  if (problem->id == kNotAnObject) return "it is not JSON, or not in the form that it should have";
  if (problem->id == kNoPlace) return "a list is too short";
  if (problem->id != kNoKey) return "a value is of the wrong type";
  std::string text = problem->what();  // [json.exception.out_of_range.403] key 'features' not found
  size_t begin = text.find('\''), end = text.rfind('\'');
  return begin < end ? "`" + text.substr(begin + 1, end - begin - 1) + "` is missing" : "a key is missing";
}

}  // namespace filrouge
