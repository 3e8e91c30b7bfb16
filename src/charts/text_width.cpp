#include "charts/text_width.h"

#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/text.h"

namespace filrouge {
namespace {

struct WidthBlock {
  char32_t first, last;
  const uint16_t* regular;
  const uint16_t* bold;
};
#include "charts/font_widths.inc"

constexpr double kUnknownLetterEm = 0.556;  // the width of a digit, near the mean of a text

/// Bytes of the UTF-8 sequence that starts with `lead`; 1 for a byte that cannot start one.
size_t sequence_length(unsigned char lead) {
  return lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
}

char32_t decode(std::string_view letter) {
  if (letter.size() == 1) return static_cast<unsigned char>(letter[0]);
  char32_t code = static_cast<unsigned char>(letter[0]) & (0x7Fu >> letter.size());
  for (char byte : letter.substr(1)) code = code << 6 | (static_cast<unsigned char>(byte) & 0x3Fu);
  return code;
}

double letter_width(std::string_view letter, bool bold) {
  const char32_t code = decode(letter);
  for (const WidthBlock& block : kWidthBlocks) {
    if (code < block.first || code > block.last) continue;
    const uint16_t width = (bold ? block.bold : block.regular)[code - block.first];
    if (width) return width / 1000.0;
  }
  const size_t cells = display_width(letter);
  return cells == 2 ? 1.0 : cells == 0 ? 0.0 : kUnknownLetterEm;
}

}  // namespace

double text_width(std::string_view text, bool bold) {
  double width = 0;
  while (!text.empty()) {
    const size_t length = std::min(sequence_length(static_cast<unsigned char>(text[0])), text.size());
    width += letter_width(text.substr(0, length), bold);
    text.remove_prefix(length);
  }
  return width;
}

bool is_bold(std::string_view font_weight) {
  return font_weight == "bold" || font_weight == "bolder" || std::atoi(std::string(font_weight).c_str()) >= 600;
}

}  // namespace filrouge
