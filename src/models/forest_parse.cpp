// LightGBM's text of a model -> Forest::Data.
//
// A header of KEY=VALUE lines, then for each tree "Tree=N" and its KEY=VALUE lines up to an empty one, then "end of
// trees". A model may come from anywhere, so nothing is believed: sizes follow from the numbers that are there, every
// index is checked, and a walk from the root proves that the splits form a tree.
#include <charconv>

#include "base/error.h"
#include "models/forest_tree.h"

namespace filrouge {
namespace {

constexpr size_t kMostFeatures = 1u << 24;

struct Line {
  size_t number = 0;  ///< 1 for the first of the text; 0: there is no such line
  std::string_view value;
};
/// The lines of the header, or of a tree.
using Section = std::map<std::string_view, Line>;

[[noreturn]] void damaged(size_t line, const std::string& what) {
  throw Error(ErrorKind::data, "FR0820", fmt::format("the trees cannot be read: line {}: {}", line, what));
}

class Lines {
 public:
  explicit Lines(std::string_view text) : rest_(text) {}

  bool next() {
    if (rest_.empty()) return false;
    size_t end = std::min(rest_.find('\n'), rest_.size());
    line = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    number++;
    return true;
  }

  /// KEY=VALUE lines up to an empty line, or up to a line that begins with `stop`.
  Section section(std::string_view stop) {
    Section lines;
    while (next() && !line.starts_with(stop)) {
      if (line.empty()) {
        if (stop == "\n") break;
        continue;
      }
      size_t equals = std::min(line.find('='), line.size());
      std::string_view value = line.substr(std::min(equals + 1, line.size()));
      lines[line.substr(0, equals)] = {number, value};
    }
    return lines;
  }

  std::string_view line;
  size_t number = 0;

 private:
  std::string_view rest_;
};

template <typename Number>
Number parse_number(std::string_view word, size_t line, std::string_view key) {
  Number number{};
  auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (error != std::errc() || end != word.data() + word.size())
    damaged(line, fmt::format("`{}` has `{}` where a number should be", key, word.substr(0, 40)));
  return number;
}

class Reader {
 public:
  Reader(const Section& section, size_t line) : section_(section), line_(line) {}

  bool has(std::string_view key) const { return section_.contains(key); }

  Line line(std::string_view key) const {
    auto found = section_.find(key);
    if (found == section_.end()) damaged(line_, fmt::format("`{}` is missing", key));
    return found->second;
  }

  int64_t whole(std::string_view key, int64_t least, int64_t most) const {
    Line at = line(key);
    auto number = parse_number<int64_t>(at.value, at.number, key);
    if (number < least || number > most)
      damaged(at.number, fmt::format("`{}` is {}, not between {} and {}", key, number, least, most));
    return number;
  }

  template <typename Number>
  std::vector<Number> numbers(std::string_view key, size_t count) const {
    Line at = line(key);
    std::vector<Number> all;
    for (std::string_view rest = at.value; !rest.empty();) {
      size_t end = std::min(rest.find(' '), rest.size());
      if (end > 0) all.push_back(parse_number<Number>(rest.substr(0, end), at.number, key));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    if (all.size() != count)
      damaged(at.number, fmt::format("`{}` has {} numbers, {} are needed", key, all.size(), count));
    return all;
  }

  /// The same; each must lie between `least` and `most`.
  std::vector<int64_t> within(std::string_view key, size_t count, int64_t least, int64_t most) const {
    std::vector<int64_t> all = numbers<int64_t>(key, count);
    for (int64_t number : all)
      if (number < least || number > most)
        damaged(line(key).number, fmt::format("`{}` has {}, not between {} and {}", key, number, least, most));
    return all;
  }

 private:
  const Section& section_;
  size_t line_;  ///< where the section begins
};

using Tree = Forest::Tree;

constexpr int64_t kMostRows = std::numeric_limits<int32_t>::max();

void read_leaves(const Reader& reader, size_t leaves, Tree& tree) {
  tree.value = reader.numbers<double>("leaf_value", leaves);
  for (double value : tree.value)
    if (!std::isfinite(value)) damaged(reader.line("leaf_value").number, "a leaf's value is not a number");
  if (!reader.has("leaf_count") || reader.line("leaf_count").value.empty()) {
    tree.rows.assign(leaves, 0);  // some writers leave it out where there is one leaf only
    if (leaves > 1) reader.within("leaf_count", leaves, 0, kMostRows);
    return;
  }
  std::vector<int64_t> rows = reader.within("leaf_count", leaves, 0, kMostRows);
  tree.rows.assign(rows.begin(), rows.end());
}

/// Where the bits of each category split begin in `words`; the last number is their size.
std::vector<int64_t> read_categories(const Reader& reader, size_t sets, Tree& tree) {
  if (sets == 0) return {0};
  std::vector<int64_t> begin = reader.within("cat_boundaries", sets + 1, 0, kMostRows);
  size_t line = reader.line("cat_boundaries").number;
  if (begin[0] != 0 || !std::is_sorted(begin.begin(), begin.end())) damaged(line, "`cat_boundaries` must rise from 0");
  std::vector<int64_t> words =
      reader.within("cat_threshold", static_cast<size_t>(begin.back()), 0, std::numeric_limits<uint32_t>::max());
  tree.words.assign(words.begin(), words.end());
  return begin;
}

void read_splits(const Reader& reader, size_t num_features, Tree& tree) {
  int64_t leaves = static_cast<int64_t>(tree.value.size());
  size_t count = tree.value.size() - 1;
  auto sets = static_cast<size_t>(reader.whole("num_cat", 0, leaves - 1));
  std::vector<int64_t> set_begin = read_categories(reader, sets, tree);
  std::vector<int64_t> feature = reader.within("split_feature", count, 0, static_cast<int64_t>(num_features) - 1);
  std::vector<double> threshold = reader.numbers<double>("threshold", count);
  std::vector<int64_t> decision = reader.within("decision_type", count, 0, 11);
  std::vector<int64_t> left = reader.within("left_child", count, -leaves, leaves - 2);
  std::vector<int64_t> right = reader.within("right_child", count, -leaves, leaves - 2);
  std::vector<int64_t> rows = reader.within("internal_count", count, 0, kMostRows);
  std::vector<double> gain(count);
  if (reader.has("split_gain")) gain = reader.numbers<double>("split_gain", count);
  size_t line = reader.line("threshold").number;

  for (size_t s = 0; s < count; s++) {
    Tree::Split split;
    split.threshold = threshold[s];
    split.feature = static_cast<uint32_t>(feature[s]);
    split.left = static_cast<int32_t>(left[s]);
    split.right = static_cast<int32_t>(right[s]);
    split.category = decision[s] & 1;
    split.missing_left = decision[s] & 2;
    split.missing = static_cast<Tree::Missing>(decision[s] >> 2);
    split.rows = static_cast<double>(rows[s]);
    split.gain = static_cast<float>(gain[s]);
    if (std::isnan(split.threshold)) damaged(line, "a threshold is not a number");
    if (split.category) {
      if (!(threshold[s] >= 0 && threshold[s] < static_cast<double>(sets)))
        damaged(line, fmt::format("there is no set of categories {}", threshold[s]));
      auto set = static_cast<size_t>(threshold[s]);
      split.first_word = static_cast<uint32_t>(set_begin[set]);
      split.num_words = static_cast<uint32_t>(set_begin[set + 1] - set_begin[set]);
    }
    tree.splits.push_back(split);
  }
}

/// Every split and leaf hangs on the root, once.
void check_shape(const Tree& tree, size_t line) {
  std::vector<char> split_seen(tree.splits.size()), leaf_seen(tree.value.size());
  std::vector<int32_t> open = {tree.splits.empty() ? ~0 : 0};
  size_t seen = 0;
  while (!open.empty()) {
    int32_t at = open.back();
    open.pop_back();
    char& mark = at < 0 ? leaf_seen[~at] : split_seen[at];
    if (mark) damaged(line, "the splits do not form a tree");
    mark = 1;
    seen++;
    if (at < 0) continue;
    open.push_back(tree.splits[at].left);
    open.push_back(tree.splits[at].right);
  }
  if (seen != tree.splits.size() + tree.value.size()) damaged(line, "some of the tree hangs on nothing");
}

Tree read_tree(const Section& section, size_t line, size_t num_features) {
  Reader reader(section, line);
  Tree tree;
  if (reader.has("is_linear") && reader.whole("is_linear", 0, 1) == 1)
    damaged(line, "trees with linear leaves are not known here (train without linear_tree)");
  // No more leaves than characters: the sizes below are those of the text.
  auto leaves =
      static_cast<size_t>(reader.whole("num_leaves", 1, static_cast<int64_t>(reader.line("leaf_value").value.size())));
  read_leaves(reader, leaves, tree);
  if (leaves > 1) read_splits(reader, num_features, tree);
  check_shape(tree, line);
  return tree;
}

void read_header(const Section& section, Forest::Data& data) {
  Reader reader(section, 1);
  std::string_view version = reader.line("version").value;
  if (version != "v4" && version != "v3")
    damaged(reader.line("version").number, fmt::format("version `{}` is not known", version.substr(0, 40)));
  if (reader.has("average_output"))
    damaged(reader.line("average_output").number,
            "a random forest of LightGBM's is not known here, only boosted trees");
  std::string_view names = reader.line("feature_names").value;
  data.num_features = static_cast<size_t>(reader.whole("max_feature_idx", 0, kMostFeatures)) + 1;
  size_t named = names.empty() ? 0 : 1 + static_cast<size_t>(std::count(names.begin(), names.end(), ' '));
  if (named != data.num_features)
    damaged(reader.line("feature_names").number,
            fmt::format("`feature_names` has {} names, {} are needed", named, data.num_features));
  data.outputs = static_cast<size_t>(reader.whole("num_tree_per_iteration", 1, kMostFeatures));
}

}  // namespace

Forest Forest::parse(std::string_view text) {
  auto data = std::make_shared<Data>();
  Lines lines(text);
  if (!lines.next() || lines.line != "tree") damaged(1, "this is not a model of LightGBM's (it begins with `tree`)");
  read_header(lines.section("Tree="), *data);
  while (lines.line.starts_with("Tree=")) {
    size_t begin = lines.number;
    Section section = lines.section("\n");
    data->trees.push_back(read_tree(section, begin, data->num_features));
    while (lines.line.empty() && lines.next()) {
    }
  }
  if (lines.line != "end of trees") damaged(lines.number, "`end of trees` is missing: the text was cut off");
  if (data->trees.empty() || data->trees.size() % data->outputs != 0)
    damaged(lines.number, fmt::format("{} trees for {} outputs", data->trees.size(), data->outputs));
  data->flatten();
  return Forest(data);
}

}  // namespace filrouge
