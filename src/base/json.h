// JSON values. Objects keep the order in which their keys were inserted, so what we print reads as we wrote it;
// canonical text (for hashes) comes from canonical() which sorts the keys.
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace filrouge {

using Json = nlohmann::ordered_json;

/// The one text of a value: keys sorted at every depth, no white space, UTF-8. Equal values give equal texts.
std::string canonical(const Json& value);

/// Parses one JSON document. Throws Error(data, FR0901) that names `what` when the text is not JSON.
Json parse_json(std::string_view text, std::string_view what);

/// One line of UTF-8; a byte that is not UTF-8 becomes U+FFFD. Never throws.
std::string dump(const Json& value, int indent = -1);

/// A text as it is, any other value as dump() writes it: a scalar of thread.yaml as the user wrote it.
std::string scalar_text(const Json& value);

}  // namespace filrouge
