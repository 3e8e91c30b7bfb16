// The card of a model, as `show` prints it: what it predicts, what it is worth, what moves it most.
#pragma once

#include <filesystem>
#include <string>

#include "base/json.h"

namespace filrouge {

/// card.json of a model's version, as models/card.h writes it. Throws Error(environment, FR0501) where it cannot be
/// read.
Json read_model_card(const std::filesystem::path& version_folder);

/// A few lines and two tables: the first three metrics of each part, the most telling part first, and the five columns
/// that move a prediction most.
std::string draw_model_card(const Json& card);

}  // namespace filrouge
