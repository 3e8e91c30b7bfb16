// Scoring: rows down the trees, in two ways.
//
// One row, and trees of more than 64 leaves, walk. A processor waits longer for a node (its place depends on the
// comparison before) than it works on it, and cannot guess where a row goes. So there is no branch in a step, and eight
// walks are under way at once: eight rows in one tree, or, for a single row, eight trees. A step is
//
//   node = nodes[at];  at = node.next + (row[node.cell] <= node.threshold)
//
// where the two children lie side by side, and a leaf is a node that leads to itself. Missing values come out right
// without a test of their own: a comparison with NaN fails, so the child that NaN takes is put first. Where that is the
// left one the question is turned round, x > t instead of x <= t, and asked as -x <= -(the next number after t); a row
// is widened by its negated values for that. Categories are tested by bit, and an empty set for numeric splits makes
// one expression of both; trees without categories leave that out. Splits that take 0 for missing (nobody trains so
// here) walk plainly.
//
// Many rows are looked up (QuickScorer: Lucchese et al. 2015, with tables instead of its scan of thresholds): a value's
// code says between which thresholds of the whole forest it lies, is found once, and serves all trees. For each tree,
// feature and code a word has a bit for each leaf that the value leaves possible; the AND over the tree's features is
// the row's leaf. On the flights (200 trees of 63 leaves, 13 features, mean depth 13) it takes a third of the time of
// walks.
//
// Leaves' values are added in the order of the trees, as LightGBM does, so sums are equal to the last bit.
#include <bit>

#include "base/error.h"
#include "models/forest_tables.h"

namespace filrouge {
namespace {

constexpr size_t kLanes = 8;
constexpr size_t kBlockRows = 64;     // widened, they and a tree fit into the first-level cache
constexpr size_t kTabledRows = 1000;  // for fewer the tables are not worth making

using Data = Forest::Data;
using Tree = Forest::Tree;

bool nan_goes_left(const Tree& tree, const Tree::Split& split) {
  return tree.goes_left(split, std::numeric_limits<double>::quiet_NaN());
}

Data::Kind kind_of(const Tree& tree) {
  Data::Kind kind = Data::Kind::simple;
  for (const Tree::Split& split : tree.splits) {
    if (split.category) kind = Data::Kind::categories;
    if (!split.category && split.missing == Tree::kZero) return Data::Kind::plain;
  }
  return kind;
}

/// The test of a split, without `next`. `swapped`: it holds where the row goes right.
FlatNode flat_test(const Tree& tree, const Tree::Split& split, Data& data, bool& swapped) {
  constexpr double kNever = std::numeric_limits<double>::quiet_NaN();
  auto features = static_cast<uint32_t>(data.num_features);
  swapped = false;
  if (split.category) {
    FlatNode node{kNever, split.feature, 0, static_cast<uint32_t>(data.words.size()), split.num_words};
    auto begin = tree.words.begin() + split.first_word;
    data.words.insert(data.words.end(), begin, begin + split.num_words);
    data.words.push_back(0);
    return node;
  }
  swapped = nan_goes_left(tree, split);
  if (!swapped) return {split.threshold, split.feature, 0, 0, 0};
  double infinity = std::numeric_limits<double>::infinity();
  double above = split.threshold == infinity ? kNever : -std::nextafter(split.threshold, infinity);
  return {above, split.feature + features, 0, 0, 0};
}

void flatten_tree(const Tree& tree, Data& data) {
  struct Open {
    int32_t child;
    uint32_t place;
  };
  auto root = static_cast<uint32_t>(data.nodes.size());
  data.roots.push_back(root);
  data.nodes.resize(root + 1);
  std::vector<Open> open = {{tree.splits.empty() ? ~0 : 0, root}};
  for (size_t i = 0; i < open.size(); i++) {
    auto [child, place] = open[i];
    data.values.resize(data.nodes.size());
    if (child < 0) {
      data.nodes[place] = {std::numeric_limits<double>::quiet_NaN(), 0, place, 0, 0};
      data.values[place] = tree.value[~child];
      continue;
    }
    bool swapped;
    const Tree::Split& split = tree.splits[child];
    FlatNode node = flat_test(tree, split, data, swapped);
    node.next = static_cast<uint32_t>(data.nodes.size());
    data.nodes[place] = node;
    data.nodes.resize(data.nodes.size() + 2);
    open.push_back({swapped ? split.left : split.right, node.next});
    open.push_back({swapped ? split.right : split.left, node.next + 1});
  }
  data.values.resize(data.nodes.size());
}

/// Cells of a widened row: the values, the negated values, and, where there are categories, their codes.
size_t widened(const Data& data) {
  return data.num_features * (data.any_categories ? 3 : 2);
}

void widen(const Data& data, const double* row, double* cells) {
  size_t n = data.num_features;
  for (size_t f = 0; f < n; f++) {
    cells[f] = row[f];
    cells[n + f] = -row[f];
  }
  if (data.any_categories)
    for (size_t f = 0; f < n; f++)
      cells[2 * n + f] = std::bit_cast<double>(static_cast<uint64_t>(category_code(row[f])));
}

template <bool kCategories>
[[gnu::always_inline]] inline uint32_t step(const Data& data, const double* cells, uint32_t at) {
  const FlatNode& node = data.nodes.data()[at];
  uint32_t holds = cells[node.cell] <= node.threshold;
  if constexpr (kCategories) {
    // The code of feature f stands at cell 2 n + f. For a negated cell n + f that would be past the end; such a node
    // has no words, so any code does.
    size_t n = data.num_features, feature = node.cell < n ? node.cell : node.cell - n;
    auto code = static_cast<uint32_t>(std::bit_cast<uint64_t>(cells[2 * n + feature]));
    uint32_t word = data.words.data()[node.first_word + std::min(code / 32, node.num_words)];
    holds |= word >> (code % 32) & 1;
  }
  return node.next + holds;
}

/// Eight walks at once, from `at` to the leaves. `cells`: the row of each walk.
template <bool kCategories>
void walk(const Data& data, const double* const (&cells)[kLanes], uint32_t (&at)[kLanes]) {
  for (bool moved = true; moved;) {
    moved = false;
    for (size_t i = 0; i < kLanes; i++) {
      uint32_t before = step<kCategories>(data, cells[i], at[i]);
      uint32_t after = step<kCategories>(data, cells[i], before);
      moved |= after != before;
      at[i] = after;
    }
  }
}

void walk_any(const Data& data, bool categories, const double* const (&cells)[kLanes], uint32_t (&at)[kLanes]) {
  if (categories)
    walk<true>(data, cells, at);
  else
    walk<false>(data, cells, at);
}

double plain_value(const Tree& tree, const double* row) {
  int32_t at = tree.splits.empty() ? ~0 : 0;
  while (at >= 0) {
    const Tree::Split& split = tree.splits[at];
    at = tree.goes_left(split, row[split.feature]) ? split.left : split.right;
  }
  return tree.value[~at];
}

/// Rows of a block in the forms that its trees need.
struct Block {
  std::vector<double> cells;    ///< widened rows, one after the other
  std::vector<uint16_t> codes;  ///< codes[feature * kBlockRows + row]
};

void add_by_table(const Data& data, const ForestTables& tables, size_t t, const std::vector<uint16_t>& codes,
                  size_t rows, double* out) {
  uint64_t leaf[kBlockRows];
  std::fill_n(leaf, rows, ~uint64_t{0});
  const std::vector<ForestTables::Column>& columns = tables.trees[t].columns;
  for (size_t c = 0; c < columns.size(); c += 4) {
    const uint64_t* words[4];
    const uint16_t* code[4];
    for (size_t i = 0; i < 4; i++) {
      words[i] = tables.words.data() + columns[c + i].first;
      code[i] = codes.data() + columns[c + i].feature * kBlockRows;
    }
    for (size_t r = 0; r < rows; r++)
      leaf[r] &= words[0][code[0][r]] & words[1][code[1][r]] & words[2][code[2][r]] & words[3][code[3][r]];
  }
  const double* value = data.trees[t].value.data();
  for (size_t r = 0; r < rows; r++) out[r * data.outputs + t % data.outputs] += value[std::countr_zero(leaf[r])];
}

/// Adds tree `t` to the scores of `rows` rows (at most kBlockRows, a multiple of kLanes of cells is there).
void add_tree(const Data& data, size_t t, const double* cells, size_t rows, double* out) {
  size_t width = widened(data);
  out += t % data.outputs;
  if (data.kinds[t] == Data::Kind::plain) {
    for (size_t r = 0; r < rows; r++) out[r * data.outputs] += plain_value(data.trees[t], cells + r * width);
    return;
  }
  for (size_t r = 0; r < rows; r += kLanes) {
    uint32_t at[kLanes];
    const double* lanes[kLanes];
    for (size_t i = 0; i < kLanes; i++) {
      at[i] = data.roots[t];
      lanes[i] = cells + (r + i) * width;
    }
    walk_any(data, data.kinds[t] == Data::Kind::categories, lanes, at);
    for (size_t i = 0; i < std::min(kLanes, rows - r); i++) out[(r + i) * data.outputs] += data.values[at[i]];
  }
}

}  // namespace

void Forest::Data::flatten() {
  words.assign(1, 0);
  for (const Tree& tree : trees) {
    kinds.push_back(kind_of(tree));
    any_categories = any_categories || kinds.back() == Kind::categories;
    flatten_tree(tree, *this);
  }
}

Forest::Data::Data() = default;
Forest::Data::~Data() = default;

const ForestTables& Forest::Data::tables() const {
  std::call_once(made_tables_, [this] { tables_ = std::make_unique<ForestTables>(*this); });
  return *tables_;
}

size_t Forest::num_features() const {
  return data_->num_features;
}

size_t Forest::num_trees() const {
  return data_->trees.size();
}

size_t Forest::outputs() const {
  return data_->outputs;
}

const std::vector<Forest::Tree>& Forest::trees() const {
  return data_->trees;
}

void Forest::raw_row(const double* row, double* out) const {
  const Data& data = *data_;
  std::vector<double> cells(widened(data));
  widen(data, row, cells.data());
  std::fill_n(out, data.outputs, 0.0);
  const double* lanes[kLanes];
  std::fill_n(lanes, kLanes, cells.data());
  for (size_t t = 0; t < data.trees.size(); t += kLanes) {
    size_t count = std::min(kLanes, data.trees.size() - t);
    uint32_t at[kLanes];
    bool categories = false;
    for (size_t i = 0; i < kLanes; i++) {
      size_t tree = t + std::min(i, count - 1);
      at[i] = data.roots[tree];
      categories = categories || data.kinds[tree] == Data::Kind::categories;
    }
    walk_any(data, categories, lanes, at);
    for (size_t i = 0; i < count; i++) {
      bool plain = data.kinds[t + i] == Data::Kind::plain;
      out[(t + i) % data.outputs] += plain ? plain_value(data.trees[t + i], row) : data.values[at[i]];
    }
  }
}

void Forest::raw(const Matrix& x, size_t begin, size_t end, double* out) const {
  const Data& data = *data_;
  FR_CHECK(x.columns == data.num_features && begin <= end && end <= x.rows);
  std::fill_n(out, (end - begin) * data.outputs, 0.0);
  const ForestTables* tables = end - begin >= kTabledRows ? &data.tables() : nullptr;
  size_t width = widened(data);
  Block block;
  if (tables) block.codes.resize(kBlockRows * data.num_features);
  if (!tables || !tables->complete) block.cells.resize(kBlockRows * width);
  for (size_t first = begin; first < end; first += kBlockRows, out += kBlockRows * data.outputs) {
    size_t rows = std::min(kBlockRows, end - first);
    if (!block.cells.empty())
      for (size_t r = 0; r < rows; r++) widen(data, x.row(first + r), &block.cells[r * width]);
    if (tables)
      for (uint32_t f : tables->used)
        for (size_t r = 0; r < rows; r++) block.codes[f * kBlockRows + r] = tables->codes.code(f, x.at(first + r, f));
    for (size_t t = 0; t < data.trees.size(); t++) {
      if (tables && !tables->trees[t].columns.empty())
        add_by_table(data, *tables, t, block.codes, rows, out);
      else
        add_tree(data, t, block.cells.data(), rows, out);
    }
  }
}

std::vector<double> Forest::gain() const {
  std::vector<double> sums(num_features());
  for (const Tree& tree : trees())
    for (const Tree::Split& split : tree.splits)
      if (split.gain > 0) sums[split.feature] += split.gain;
  return sums;
}

}  // namespace filrouge
