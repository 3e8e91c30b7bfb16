// Error codes of data and of single verbs: read (FR03xx), check, chart and others (FR04xx).
#include "thread/code_tables.h"

namespace filrouge {

std::span<const ErrorCode> data_codes() {
  static const std::vector<ErrorCode> rows = {};
  return rows;
}

}  // namespace filrouge
