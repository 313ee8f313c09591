//! A picture as PNG.

use std::io;

use tiny_skia::{
    Color as Pixel, FillRule, LineJoin, Paint as Brush, Path, PathBuilder, Pixmap, Stroke, StrokeDash, Transform,
};
use ttf_parser::OutlineBuilder;

use super::drawing::{Color, Drawing, Node, Outline, Paint, Point, Text};
use super::font::{face, glyphs};

/// Pixels for each unit of length: twice as large, for screens with small pixels.
const SCALE: f32 = 2.0;

impl Drawing {
    /// Writes what is not hidden as PNG.
    ///
    /// # Errors
    ///
    /// Any error of the writer.
    pub fn png(&self, to: impl io::Write) -> io::Result<()> {
        let [width, height] = [self.width, self.height].map(|length| (length as f32 * SCALE).round() as u32);
        let mut canvas = Pixmap::new(width, height).ok_or_else(|| io::Error::other("the picture has no size"))?;
        canvas.fill(Pixel::WHITE);
        draw_all(&self.nodes, &mut canvas, Transform::from_scale(SCALE, SCALE));
        encode(&canvas, to)
    }
}

fn encode(canvas: &Pixmap, to: impl io::Write) -> io::Result<()> {
    // The paper is opaque, so no pixel is transparent.
    let pixels: Vec<u8> = canvas.data().chunks_exact(4).flat_map(|rgba| [rgba[0], rgba[1], rgba[2]]).collect();
    let mut encoder = png::Encoder::new(to, canvas.width(), canvas.height());
    encoder.set_color(png::ColorType::Rgb);
    // Rows of lines on plain paper compress best as they are.
    encoder.set_filter(png::FilterType::NoFilter);
    encoder.set_compression(png::Compression::Default);
    // The writer's own error, without the encoder's words around it.
    let plain = |error| match error {
        png::EncodingError::IoError(error) => error,
        other => io::Error::other(other),
    };
    let mut writer = encoder.write_header().map_err(plain)?;
    writer.write_image_data(&pixels).and_then(|()| writer.finish()).map_err(plain)
}

fn draw_all(nodes: &[Node], canvas: &mut Pixmap, place: Transform) {
    for node in nodes {
        match node {
            Node::Group(group) if group.hidden => {}
            Node::Group(group) => {
                draw_all(&group.nodes, canvas, place.pre_translate(group.at.0 as f32, group.at.1 as f32));
            }
            Node::Path { paint, lines, closed, .. } => draw(polyline(lines, *closed), *paint, canvas, place),
            Node::Marks { paint, outline, spots, .. } => {
                for spot in spots {
                    let place = place.pre_translate(spot.at.0 as f32, spot.at.1 as f32);
                    draw(outlined(outline), *paint, canvas, place);
                }
            }
            Node::Text(text) => draw_text(text, canvas, place),
        }
    }
}

fn draw(path: Option<Path>, paint: Paint, canvas: &mut Pixmap, place: Transform) {
    let Some(path) = path else { return };
    if let Some(color) = paint.fill {
        canvas.fill_path(&path, &brush(color, paint.opacity), FillRule::Winding, place, None);
    }
    if let Some((color, width)) = paint.stroke {
        let dash = paint.dash.and_then(|(dash, gap)| StrokeDash::new(vec![dash as f32, gap as f32], 0.0));
        let stroke = Stroke { width: width as f32, dash, line_join: LineJoin::Round, ..Stroke::default() };
        canvas.stroke_path(&path, &brush(color, paint.opacity), &stroke, place, None);
    }
}

fn brush(Color(red, green, blue): Color, opacity: f64) -> Brush<'static> {
    let mut brush = Brush { anti_alias: true, ..Brush::default() };
    brush.set_color_rgba8(red, green, blue, (255.0 * opacity).round() as u8);
    brush
}

fn polyline(lines: &[Vec<Point>], closed: bool) -> Option<Path> {
    let mut path = PathBuilder::new();
    for line in lines {
        for (index, (x, y)) in line.iter().map(|(x, y)| (*x as f32, *y as f32)).enumerate() {
            if index == 0 { path.move_to(x, y) } else { path.line_to(x, y) }
        }
        if closed {
            path.close();
        }
    }
    path.finish()
}

fn outlined(outline: &Outline) -> Option<Path> {
    match outline {
        Outline::Circle(radius) => PathBuilder::from_circle(0.0, 0.0, *radius as f32),
        Outline::Polygon(corners) => polyline(std::slice::from_ref(corners), true),
    }
}

fn draw_text(text: &Text, canvas: &mut Pixmap, place: Transform) {
    let Some(face) = face(text.bold) else { return };
    let scale = text.size as f32 / f32::from(face.units_per_em());
    let place = place.pre_translate(text.left() as f32, text.at.1 as f32).pre_scale(scale, -scale);
    let mut outline = Glyph { path: PathBuilder::new(), left: 0.0 };
    for (glyph, left) in glyphs(face, &text.text).0 {
        outline.left = left as f32;
        face.outline_glyph(glyph, &mut outline);
    }
    draw(outline.path.finish(), Paint::filling(text.color), canvas, place);
}

/// Adds a glyph to a path, `left` units from the text's left end.
struct Glyph {
    path: PathBuilder,
    left: f32,
}

impl OutlineBuilder for Glyph {
    fn move_to(&mut self, x: f32, y: f32) {
        self.path.move_to(self.left + x, y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.path.line_to(self.left + x, y);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        self.path.quad_to(self.left + x1, y1, self.left + x, y);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        self.path.cubic_to(self.left + x1, y1, self.left + x2, y2, self.left + x, y);
    }

    fn close(&mut self) {
        self.path.close();
    }
}
