// The worker on a machine of a cluster: it does parts of a step (run/map_work.h), one a line of standard input,
// "PART FILE", and writes a receipt for each on standard output, a line of JSON:
//
//   {"id":3,"event":"done","host":"node7","result":{..},"cpu_seconds":1.2, ..}    as in run/worker.h
//   {"id":3,"event":"error","host":"node7","kind":"data","code":"FR0301","message":"..","hint":".."}
//
// Whatever happens is in the receipt and the exit code is 0: a cluster takes any other for a machine that broke, and
// tries the part again elsewhere. Each part is done by a copy of the process, confined to what it names, so that
// one that crashes leaves a receipt too. A part that is tried twice writes two files of different names; the receipt
// that comes back says which one counts.
#pragma once

#include <filesystem>

namespace filrouge {

/// Does all lines of standard input, then ends; returns the exit code. A folder of its own is made in `scratch`.
int part_worker_main(const std::filesystem::path& scratch);

}  // namespace filrouge
