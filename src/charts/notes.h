// What a careful friend would say about a chart before it is shown around.
#pragma once

#include <string>
#include <vector>

#include "charts/encoding.h"

namespace filrouge {

std::vector<std::string> chart_notes(const std::string& mark, const DrawnChannels& channels, const ChartTable& table);

}  // namespace filrouge
