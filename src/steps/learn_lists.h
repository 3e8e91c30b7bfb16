// `task: rank`: rows come in lists (`group:`), which must stand side by side and must never be cut in two.
#pragma once

#include "steps/learn_data.h"

namespace filrouge {

/// Brings the rows of each list side by side, lists in the order of their first rows, and fills data.list and
/// data.table_row. Throws FR0805 where a row has no list.
void gather_lists(LearnData& data, const ModelPlan& plan);

/// What LightGBM can rank by, in the words of the thread: grades from 0 to 30 (FR0806), lists of at most 10,000 rows
/// (FR0803). Adds a note on lists whose rows all have the same grade.
void check_lists(LearnData& data, const ModelPlan& plan);

/// The column that the rows are split by, where every row has the value of its list: of a time the earliest one. Throws
/// FR0803 where the rows of a list belong to several groups.
FrameColumn split_column_of_lists(const LearnData& data, const ModelPlan& plan);

}  // namespace filrouge
