// docs/metrics.md, from the tables of metrics and of fairness criteria. A test compares the page with the file.
#pragma once

#include <string>

namespace filrouge {

std::string metrics_page();

}  // namespace filrouge
