// A version as text: receipt.json, which everybody can read, and the packed form in which the catalog keeps it.
//
// The packed form exists for speed alone: 2,000 versions of 20 columns load in a few milliseconds, as JSON in over a
// hundred. It says what receipt.json says, ends with a hash of itself, and is made anew from the receipts when it is
// lost.
#pragma once

#include <string>
#include <string_view>

#include "store/store.h"

namespace filrouge {

inline constexpr const char* kReceipt = "receipt.json";

/// Where the version lives, relative to the store: tables/flights/KEY, charts/by_hour/KEY.
fs::path folder_in_store(const Version& version);
/// All bytes of its files, without the receipt.
uint64_t total_bytes(const Version& version);

std::string receipt_text(const Version& version);
/// Throws Error(environment, FR0501) when it cannot be read, Error(data, FR0514) when it is not a receipt.
Version read_receipt(const fs::path& version_folder);

std::string pack(const Version& version);
/// Throws Error(environment, FR0512) when a bit is wrong.
Version unpack(std::string_view packed);

/// Now, UTC: 2026-01-31T14:02:11.123456Z. Texts sort as times do.
std::string utc_now(double seconds_ago = 0);

}  // namespace filrouge
