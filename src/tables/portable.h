// The types that every engine and Parquet reader agrees on. Results are cast to them on the way out.
#pragma once

#include <string>

namespace filrouge {

/// The portable type for a DuckDB type name; the same text where it is portable already. Nested types are taken apart.
std::string portable_type(const std::string& type);

}  // namespace filrouge
