// run, the half that works: tables out to a program, and what it makes back in.
#pragma once

#include "steps/step.h"

namespace filrouge {

/// Binding::work of a `run` step:
///   programs   ProgramRoom
///   program    ProgramCall; or map, combine, reduce (ProgramCall), key_fields, reducers, part_bytes
///   from       [{table, columns: [..]}], in the thread's order
///   format     csv, json, parquet (of a program)
///   columns    schema of the result, types as declared
///   stop       whether a row that does not fit stops the step
WorkResult work_on_run(const WorkRequest& request, WorkContext& context);

}  // namespace filrouge
