#!/usr/bin/env python3
"""Prints src/charts/font_widths.inc: advance widths of Liberation Sans (the same as Arial's), in 1/1000 em.

    tools/font_widths.py /usr/share/fonts/truetype/liberation > src/charts/font_widths.inc
"""
import struct
import sys

BLOCKS = [(0x20, 0x24F), (0x370, 0x3FF), (0x400, 0x45F), (0x490, 0x4F9), (0x1E00, 0x1EFF), (0x2010, 0x2044), (0x2070, 0x20BF),
          (0x2100, 0x214F), (0x2190, 0x2199), (0x2200, 0x22EF), (0x25A0, 0x25FF)]


def tables(font):
    count = struct.unpack(">H", font[4:6])[0]
    for i in range(count):
        tag, _, offset, length = struct.unpack(">4sIII", font[12 + 16 * i:28 + 16 * i])
        yield tag.decode(), font[offset:offset + length]


def glyphs(cmap):
    """Code point -> glyph number, from the format 4 subtable for Unicode (OpenType, section cmap)."""
    count = struct.unpack(">H", cmap[2:4])[0]
    for i in range(count):
        platform, encoding, offset = struct.unpack(">HHI", cmap[4 + 8 * i:12 + 8 * i])
        sub = cmap[offset:]
        if (platform, encoding) == (3, 1) and struct.unpack(">H", sub[:2])[0] == 4:
            break
    else:
        raise SystemExit("no Unicode subtable of format 4")
    segments = struct.unpack(">H", sub[6:8])[0] // 2
    words = lambda at, sign="H": struct.unpack(">%d%s" % (segments, sign), sub[at:at + 2 * segments])
    ends, starts = words(14), words(16 + 2 * segments)
    deltas, offsets = words(16 + 4 * segments, "h"), words(16 + 6 * segments)
    found = {}
    for i in range(segments):
        for code in range(starts[i], ends[i] + 1):
            if offsets[i] == 0:
                glyph = (code + deltas[i]) & 0xFFFF
            else:
                at = 16 + 6 * segments + 2 * i + offsets[i] + 2 * (code - starts[i])
                glyph = struct.unpack(">H", sub[at:at + 2])[0]
                glyph = (glyph + deltas[i]) & 0xFFFF if glyph else 0
            if glyph:
                found[code] = glyph
    return found


def widths(path):
    """Code point -> advance width in 1/1000 em; 0 where the font lacks the character."""
    with open(path, "rb") as file:
        parts = dict(tables(file.read()))
    em = struct.unpack(">H", parts["head"][18:20])[0]
    metrics = struct.unpack(">H", parts["hhea"][34:36])[0]
    advances = [struct.unpack(">H", parts["hmtx"][4 * i:4 * i + 2])[0] for i in range(metrics)]
    return {code: round(1000 * advances[min(glyph, metrics - 1)] / em) for code, glyph in glyphs(parts["cmap"]).items()}


def main():
    folder = sys.argv[1]
    fonts = [widths(f"{folder}/LiberationSans-{face}.ttf") for face in ("Regular", "Bold")]
    print("// Made by tools/font_widths.py: advance widths in 1/1000 em, 0 where the font has no such character.")
    for number, (first, last) in enumerate(BLOCKS):
        for face, font in zip(("regular", "bold"), fonts):
            values = [str(font.get(code, 0)) for code in range(first, last + 1)]
            print(f"constexpr uint16_t k_{face}_{number}[] = {{")
            for at in range(0, len(values), 24):
                print("    " + ", ".join(values[at:at + 24]) + ",")
            print("};")
    print("constexpr WidthBlock kWidthBlocks[] = {")
    for number, (first, last) in enumerate(BLOCKS):
        print(f"    {{0x{first:04X}, 0x{last:04X}, k_regular_{number}, k_bold_{number}}},")
    print("};")


main()
