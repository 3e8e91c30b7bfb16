// The types in which a table is written: those that mean the same in Parquet, in DuckDB and on the other engines.
#pragma once

#include <string>
#include <string_view>

namespace filrouge {

/// The type that a column of DuckDB's type `type` is written with; equal to `type` where that is portable. Works inside
/// lists, structs and maps. Example: HUGEINT -> DECIMAL(38,0), STRUCT(a UTINYINT, b VARCHAR)[] -> STRUCT(a SMALLINT, b
/// VARCHAR)[].
///
///   HUGEINT, UHUGEINT -> DECIMAL(38,0)      DuckDB would write them to Parquet as DOUBLE
///   unsigned          -> the next larger signed type; UBIGINT -> DECIMAL(20,0)
///   TIMESTAMP_S/MS/NS -> TIMESTAMP          microseconds; TIMESTAMP WITH TIME ZONE stays (UTC microseconds)
///   TIME_NS, TIME WITH TIME ZONE -> TIME
///   ENUM, BIT, BIGNUM, UNION, JSON, VARIANT -> VARCHAR
///   T[3]              -> T[]                "NULL" -> INTEGER, as DuckDB's CREATE TABLE does
///   GEOMETRY          -> BLOB               INTERVAL stays: Parquet keeps it to the millisecond
/// DATE, UUID, BLOB, FLOAT, DECIMAL ... stay.
std::string portable_type(std::string_view type);

}  // namespace filrouge
