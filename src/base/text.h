// Text: UTF-8, nearest names, and numbers as people read them.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace filrouge {

std::vector<std::string> split(std::string_view text, char separator);
std::string join(std::span<const std::string> parts, std::string_view separator);
std::string_view trim(std::string_view text);
std::string lower(std::string_view text);  ///< ASCII letters only

/// Offset of the first byte that is not valid UTF-8 (RFC 3629), or nothing.
std::optional<size_t> first_invalid_utf8(std::string_view text);
/// Number of code points.
size_t count_code_points(std::string_view text);
/// Columns on a terminal: 2 for wide East Asian characters, 0 for combining marks.
size_t display_width(std::string_view text);

/// Bytes from `offset` on that belong to one word of SQL: letters, digits, `_`, `.` and `$`.
size_t word_length(std::string_view text, size_t offset);

/// The candidate nearest to `name` (Damerau-Levenshtein, letter case free), if near enough to be a slip of the
/// keyboard: at most 1 edit up to 4 letters, 2 up to 8, then 3. The first candidate wins a tie.
std::optional<std::string> nearest(std::string_view name, std::span<const std::string> candidates);

std::string with_commas(uint64_t number);   ///< 336776 -> "336,776"
std::string short_count(uint64_t number);   ///< 336776 -> "337k"
std::string human_bytes(uint64_t bytes);    ///< 6400000 -> "6.4 MB"
std::string human_seconds(double seconds);  ///< 0.04 -> "0.04 s", 2.4 -> "2.4 s", 192 -> "3 min 12 s"
/// "4GB", "500 MB", "1GiB", "1048576" -> bytes.
std::optional<uint64_t> parse_bytes(std::string_view text);
/// "10s", "250ms", "5m", "2h", "10" (seconds) -> milliseconds.
std::optional<uint64_t> parse_duration_ms(std::string_view text);

/// A whole number of one to nine digits.
std::optional<uint64_t> parse_count(std::string_view text);

/// "1 step", "2 steps".
std::string plural(uint64_t count, std::string_view noun);

}  // namespace filrouge
