// Error codes of models (FR08xx): learn (FR0800-), score and the model's files (FR0810-), trees and LightGBM (FR0820-),
// other learners and metrics (FR0830-), explain (FR0840-).
#include "thread/code_tables.h"

namespace filrouge {

namespace {

constexpr ErrorCode kRows[] = {
    {"FR0810", "model cannot be read",
     R"(A file of the model is missing or is not what `learn` writes. `filrouge verify --repair` finds what is damaged; the next run learns it again.)",
     R"(rm .filrouge/models/late/*/model.json)", R"(filrouge verify --repair)"},
};

}  // namespace

std::span<const ErrorCode> model_codes() {
  return kRows;
}

}  // namespace filrouge
