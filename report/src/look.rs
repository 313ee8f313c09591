//! How a series looks in a picture.

use crossover::sweep::{Regime, Series};

use super::drawing::{Color, Outline, PAPER, Paint};

/// What distinguishes a series from the others: colour, and shape for readers who do not see colours.
///
/// A backend's colour and shape stay its own. Away from the host its marker is hollow; where another line is usually near it,
/// that of the regime is dashed. Series that stay on the device have a colour and a shape of their own.
///
/// The colours are those of M. Okabe and K. Ito, "Color Universal Design", 2008.
#[derive(Clone, Debug)]
pub(super) struct Look {
    /// The class under which a style sheet may replace the colour.
    pub class: &'static str,
    pub color: Color,
    pub outline: Outline,
    /// The lengths of the line's dashes and of the gaps between them.
    pub dash: Option<(f64, f64)>,
    pub hollow: bool,
}

impl Look {
    pub fn of(series: Series) -> Self {
        let polygon = Outline::regular;
        let purple = Color(0xcc, 0x79, 0xa7);
        let (class, color, outline) = match (series.backend.name(), series.regime) {
            ("loop", _) => ("loop", Color(0x00, 0x00, 0x00), Outline::Circle(4.5)),
            ("simd", _) => ("simd", Color(0xe6, 0x9f, 0x00), polygon(4, 6.0, 0.125)),
            ("threads", _) => ("threads", Color(0x00, 0x72, 0xb2), polygon(4, 6.0, 0.0)),
            ("gpu", Regime::Resident) => ("resident", purple, Outline::Circle(4.5)),
            ("gpu", Regime::Scalar) => ("resident", purple, polygon(5, 5.5, -0.25)),
            ("gpu", _) => ("gpu", Color(0xd5, 0x5e, 0x00), polygon(3, 6.0, -0.25)),
            ("auto", _) => ("auto", Color(0x00, 0x9e, 0x73), polygon(3, 6.0, 0.25)),
            _ => ("other", Color(0x76, 0x7b, 0x82), polygon(6, 5.5, 0.0)),
        };
        let dash = match series.regime {
            Regime::Fresh => Some((7.0, 4.0)),
            Regime::Compute => Some((2.0, 3.0)),
            Regime::Scalar => Some((10.0, 4.0)),
            _ => None,
        };
        Look { class, color, outline, dash, hollow: series.regime != Regime::Host }
    }

    /// Returns the paint of the line.
    pub fn line(&self) -> Paint {
        Paint::line(self.color, 2.0).dashed(self.dash)
    }

    /// Returns the class and the paint of the markers.
    pub fn marker(&self) -> (&'static str, Paint) {
        let (class, filling, width) =
            if self.hollow { ("marks hollow", PAPER, 2.0) } else { ("marks", self.color, 1.0) };
        (class, Paint { stroke: Some((self.color, width)), ..Paint::filling(filling) })
    }
}

/// Returns the name of a series in attributes of SVG and HTML, without spaces: `gpu-resident`.
pub(super) fn key(series: Series) -> String {
    let name = Series { software: false, ..series }.to_string();
    name.chars().map(|each| if each.is_ascii_alphanumeric() { each } else { '-' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crossover::Kind;

    #[test]
    fn no_two_series_look_alike() {
        let all = Kind::ALL.into_iter().flat_map(|kind| Regime::ALL.map(|regime| (kind, regime)));
        let all = all.filter(|(kind, regime)| regime.is_of(*kind));
        let series = all.map(|(backend, regime)| Series { backend, regime, software: false });
        let mut looks: Vec<_> = series.clone().map(|each| format!("{:?}", Look::of(each))).collect();
        let mut keys: Vec<_> = series.map(key).collect();
        for names in [&mut looks, &mut keys] {
            names.sort();
            names.dedup();
            assert_eq!(names.len(), 12);
        }
    }
}
