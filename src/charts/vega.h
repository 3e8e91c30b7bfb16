// Charts without a browser: Vega-Lite and Vega run in an embedded JavaScript interpreter and draw SVG.
// The only file that knows QuickJS is vega.cpp, the only one that knows librsvg is png.cpp.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "base/json.h"

namespace filrouge {

/// Draws a complete Vega-Lite specification (data included as `data.values`) as one SVG document. Deterministic: same
/// specification, same bytes, on any machine and in any time zone (local time is UTC). No network, no file access. At
/// most `time_limit` of CPU time and 1 GiB of script memory. `warnings`, where given, takes what Vega itself warns of
/// ("... dropping ..."). Throws Error(user): FR0420 with Vega's own words when the specification is wrong, FR0422 for
/// data by `url`, FR0423 when time or memory run out. Calls from several threads wait for each other; the interpreter
/// stays loaded between them.
std::string draw_svg(const Json& vega_lite, std::vector<std::string>* warnings = nullptr,
                     std::chrono::milliseconds time_limit = std::chrono::seconds(30));

/// Loads the interpreter and Vega ahead of time, so that the first chart does not pay for it.
void warm_up_charts();

/// The PNG of an SVG, `scale` pixels per SVG unit, through librsvg loaded at run time.
/// Throws Error(environment): FR0421 that says what to install where it is missing, FR0424 when the picture cannot be
/// drawn or written.
void write_png(const std::string& svg, double scale, const std::filesystem::path& path);

}  // namespace filrouge
