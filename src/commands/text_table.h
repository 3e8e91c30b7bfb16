// Tables as text, for people: aligned by what a terminal shows, numbers to the right, cut to the terminal's width.
// All commands that print more than one thing a line print through this.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"

namespace filrouge {

struct TextColumn {
  std::string title;
  std::string type = "";  ///< stands below the title; no such line where all are empty
  bool right = false;     ///< numbers
};

struct TextCell {
  TextCell(std::string t = "", bool g = false) : text(std::move(t)), grey(g) {}  // NOLINT: cells are written as texts
  TextCell(const char* t) : text(t) {}                                           // NOLINT
  std::string text;
  bool grey = false;  ///< NULL, and what matters less
};

struct TextStyle {
  size_t width = 0;    ///< columns of the terminal; 0 = as wide as it gets
  bool color = false;  ///< ANSI escapes
  size_t indent = 0;
};

/// For standard output as it is: a terminal's width (or $COLUMNS where set), no limit when piped.
TextStyle output_style();

class TextTable {
 public:
  explicit TextTable(std::vector<TextColumn> columns) : columns_(std::move(columns)) {}

  /// One cell per column; missing ones are empty.
  void add(std::vector<TextCell> cells);
  bool empty() const { return rows_.empty(); }

  struct Drawn {
    std::string text;                 ///< lines, each with its newline
    std::vector<std::string> hidden;  ///< titles of the columns that found no room, the last ones
  };
  /// Where it is too wide, texts are cut (with an ellipsis) down to 12 columns, widest first, then columns left out.
  Drawn draw(const TextStyle& style) const;

 private:
  std::vector<size_t> widths() const;
  std::string line(const std::vector<TextCell>& cells, const std::vector<size_t>& widths, const TextStyle& style) const;

  std::vector<TextColumn> columns_;
  std::vector<std::vector<TextCell>> rows_;
};

/// A table from an answer of the engine: {columns: [{name, type}], rows: [[..]]}.
TextTable table_of(const Json& answer);

/// One value as a person reads it; NULL is grey.
TextCell cell_of(const Json& value);

bool is_number_type(const std::string& type);

/// `text` on one line without control characters, cut to `width` columns of a terminal.
std::string fit(const std::string& text, size_t width);

/// `text` broken between words into lines of at most `width`, joined by newline and `indent` blanks.
std::string wrap(const std::string& text, size_t width, size_t indent);

/// A line "  values  flights.tailnum, planes.year": the label in `label_width` columns, the text wrapped below itself.
/// Nothing for an empty text.
std::string labelled(const std::string& label, size_t label_width, const std::string& text);

/// "\x1b[90m" + text + "\x1b[0m" when `color`.
std::string grey(const std::string& text, bool color);
std::string bold(const std::string& text, bool color);

/// "2026-11-24T16:26:47Z" -> "2026-11-24 16:26:47".
std::string short_time(const std::string& iso);

}  // namespace filrouge
