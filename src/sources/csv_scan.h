// The records of a CSV file, told sound or flawed; and all of them counted, with the types of their columns, by several
// threads where the text allows it.
//
// Each thread begins after a line end near its share of the text, which may lie within quotes. So a share counts only
// if the share before it ends exactly where it begins; otherwise the one before goes on through it. What is found is
// therefore what one thread finds, on any number of threads.
#pragma once

#include "base/machine.h"
#include "sources/column_types.h"
#include "sources/csv_records.h"
#include "sources/source.h"

namespace filrouge {

/// Walks over the data records of one file.
class FileWalk {
 public:
  /// `facts` and `request` must outlive it.
  FileWalk(const FileFacts& facts, const SourceRequest& request);
  /// The same from a place within the text, where a record begins; `source` gives what follows. It gives up on a record
  /// of more than 2 MB.
  FileWalk(const FileFacts& facts, const SourceRequest& request, std::unique_ptr<ByteSource> source, bool from_within);

  /// False at the end. `reason` says what is wrong with the record, and is empty for a sound one.
  bool next(Record& record, std::string& reason);

  enum class Step { record, passed_over, end };
  /// The same, one line at a time: blank lines and the header are passed over.
  Step step(Record& record, std::string& reason);
  const CsvRecords& records() const { return records_; }
  /// It began where a record begins: from now on records may be as long as in any other walk.
  void trust() { records_.allow(CsvRecords::kLongestRecord); }

 private:
  void skip_header();
  std::string flaw_of(const Record& record) const;

  const FileFacts& facts_;
  const ValueRules& rules_;
  std::vector<bool> integers_;  ///< the file's own columns that refuse values with a fraction
  std::unique_ptr<ByteSource> source_;
  CsvRecords records_;
};

/// Counts the file's records into `file`, and gives their values to `guesses` (one for each column of `schema`) unless
/// the column is declared. `part_bytes`: less text than that is not shared among threads.
void scan_file(FileFacts& file, const SourceRequest& request, const Schema& schema, std::vector<ColumnGuess>& guesses,
               uint64_t part_bytes = 2 << 20, int threads = processors());

/// The place of a column in `schema`, whatever its case; schema.columns.size() where it is not.
size_t index_of(const Schema& schema, const std::string& name);

}  // namespace filrouge
