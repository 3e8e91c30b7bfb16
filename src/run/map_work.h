// A step's work in parts, each done by our own worker on one of the engine's machines: paths in, receipts out.
//
//   owner's side    map_work cuts the rows of one input, writes what all parts have in common into one file in the
//                   step's staging folder, and has the engine run `filrouge worker SCRATCH parts` there
//   worker's side   part_worker.h: one line in, "PART FILE"; one line out, a receipt that names the files of the part
//
// What is kept is what receipts name, so a part that was tried twice is there once. Where the rows are cut changes
// nothing of the result: the same rows in the same order with the same column hashes.
#pragma once

#include "run/serve.h"
#include "steps/step.h"

namespace filrouge {

/// Does the request `work` whose key `cuts` names an input. Adds what the workers cost to `cost`. Throws the error of
/// the first part that failed, Error(engine, FR0334) where a part has no receipt, and what Engine::map throws.
WorkResult map_work(const Json& request, Engine& engine, WorkContext& context, Cost& cost);

/// Consecutive ranges of at most `part_rows` rows over files of so many rows; a part may take its rows from several.
struct PartOfFiles {
  uint64_t first_row = 0, rows = 0;
  std::vector<std::pair<size_t, RowRange>> files;  ///< number of the file, and the rows in it
};
std::vector<PartOfFiles> cut_files(const std::vector<uint64_t>& rows_of_files, uint64_t part_rows);

}  // namespace filrouge
