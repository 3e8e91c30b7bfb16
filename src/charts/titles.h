// The words on a chart: column names made readable, units, titles in lines that fit.
#pragma once

#include <string>
#include <vector>

#include "charts/short_form.h"

namespace filrouge {

/// "share_late" -> "share late"; a known unit at the end goes into brackets: "distance_km" -> "distance (km)".
std::string readable(const std::string& column);

/// What stands at an axis or legend: "mean arr delay (min)". `unit` may be empty.
std::string channel_title(const Channel& channel, const std::string& unit);

/// What the chart shows, for a thread that gives no title: "Mean arr delay by hour and carrier". `x_is_measure`: bars
/// that lie.
std::string natural_title(const ShortForm& form, bool x_is_measure);

/// `text` in lines of at most `width` pixels, broken at blanks; a word that is longer stays whole.
std::vector<std::string> wrap(const std::string& text, double font_size, bool bold, double width);

/// Whether values of this name between 0 and 1 are shares, to be shown as percent.
bool names_a_share(const std::string& column);
/// Whether whole numbers of this name are years, to be shown without a thousands separator.
bool names_a_year(const std::string& column);

/// Names of months or weekdays in order, when all `labels` are such (English, long or short); otherwise nothing.
std::vector<std::string> calendar_order(const std::vector<std::string>& labels);

}  // namespace filrouge
