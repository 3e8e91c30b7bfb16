// How wide a text is when it is drawn in kChartFont: a chart must leave room for its labels before anything is drawn,
// and there is no browser to ask.
#pragma once

#include <string_view>

namespace filrouge {

/// The fonts of every chart. The first three have the same advance widths, so a picture looks the same wherever one is
/// installed.
inline constexpr const char* kChartFont = "Arial, Helvetica, 'Liberation Sans', sans-serif";

/// The sum of the advance widths, in em (times the font size = pixels). Without kerning, as SVG viewers may or may not
/// apply it. Exact for Latin, Greek, Cyrillic and common signs; 1 em for wide East Asian characters, 0 for combining
/// marks.
double text_width(std::string_view text, bool bold);

/// Whether a CSS font-weight ("bold", "600", "normal") is drawn with the bold font.
bool is_bold(std::string_view font_weight);

}  // namespace filrouge
