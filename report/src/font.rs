//! The font of the pictures, DejaVu Sans, which comes with the build: the machine needs no fonts.

use std::sync::LazyLock;

use ttf_parser::{Face, GlyphId};

static FACES: LazyLock<[Option<Face<'static>>; 2]> =
    LazyLock::new(|| [dejavu::sans::regular(), dejavu::sans::bold()].map(|data| Face::parse(data, 0).ok()));

/// Returns the font, or `None` if the build's own cannot be read.
pub(super) fn face(bold: bool) -> Option<&'static Face<'static>> {
    FACES[usize::from(bold)].as_ref()
}

/// Returns each glyph of a text with its distance from the text's left end, in the font's units, and the text's whole width.
pub(super) fn glyphs(face: &Face<'_>, text: &str) -> (Vec<(GlyphId, u32)>, u32) {
    let mut right = 0;
    let placed = text.chars().map(|each| {
        // Glyph 0 is the box of a character that the font lacks.
        let (glyph, left) = (face.glyph_index(each).unwrap_or(GlyphId(0)), right);
        right += u32::from(face.glyph_hor_advance(glyph).unwrap_or(0));
        (glyph, left)
    });
    (placed.collect(), right)
}

/// Returns the width of a text. A reader of an SVG may have another font; most are narrower than this one.
pub(super) fn width_of(text: &str, size: f64, bold: bool) -> f64 {
    let units = face(bold).map(|face| f64::from(glyphs(face, text).1) / f64::from(face.units_per_em()));
    units.unwrap_or(0.6 * text.chars().count() as f64) * size
}

/// Returns a text, or as much of its beginning as fits a width.
pub(super) fn fitted(text: &str, size: f64, width: f64) -> String {
    if width_of(text, size, false) <= width {
        return text.to_owned();
    }
    let room = width - width_of("…", size, false);
    let mut taken = 0.0;
    let short: String = text
        .chars()
        .take_while(|each| {
            taken += width_of(each.encode_utf8(&mut [0; 4]), size, false);
            taken <= room
        })
        .collect();
    format!("{}…", short.trim_end())
}

/// Breaks a text at `separator` into lines that fit a width, where no part is wider.
pub(super) fn lines(text: &str, separator: &str, size: f64, width: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for part in text.split(separator) {
        match lines.last_mut() {
            Some(line) if width_of(&format!("{line}{separator}{part}"), size, false) <= width => {
                line.extend([separator, part]);
            }
            _ => lines.push(part.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_are_those_of_the_font() {
        let em = |text| width_of(text, 1.0, false);
        assert!((em("mm") / em("m") - 2.0).abs() < 1e-9 && em("i") < em("m"));
        assert!(width_of("m", 10.0, true) > 10.0 * em("m"));
    }

    #[test]
    fn long_texts_are_cut_or_broken_between_their_parts() {
        let wide = width_of("one · two", 14.0, false);
        assert_eq!(lines("one · two · three", " · ", 14.0, wide), ["one · two", "three"]);
        assert_eq!(fitted("one · two", 14.0, wide), "one · two");
        assert_eq!(fitted("one · twenty", 14.0, wide), "one · t…");
    }
}
