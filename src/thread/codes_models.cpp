// Error codes of models (FR08xx): learn (FR0800-), score and the model's files (FR0810-), trees and LightGBM (FR0820-),
// other learners and metrics (FR0830-), explain (FR0840-).
#include "thread/code_tables.h"

namespace filrouge {

namespace {

constexpr ErrorCode kRows[] = {
    {"FR0810", "model cannot be read",
     R"(A file of the model is missing or is not what `learn` writes. `filrouge verify --repair` finds what is damaged; the next run learns it again.)",
     R"(rm .filrouge/models/late/*/model.json)", R"(filrouge verify --repair)"},
    {"FR0820", "trees cannot be read",
     R"(The text of a model's trees is damaged, or has something that the scorer does not know (linear trees). The message names the line.)",
     R"(a trees.txt that was cut off or edited)", R"(filrouge verify --repair)"},
    {"FR0825", "LightGBM cannot train",
     R"(LightGBM refuses the data or the options, in its own words: for instance `monotone` with the objective `quantile`, which it cannot combine.)",
     R"({ learn: m, method: boosting, quantiles: [0.1], monotone: { age: up } })",
     R"({ learn: m, method: boosting, quantiles: [0.1] })"},
    {"FR0826", "LightGBM cannot be opened",
     R"(Boosting needs lib_lightgbm.so, which is installed with the program in lib/filrouge/, and the system's libgomp1. The environment variable FILROUGE_LIGHTGBM names another file.)",
     R"(FILROUGE_LIGHTGBM=/nowhere filrouge run)", R"(apt install libgomp1)"},
};

}  // namespace

std::span<const ErrorCode> model_codes() {
  return kRows;
}

}  // namespace filrouge
