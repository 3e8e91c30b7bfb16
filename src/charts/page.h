// A page about something, in one HTML file that needs nothing else: no script, no network, no font of its own; light
// and dark as the reader's system says, and fit to be printed. Everything given as text is escaped here.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace filrouge {

/// & < > " ' as HTML writes them.
std::string html_text(std::string_view text);
/// The same, with what stands between `backticks` in <code>.
std::string html_words(std::string_view text);

struct PageColumn {
  std::string title;
  bool is_number = false;  ///< set to the right, digits of one width
};
/// Cells are texts; the first of a row is its heading. Empty for a table without rows.
std::string html_table(const std::string& caption, const std::vector<PageColumn>& columns,
                       const std::vector<std::vector<std::string>>& rows);

/// A term and what is said of it, one line each; lines that say nothing are left out.
std::string html_facts(const std::vector<std::pair<std::string, std::string>>& facts);

std::string html_list(const std::vector<std::string>& lines);

/// A picture drawn here and now: `vega_lite` without data and theme, `rows` its data. `alt` says in words what is to be
/// seen. Colours follow the page into the dark. Throws as draw_svg().
std::string html_figure(Json vega_lite, const Json& rows, const std::string& alt, const std::string& caption = "");

class Page {
 public:
  /// `lead`: a sentence below the title.
  Page(std::string title, std::string lead) : title_(std::move(title)), lead_(std::move(lead)) {}
  /// `body` is HTML. A section without one is left out.
  void add(const std::string& heading, const std::string& body);
  /// The whole file.
  std::string html() const;

 private:
  std::string title_, lead_, nav_, sections_;
  size_t count_ = 0;
};

}  // namespace filrouge
