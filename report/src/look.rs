//! How a series looks in the picture.

use crossover::Kind;
use crossover::sweep::Regime;
use plotters::prelude::*;

/// What tells a series from the others: colour, and shape for those who do not see it.
///
/// A backend's colour and shape stay its own. Away from the host its marker is hollow; where another line is near it as a
/// rule, that of the regime is dashed. What is on the device throughout has a colour and shape of its own, as for that many
/// people look at a GPU at all.
///
/// The colours are those of M. Okabe and K. Ito, "Color Universal Design", 2008.
#[derive(Clone, Copy)]
pub(super) struct Look {
    regime: Regime,
    pub color: RGBColor,
    shape: Shape,
}

#[derive(Clone, Copy, Debug)]
enum Shape {
    Circle,
    Square,
    Diamond,
    Triangle,
    /// A triangle that stands on its tip.
    Funnel,
    Ring,
    Pentagon,
}

impl Look {
    pub fn of(backend: Kind, regime: Regime) -> Self {
        let (vermilion, purple) = (RGBColor(0xd5, 0x5e, 0x00), RGBColor(0xcc, 0x79, 0xa7));
        let (color, shape) = match (backend, regime) {
            (Kind::Loop, _) => (RGBColor(0x00, 0x00, 0x00), Shape::Circle),
            (Kind::Simd, _) => (RGBColor(0xe6, 0x9f, 0x00), Shape::Square),
            (Kind::Threads, _) => (RGBColor(0x00, 0x72, 0xb2), Shape::Diamond),
            (Kind::Gpu, Regime::Resident) => (purple, Shape::Ring),
            (Kind::Gpu, Regime::Scalar) => (purple, Shape::Pentagon),
            (Kind::Gpu, _) => (vermilion, Shape::Triangle),
            (Kind::Auto, _) => (RGBColor(0x00, 0x9e, 0x73), Shape::Funnel),
            // A backend that came later than these colours.
            (_, _) => (RGBColor(0x66, 0x66, 0x66), Shape::Circle),
        };
        Look { regime, color, shape }
    }

    /// The lengths of the line's dashes and of the gaps between them, if it is not whole.
    pub fn dash(self) -> Option<(f64, f64)> {
        match self.regime {
            Regime::Fresh => Some((7.0, 4.0)),
            Regime::Compute => Some((2.0, 3.0)),
            Regime::Scalar => Some((10.0, 4.0)),
            _ => None,
        }
    }

    /// The outline of the marker, `right` units of length beside its place, closed.
    pub fn outline(self, right: f64, scale: f64) -> Vec<(i32, i32)> {
        let (corners, radius, turned) = match self.shape {
            Shape::Circle | Shape::Ring => (36, 4.5, 0.0),
            Shape::Square => (4, 6.0, 0.125),
            Shape::Diamond => (4, 6.0, 0.0),
            Shape::Triangle => (3, 6.0, -0.25),
            Shape::Funnel => (3, 6.0, 0.25),
            Shape::Pentagon => (5, 5.5, -0.25),
        };
        let corner = |index: usize| {
            let (sin, cos) = (std::f64::consts::TAU * (turned + index as f64 / f64::from(corners))).sin_cos();
            (((right + radius * cos) * scale).round() as i32, (radius * sin * scale).round() as i32)
        };
        (0..=corners as usize).map(corner).collect()
    }

    fn is_hollow(self) -> bool {
        self.regime != Regime::Host
    }

    /// The line around the marker.
    pub fn edge(self, scale: f64) -> ShapeStyle {
        let width = if self.is_hollow() { 2.0 } else { 1.0 };
        self.color.stroke_width((width * scale) as u32)
    }

    pub fn filling(self) -> ShapeStyle {
        if self.is_hollow() { WHITE.filled() } else { self.color.filled() }
    }
}

/// A series' colour as HTML writes it, its marker's name and its dashes as SVG has them: for the page, which has them from
/// elsewhere.
#[cfg(test)]
pub(super) fn look(backend: Kind, regime: Regime) -> (String, String, String) {
    let look = Look::of(backend, regime);
    let RGBColor(red, green, blue) = look.color;
    let dash = look.dash().map_or(String::new(), |(dash, gap)| format!("{dash} {gap}"));
    (format!("#{red:02x}{green:02x}{blue:02x}"), format!("{:?}", look.shape).to_lowercase(), dash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_series_look_alike() {
        let all = Kind::ALL.into_iter().flat_map(|kind| Regime::ALL.map(|regime| (kind, regime)));
        let mut looks: Vec<_> =
            all.filter(|(kind, regime)| regime.is_of(*kind)).map(|(kind, regime)| look(kind, regime)).collect();
        let count = looks.len();
        looks.sort();
        looks.dedup();
        assert_eq!((looks.len(), count), (12, 12));
    }
}
