// How one channel of a chart is drawn: type, scale, axis or legend, number format.
#pragma once

#include <map>
#include <string>

#include "charts/facts.h"
#include "charts/short_form.h"
#include "charts/theme.h"

namespace filrouge {

/// A channel with what is known of its column and how it will be shown.
struct DrawnChannel {
  Channel channel;
  ColumnFacts facts;
  std::string type;  ///< quantitative, temporal, ordinal, nominal
  std::string unit;
  bool is_computed = false;  ///< aggregate or bin are in the column already
  size_t tick_count = 6;     ///< about how many labels an axis of numbers has

  bool is_discrete() const { return type == "ordinal" || type == "nominal"; }
  double span() const { return facts.max - facts.min; }
};

using DrawnChannels = std::map<std::string, DrawnChannel>;  // by the name of the channel

/// The Vega-Lite type that suits the channel of this mark.
std::string channel_type(const std::string& mark, const Channel& channel, const ColumnFacts& facts);

/// The field and type of a channel, with its title; what the thread says in its own words wins.
Json channel_base(const DrawnChannel& drawn);
/// x or y: channel_base with scale and axis.
Json position_encoding(const DrawnChannel& drawn, const std::string& mark, Theme theme);
/// color, with scale and legend.
Json color_encoding(const DrawnChannel& drawn, const std::string& mark, Theme theme);

/// Whether the values may be added up, so that stacking them means something.
bool is_additive(const DrawnChannel& drawn);

/// `patch` over `base`, deep; unlike a merge patch a null stays (Vega-Lite's `legend: null`).
Json overlaid(Json base, const Json& patch);

}  // namespace filrouge
