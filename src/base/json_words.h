// What is wrong with JSON that was read back, in words for a user.
#pragma once

#include <exception>
#include <string>

namespace filrouge {

/// "`features` is missing", "a value is of the wrong type": of what Json threw while it was taken apart; any other
/// exception in its own words.
std::string json_problem(const std::exception& failure);

}  // namespace filrouge
