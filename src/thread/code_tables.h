// The rows of the table of error codes, one file per family so that each stays short. Add a row where its number
// belongs.
#pragma once

#include <span>

#include "thread/codes.h"

namespace filrouge {

std::span<const ErrorCode> thread_codes();   ///< FR01xx: codes_thread.cpp
std::span<const ErrorCode> sql_codes();      ///< FR02xx: codes_sql.cpp
std::span<const ErrorCode> data_codes();     ///< FR03xx and FR04xx: codes_data.cpp
std::span<const ErrorCode> run_codes();      ///< FR044x: codes_run.cpp
std::span<const ErrorCode> program_codes();  ///< FR05xx to FR07xx, FR09xx: codes_program.cpp
std::span<const ErrorCode> model_codes();    ///< FR08xx: codes_models.cpp

}  // namespace filrouge
