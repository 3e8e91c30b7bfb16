#pragma once

#include <string>

#include "base/error.h"

namespace filrouge {

/// Code of the Error that `act` throws; "" when it throws none.
template <class Act>
std::string code_of(Act act) {
  try {
    act();
  } catch (const Error& e) {
    return e.code;
  }
  return "";
}

}  // namespace filrouge
