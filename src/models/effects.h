// Contributions by bin of a column's values, and accumulated local effects: the second half of explanation.h.
#pragma once

#include "models/explanation.h"
#include "models/moments.h"

namespace filrouge {

class Effects {
 public:
  /// Chooses bins from the values of a first block, and computes the accumulated local effects on some of its rows.
  Effects(const Model& model, const Frame& frame, const Matrix& x);
  /// `by_feature` and `by_source` as Model::feature_contributions and Model::fold give them.
  void add(const Frame& frame, const Matrix& x, const std::vector<double>& by_feature,
           const std::vector<double>& by_source);
  std::vector<EffectBin> bins() const;

 private:
  /// What is binned: a number or text column, or one part of a time.
  struct Item {
    size_t source = 0;
    size_t feature = 0;  ///< of a number, or of the part
    bool is_text = false, is_part = false;
    std::vector<double> edges;        ///< numbers: bin k holds [edges[k], edges[k + 1]), the last one its end too
    std::vector<std::string> values;  ///< texts: the commonest; all others share one bin more
    std::vector<double> accumulated;  ///< per bin and output
    std::vector<Moments> sums;        ///< (bins + 1) * outputs; the last bin is "missing"
    size_t num_bins() const { return is_text ? values.size() + 1 : edges.size() - 1; }
  };
  void add_number(size_t source, size_t feature, bool is_part, const Matrix& x);
  void add_text(size_t source, const FrameColumn& column);
  void accumulate(Item& item, const Matrix& x) const;
  size_t bin_of(const Item& item, double value) const;
  EffectBin describe(const Item& item, size_t bin, size_t output) const;

  const Model& model_;
  std::vector<Item> items_;
};

}  // namespace filrouge
