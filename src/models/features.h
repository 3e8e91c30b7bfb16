// From columns to features, as a careful person would: texts become categories, or numbers where they have too many
// values; dates and times are taken apart; what tells nothing is left out, with the reason.
//
//   number, boolean   the number; an infinity counts as missing and is reported
//   text, up to 254 values    a category; the dictionary is the training rows', in the order of their frequency
//   text, more                the mean of the target over the training rows with that value, shrunk towards the overall
//                             mean, out of fold for the training rows themselves (Micci-Barreca 2001); and how
//                             frequent the value is
//   date, timestamp   year, month, day, weekday, hour, minute: those of them that vary
//   time              hour, minute
// Left out: constants, columns without values, texts that are another for (nearly) every row.
#pragma once

#include "base/json.h"
#include "models/frame.h"

namespace filrouge {

struct Feature {
  enum class Part { value, category, target_mean, frequency, year, month, day, weekday, hour, minute };
  std::string name;   ///< "distance", "time_hour: weekday"
  size_t source = 0;  ///< index into Features::sources()
  Part part = Part::value;
  int output = 0;  ///< target_mean of a target of K > 2 classes: which class
};

/// What became of a source column: for the table NAME.features.
struct ColumnUse {
  std::string column;
  std::string kind;     ///< number, boolean, text, date, timestamp, time
  std::string used_as;  ///< "number", "category of 16 values", "month, weekday, hour"; empty = left out
  std::string reason;   ///< why it is left out, or what was found on the way ("3 infinite values count as missing")
  uint64_t missing = 0, values = 0;  ///< of the training rows; `values`: how many different ones, texts only
};

class Features {
 public:
  /// Looks at the training rows `rows` of `frame`. `y`: the target of every row of the frame (class number or value),
  /// `classes` as in Judged. `time`: the column that the rows are split by, where later rows are to be predicted: a
  /// number that only rises (or only falls) with it is left out, for later rows all have values that no training row
  /// had; nullptr keeps such columns. Where nothing is predicted `classes` is 0 and `y` is empty: a text with many
  /// values is then its frequency alone. Throws Error(data, FR0804) when nothing is left to learn from.
  static Features fit(const Frame& frame, const Rows& rows, const std::vector<double>& y, int classes,
                      const std::map<std::string, int>& monotone, uint64_t seed, const FrameColumn* time);

  const std::vector<SourceColumn>& sources() const { return sources_; }  ///< only those that are used
  const std::vector<Feature>& features() const { return features_; }
  std::vector<FeatureSpec> specs() const;
  /// The text that a category's code stands for.
  const std::string& category_value(size_t feature, size_t code) const;
  const std::vector<ColumnUse>& uses() const { return uses_; }

  /// The features of the frame's rows. A value that the training did not see is missing. The frame has the columns of
  /// sources(), by name.
  Matrix encode(const Frame& frame) const;
  /// The features of the very rows that fit() saw: target means out of fold.
  Matrix encode_training(const Frame& frame, const Rows& rows) const;
  /// For each row of the frame the sources (by index) whose value the training never saw.
  std::vector<std::vector<uint16_t>> unseen(const Frame& frame) const;

  Json to_json() const;
  static Features from_json(const Json& json);  ///< Error(data, FR0810)

 private:
  struct Category {
    std::unordered_map<std::string, uint32_t> codes;
    std::vector<std::string> values;
    std::vector<double> frequency;                ///< share of the training rows
    std::vector<std::vector<double>> means;       ///< by output, by value; empty where it is used as a category
    std::vector<double> overall;                  ///< by output
    std::vector<std::vector<double>> fold_means;  ///< only after fit(): by fold, by output * value
  };
  void add_column(const FrameColumn& column, const Rows& rows, ColumnUse& use);
  void add_text(const FrameColumn& column, const Rows& rows, ColumnUse& use);
  void add_number(const FrameColumn& column, const Rows& rows, ColumnUse& use);
  void add_time(const FrameColumn& column, const Rows& rows, ColumnUse& use);
  bool only_tells_time(const std::function<double(uint32_t row)>& value) const;
  void add_feature(const FrameColumn& column, Feature::Part part, int output = 0);
  void learn_means(const FrameColumn& column, const Rows& rows, Category& category) const;
  static std::vector<uint32_t> codes_in(const FrameColumn& column, const Category& category);
  Matrix encode_rows(const Frame& frame, const Rows* training) const;
  void fill_text(const FrameColumn& column, const Category& category, size_t feature, const Rows* training,
                 Matrix& x) const;

  std::vector<SourceColumn> sources_;
  std::vector<Feature> features_;
  std::vector<ColumnUse> uses_;
  std::vector<Category> categories_;  ///< as sources_; empty for what is no text
  std::map<std::string, int> monotone_;
  int outputs_ = 1;  ///< target means per value: 1, or one per class; 0 = there is no target
  // Only while fitting:
  const std::vector<double>* y_ = nullptr;
  uint64_t seed_ = 1;
  Rows by_time_;  ///< the training rows in the order of the split's time; empty = no such split
};

}  // namespace filrouge
