#include "sources/csv_scan.h"

#include "base/parallel.h"
#include "base/text.h"
#include "sources/formats.h"
#include "sources/read_ahead.h"

namespace filrouge {
namespace {

constexpr size_t kLongestWithin = 1 << 20;  // a part that begins within quotes must not fill the memory

/// The file's columns that the thread declares as whole numbers; empty where there are none.
std::vector<bool> integer_columns(const FileFacts& file, const SourceRequest& request) {
  std::vector<bool> integers;
  for (const std::string& name : file.names) {
    const Column* declared = declared_for(request, name);
    integers.push_back(declared && is_integer_type(declared->type));
  }
  if (std::none_of(integers.begin(), integers.end(), [](bool integer) { return integer; })) integers.clear();
  return integers;
}

Dialect without_start(Dialect dialect) {
  dialect.skip = 0;
  return dialect;
}

}  // namespace

size_t index_of(const Schema& schema, const std::string& name) {
  for (size_t at = 0; at < schema.columns.size(); ++at)
    if (lower(schema.columns[at].name) == lower(name)) return at;
  return schema.columns.size();
}

FileWalk::FileWalk(const FileFacts& facts, const SourceRequest& request)
    : FileWalk(facts, request, open_ahead(facts.file, request.csv.encoding, Unpacking::bit_by_bit), false) {}

FileWalk::FileWalk(const FileFacts& facts, const SourceRequest& request, std::unique_ptr<ByteSource> source,
                   bool from_within)
    : facts_(facts),
      rules_(request.csv.rules),
      integers_(integer_columns(facts, request)),
      source_(std::move(source)),
      records_(*source_, from_within ? without_start(facts.dialect) : facts.dialect,
               from_within ? kLongestWithin : CsvRecords::kLongestRecord) {
  if (!from_within && facts.dialect.header && facts.dialect.header_line == 0) skip_header();
}

bool FileWalk::next(Record& record, std::string& reason) {
  for (;;) {
    Step done = step(record, reason);
    if (done != Step::passed_over) return done == Step::record;
  }
}

FileWalk::Step FileWalk::step(Record& record, std::string& reason) {
  if (!records_.next(record)) return Step::end;
  if (record.blank && facts_.names.size() > 1) return Step::passed_over;
  if (record.line == facts_.dialect.header_line) return Step::passed_over;
  if (record.line < facts_.dialect.header_line)
    reason = "stands before the header";
  else
    reason = flaw_of(record);
  return Step::record;
}

void FileWalk::skip_header() {
  Record record;
  while (records_.next(record))
    if (!record.blank) return;
}

std::string FileWalk::flaw_of(const Record& record) const {
  if (record.flaw != Flaw::none) return to_text(record.flaw);
  size_t width = facts_.names.size();
  if (record.fields.size() != width)
    return fmt::format("expected {}, found {}", plural(width, "column"), record.fields.size());
  for (size_t column = 0; column < integers_.size(); ++column)
    if (integers_[column] && !fits_exactly(record.fields[column], rules_))
      return fmt::format("column {}: `{}` is not a whole number", facts_.names[column], record.fields[column]);
  return "";
}

namespace {

/// The decoded text of a file, to be opened at any place where that can be.
class ScanText {
 public:
  explicit ScanText(const FileFacts& facts, const std::string& encoding) : path_(facts.file.path) {
    if (facts.dialect.header_line > 0) return;  // rows before the header are told by their lines
    if (is_plain(facts.file, encoding)) {
      plain_ = true;
      size_ = fs::file_size(path_);
      return;
    }
    held_ = open_source(facts.file, encoding);
    text_ = held_->ahead();
    size_ = text_.size();
  }

  uint64_t size() const { return size_; }  ///< 0 where it can only be read from its start
  std::unique_ptr<ByteSource> open(uint64_t from) const {
    return plain_ ? file_source(path_, from) : view_source(text_.substr(from));
  }

  /// Where the text can be cut into so many parts of about the same size, each after a line end; the first is 0.
  std::vector<uint64_t> cuts(uint64_t parts) const {
    std::vector<uint64_t> found = {0};
    std::string block(kLongestWithin, '\0');
    for (uint64_t part = 1; part < parts; ++part) {
      uint64_t from = size_ / parts * part;
      size_t got = open(from)->read(block.data(), block.size());
      size_t end = std::string_view(block).substr(0, got).find('\n');
      if (end != std::string::npos && from + end + 1 > found.back()) found.push_back(from + end + 1);
    }
    return found;
  }

 private:
  fs::path path_;
  bool plain_ = false;
  std::unique_ptr<ByteSource> held_;
  std::string_view text_;
  uint64_t size_ = 0;
};

/// What one thread finds from a place on.
class Part {
 public:
  Part(const FileFacts& file, const SourceRequest& request, const Schema& schema, std::unique_ptr<FileWalk> walk,
       uint64_t begin)
      : request_(request),
        walk_(std::move(walk)),
        begin_(begin),
        trusted_(begin == 0),
        guesses_(schema.columns.size()) {
    for (const std::string& name : file.names)
      slots_.push_back(declared_for(request, name) ? nullptr : &guesses_[index_of(schema, name)]);
  }

  uint64_t begin() const { return begin_; }
  uint64_t position() const { return begin_ + walk_->records().position(); }  ///< where the next record begins
  bool gave_up() const { return !trusted_ && walk_->records().gave_up(); }
  void trust() {
    trusted_ = true;
    walk_->trust();
  }

  /// Up to the first record that begins at `end` or after it.
  void go_on(uint64_t end) {
    Record record;
    std::string reason;
    while (position() < end && !gave_up()) {
      FileWalk::Step step = walk_->step(record, reason);
      if (step == FileWalk::Step::end) return;
      if (step == FileWalk::Step::record) count(record, reason);
    }
  }

  void add_to(FileFacts& file, std::vector<ColumnGuess>& guesses, char& line_ending) const {
    const CsvRecords& records = walk_->records();
    file.records += records_;
    file.flawed += flawed_;
    file.longest = std::max(file.longest, records.longest());
    if (line_ending == 0) line_ending = records.line_ending();
    bool alike = records.line_ending() == 0 || records.line_ending() == line_ending;
    file.regular = file.regular && records.regular() && alike;
    for (size_t column = 0; column < guesses.size(); ++column) guesses[column].add(guesses_[column]);
  }

 private:
  void count(const Record& record, const std::string& reason) {
    ++records_;
    if (!reason.empty()) {
      ++flawed_;
      return;
    }
    for (size_t column = 0; column < slots_.size(); ++column)
      if (slots_[column]) slots_[column]->add(record.fields[column], request_.csv.rules);
  }

  const SourceRequest& request_;
  std::unique_ptr<FileWalk> walk_;
  uint64_t begin_;
  bool trusted_;  ///< it begins where a record does
  std::vector<ColumnGuess> guesses_;
  std::vector<ColumnGuess*> slots_;  ///< of guesses_, in the order of the file's columns; null where one is declared
  uint64_t records_ = 0, flawed_ = 0;
};

/// The parts that follow from each other, the first one first; each has gone to where the next one begins.
std::vector<const Part*> chained(std::vector<Part>& parts) {
  std::vector<const Part*> chain = {&parts[0]};
  Part* current = &parts[0];
  for (size_t next = 1; next < parts.size(); ++next) {
    current->go_on(parts[next].begin());
    if (current->position() != parts[next].begin() || parts[next].gave_up()) continue;
    current = &parts[next];
    current->trust();
    chain.push_back(current);
  }
  current->go_on(UINT64_MAX);
  return chain;
}

}  // namespace

void scan_file(FileFacts& file, const SourceRequest& request, const Schema& schema, std::vector<ColumnGuess>& guesses,
               uint64_t part_bytes, int threads) {
  ScanText text(file, request.csv.encoding);
  std::vector<Part> parts;
  if (text.size() == 0) {
    parts.emplace_back(file, request, schema, std::make_unique<FileWalk>(file, request), 0);
  } else {
    const uint64_t most = std::min<uint64_t>(text.size() / part_bytes, static_cast<uint64_t>(threads));
    for (uint64_t begin : text.cuts(most))
      parts.emplace_back(file, request, schema, std::make_unique<FileWalk>(file, request, text.open(begin), begin > 0),
                         begin);
    for_parts(parts.size(), threads,
              [&](size_t at) { parts[at].go_on(at + 1 < parts.size() ? parts[at + 1].begin() : UINT64_MAX); });
  }
  file.regular = true;
  char line_ending = 0;
  for (const Part* part : chained(parts)) part->add_to(file, guesses, line_ending);
  file.regular = file.regular && file.flawed == 0 && file.dialect.skip == 0 && file.dialect.header_line == 0 &&
                 (file.dialect.quote.empty() || file.dialect.quote == "\"");
}

}  // namespace filrouge
