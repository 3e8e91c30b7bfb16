// Error codes of models (FR08xx): learn (FR0800-), score and the model's files (FR0810-), trees and LightGBM (FR0820-),
// other learners and metrics (FR0830-), explain (FR0840-).
#include "thread/code_tables.h"

namespace filrouge {

namespace {

constexpr ErrorCode kRows[] = {
    {"FR0810", "model cannot be read",
     R"(A file of the model is missing or is not what `learn` writes. `filrouge verify --repair` finds what is damaged; the next run learns it again.)",
     R"(rm .filrouge/models/late/*/model.json)", R"(filrouge verify --repair)"},
    {"FR0830", "a linear model has nothing to learn from",
     R"(There are no rows, or no feature takes two different values. The filter of the table, the split or `features:` leaves too little.)",
     R"(features: [country]   # always "NL")", R"(features: [country, age, income])"},
    {"FR0831", "a linear model cannot be read",
     R"(The JSON of a linear model lacks a part or its sizes do not fit together. `filrouge verify --repair` finds what is damaged; the next run learns it again.)",
     R"({"kind": "linear", "weights": []})", R"(filrouge verify --repair)"},
};

}  // namespace

std::span<const ErrorCode> model_codes() {
  return kRows;
}

}  // namespace filrouge
