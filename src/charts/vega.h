// Charts without a browser: Vega-Lite and Vega run in an embedded JavaScript interpreter and draw SVG.
// The only file that knows QuickJS is vega.cpp.
#pragma once

#include <filesystem>
#include <string>

#include "base/json.h"

namespace filrouge {

/// Draws a complete Vega-Lite specification (data included as `data.values`) as one SVG document. Deterministic: same
/// specification, same bytes. No network, no file access: `data.url` is refused. At most 30 s and 1 GiB of script
/// memory. Throws Error(user, FR0420) with Vega's own words when the specification is wrong. Not thread-safe; the
/// interpreter stays loaded between calls of one thread.
std::string draw_svg(const Json& vega_lite);

/// Loads the interpreter and Vega ahead of time (about 0.1 s), so that the first chart does not pay for it.
void warm_up_charts();

/// The PNG of an SVG, `scale` pixels per SVG unit, through librsvg loaded at run time.
/// Throws Error(environment, FR0421) that says what to install where it is missing.
void write_png(const std::string& svg, double scale, const std::filesystem::path& path);

}  // namespace filrouge
