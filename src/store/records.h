// What stands beside the catalog so that it may be lost: the runs, one file each, and what is current.
//
//   runs/000000012.json   {"format": 1, "id": 12, "started": .., .., "steps": [..], "hash": ..}   written once, at the
//   end current.json          {"current": [{"verb", "name", "key"}, ..], "hash": ..}                  written anew by
//   each run
//
// `hash` is of all the rest of the file. Both are written whole and durably before the catalog says the same.
#pragma once

#include <filesystem>
#include <map>
#include <span>
#include <vector>

#include "store/catalog.h"
#include "store/store.h"

namespace filrouge {

/// `temporary`: an unused path in the store. Throws FR0502, FR0503.
void write_run_record(const fs::path& store, const Run& run, const fs::path& temporary);

/// All runs on record, oldest first. Records that cannot be read or have a wrong bit are left out and, with `bad`,
/// named. Throws FR0511 for a record of a newer program.
std::vector<Run> read_run_records(const fs::path& store, std::vector<Finding>* bad = nullptr);

/// Where the record of a run is, relative to the store.
fs::path run_record(int64_t id);

void write_current(const fs::path& store, std::span<const StepKey> steps, const fs::path& temporary);

/// What current.json says; empty where it is missing or damaged, which `bad` then tells.
std::map<StepName, std::string> read_current(const fs::path& store, std::vector<Finding>* bad = nullptr);

}  // namespace filrouge
