//! A result as text, laid out as numpy's `print` does: in full up to 1000 elements, else the edges of each dimension.
//!
//! Every number has the shortest digits that read back as the same `f32`, as with numpy's print option
//! `floatmode='unique'`.

use npyz::Order;

use super::layout::Layout;

/// More elements than this are summarised.
const FULL: u64 = 1000;
/// How many elements are shown at each end of a dimension that is summarised.
const EDGE: u64 = 3;
/// How long a line may be.
const WIDTH: usize = 75;

/// Gathers the elements that are shown, out of all those that pass.
pub struct Summary {
    layout: Layout,
    condition: bool,
    summarised: bool,
    /// The shown elements so far, in the order in which the result is stored.
    shown: Vec<f32>,
    /// The number of the next element to be shown.
    next: Option<u64>,
}

impl Summary {
    pub fn new(layout: Layout, condition: bool) -> Summary {
        let summarised = layout.elements().is_none_or(|elements| elements > FULL);
        let mut summary = Summary { layout, condition, summarised, shown: Vec::new(), next: None };
        summary.next = summary.place();
        summary
    }

    /// Takes the elements from number `from` on.
    pub fn take(&mut self, from: u64, values: &[f32]) {
        while let Some(&value) = self.next.and_then(|next| values.get(next.checked_sub(from)? as usize)) {
            self.shown.push(value);
            self.next = self.place();
        }
    }

    /// How many elements along a dimension are shown.
    fn kept(&self, extent: u64) -> u64 {
        if self.summarised { extent.min(2 * EDGE) } else { extent }
    }

    /// The number, among all elements, of the next to be shown.
    fn place(&self) -> Option<u64> {
        let (mut rest, mut place, mut stride) = (self.shown.len() as u64, 0, 1);
        let mut walk = |extent: u64| {
            let kept = self.kept(extent);
            if kept == 0 {
                return;
            }
            let (index, omitted) = (rest % kept, extent - kept);
            place += stride * if index < EDGE { index } else { index + omitted };
            rest /= kept;
            stride *= extent;
        };
        match self.layout.order {
            Order::C => self.layout.shape.iter().rev().for_each(|extent| walk(*extent)),
            Order::Fortran => self.layout.shape.iter().for_each(|extent| walk(*extent)),
        }
        let empty = self.layout.shape.contains(&0);
        (rest == 0 && !empty).then_some(place)
    }

    /// The text, when all elements have passed.
    pub fn text(self) -> String {
        let words = match (&self.shown[..], self.condition) {
            ([], _) => return "[]".to_owned(),
            ([one], false) if self.layout.shape.is_empty() => return number(*one),
            ([one], true) if self.layout.shape.is_empty() => return truth(*one).to_owned(),
            (values, true) => values.iter().map(|value| format!("{:>5}", truth(*value))).collect(),
            (values, false) => aligned(values),
        };
        let mut strides = vec![0; self.layout.shape.len()];
        let mut stride = 1;
        let mut set = |axis: usize| {
            strides[axis] = stride;
            stride *= self.kept(self.layout.shape[axis]) as usize;
        };
        match self.layout.order {
            Order::C => (0..self.layout.shape.len()).rev().for_each(&mut set),
            Order::Fortran => (0..self.layout.shape.len()).for_each(&mut set),
        }
        Bracketed { summary: &self, words, strides }.axis(0, 0)
    }
}

/// A condition as text, as Python writes it.
pub fn truth(value: f32) -> &'static str {
    if value == 0.0 { "False" } else { "True" }
}

/// One number as text, as numpy writes a float32.
pub fn number(value: f32) -> String {
    match value.abs() {
        nan if nan.is_nan() => "nan".to_owned(),
        inf if inf.is_infinite() => value.to_string(),
        // As numpy, which compares in f64: the f32 nearest to 1e-4 is smaller.
        size if size != 0.0 && !(1e-4..1e6).contains(&f64::from(size)) => {
            let (mantissa, exponent) = scientific(value, None);
            format!("{mantissa}{exponent}")
        }
        _ if value.fract() == 0.0 => format!("{value}.0"),
        _ => value.to_string(),
    }
}

/// Mantissa and exponent, with the shortest digits or with so many behind the point.
fn scientific(value: f32, digits: Option<usize>) -> (String, String) {
    let text = digits.map_or_else(|| format!("{value:e}"), |digits| format!("{value:.digits$e}"));
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |exponent| ('-', exponent));
    (mantissa.to_owned(), format!("e{sign}{exponent:0>2}"))
}

/// The numbers as words of one width, their points below each other.
fn aligned(values: &[f32]) -> Vec<String> {
    let finite = || values.iter().copied().filter(|value| value.is_finite());
    let sizes = || finite().map(f32::abs).filter(|size| *size != 0.0);
    let (low, high) = (sizes().fold(f32::INFINITY, f32::min), sizes().fold(0.0, f32::max));
    // numpy's rule for a float32.
    let exponents = high > 0.0 && (high >= 1e6 || low < 1e-4 || high / low > 1000.0);
    let halves = |text: &str| text.split_once('.').map_or((text.len(), 0), |(left, right)| (left.len(), right.len()));
    let texts = finite().map(|value| if exponents { scientific(value, None).0 } else { value.to_string() });
    let (left, right) =
        texts.map(|text| halves(&text)).fold((0, 0), |(a, b), (left, right)| (a.max(left), b.max(right)));
    let tail = if exponents { "e+00".len() } else { 0 };
    // What is not finite ends where the others end.
    let longest = values.iter().filter(|value| !value.is_finite()).map(|value| number(*value).len()).max();
    let width = (left + 1 + right + tail).max(longest.unwrap_or(0));
    let left = width - (1 + right + tail);
    let word = |value: f32| {
        if !value.is_finite() {
            return format!("{:>width$}", number(value));
        }
        let (mut text, exponent) =
            if exponents { scientific(value, Some(right)) } else { (value.to_string(), String::new()) };
        if !text.contains('.') {
            text.push('.');
        }
        let begin = halves(&text).0;
        format!(
            "{:pad$}{text}{exponent}{:end$}",
            "",
            "",
            pad = left - begin,
            end = width - tail - (left - begin) - text.len()
        )
    };
    values.iter().map(|value| word(*value)).collect()
}

/// The words in nested brackets, as numpy's `_formatArray` arranges them.
struct Bracketed<'s> {
    summary: &'s Summary,
    words: Vec<String>,
    /// How far apart the words of each dimension are.
    strides: Vec<usize>,
}

impl Bracketed<'_> {
    /// The text of one dimension, from a word on.
    fn axis(&self, axis: usize, from: usize) -> String {
        let extent = self.summary.layout.shape[axis];
        let kept = self.summary.kept(extent);
        let inner = axis + 1 == self.summary.layout.shape.len();
        let indent = " ".repeat(axis + 1);
        // The brackets that close behind a line are kept free.
        let room = WIDTH - (axis + 1).min(WIDTH);
        let (mut text, mut line) = (String::from("["), indent.clone());
        for index in 0..kept {
            if index == EDGE && kept < extent {
                if inner {
                    wrap(&mut text, &mut line, "...", room, &indent);
                    line.push(' ');
                } else {
                    text.push_str(&format!("{indent}...{}", self.between(axis)));
                }
            }
            let at = from + index as usize * self.strides[axis];
            if inner {
                wrap(&mut text, &mut line, &self.words[at], room, &indent);
                line.push_str(if index + 1 < kept { " " } else { "" });
            } else {
                let lead = if index == 0 { "" } else { &indent };
                let behind = if index + 1 < kept { self.between(axis) } else { String::new() };
                text.push_str(&format!("{lead}{}{behind}", self.axis(axis + 1, at)));
            }
        }
        if inner {
            text.push_str(&line);
            // The first line's indent is the bracket itself.
            text.drain(1..1 + indent.len());
        }
        text.push(']');
        text
    }

    /// What separates the parts of a dimension: the more lines, the further out it is.
    fn between(&self, axis: usize) -> String {
        "\n".repeat(self.summary.layout.shape.len() - axis - 1)
    }
}

/// Adds a word to the line, on a new one where it does not fit.
fn wrap(text: &mut String, line: &mut String, word: &str, room: usize, indent: &str) {
    if line.len() + word.len() > room && line.len() > indent.len() {
        text.push_str(line.trim_end());
        text.push('\n');
        *line = indent.to_owned();
    }
    line.push_str(word);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(shape: &[u64], order: Order, condition: bool, values: &[f32]) -> String {
        let mut summary = Summary::new(Layout { shape: shape.to_vec(), order }, condition);
        for (part, values) in values.chunks(7).enumerate() {
            summary.take(part as u64 * 7, values);
        }
        summary.text()
    }

    /// What numpy prints with `floatmode='unique'`.
    #[test]
    fn numbers_are_laid_out_as_numpys() {
        let line = |values: &[f32]| text(&[values.len() as u64], Order::C, false, values);
        assert_eq!(line(&[1.0, 2.25, -3.5]), "[ 1.    2.25 -3.5 ]");
        assert_eq!(line(&[0.1, 1.2345678e-7]), "[1.0000000e-01 1.2345679e-07]");
        assert_eq!(line(&[1e6]), "[1.e+06]");
        assert_eq!(line(&[999_999.0]), "[999999.]");
        assert_eq!(line(&[1.0, f32::NAN, f32::NEG_INFINITY]), "[  1.  nan -inf]");
        assert_eq!(line(&[f32::NAN, f32::INFINITY]), "[nan inf]");
        assert_eq!(line(&[0.0, 1e-5]), "[0.e+00 1.e-05]");
        assert_eq!(line(&[]), "[]");
        assert_eq!(text(&[2, 0, 3], Order::C, false, &[]), "[]");
        assert_eq!(text(&[3], Order::C, true, &[1.0, 0.0, 1.0]), "[ True False  True]");
    }

    #[test]
    fn one_number_is_written_as_numpy_writes_a_float32() {
        let cases = [
            (5.0, "5.0"),
            (-0.0, "-0.0"),
            (0.1, "0.1"),
            (1e-4, "1e-04"),
            (1.5e-7, "1.5e-07"),
            (999_999.0, "999999.0"),
            (1e6, "1e+06"),
            (-123_456_790.0, "-1.2345679e+08"),
            (f32::NAN, "nan"),
            (f32::NEG_INFINITY, "-inf"),
        ];
        for (value, expected) in cases {
            assert_eq!(text(&[], Order::C, false, &[value]), expected);
        }
        assert_eq!(text(&[], Order::C, true, &[1.0]), "True");
    }

    #[test]
    fn long_arrays_show_their_edges() {
        let count: Vec<f32> = (0..1001).map(|n| n as f32).collect();
        assert_eq!(text(&[1001], Order::C, false, &count), "[   0.    1.    2. ...  998.  999. 1000.]");
        let tall: Vec<f32> = (0..2002).map(|n| (n + 10) as f32).collect();
        let expected =
            "[[  10. 1011.]\n [  11. 1012.]\n [  12. 1013.]\n ...\n [1008. 2009.]\n [1009. 2010.]\n [1010. 2011.]]";
        assert_eq!(text(&[1001, 2], Order::Fortran, false, &tall), expected);
        let lines = text(&[30], Order::C, false, &count[..30]);
        assert!(lines.lines().all(|line| line.len() <= WIDTH) && lines.lines().count() == 2, "{lines}");
    }

    #[test]
    fn rows_and_blocks_are_set_apart() {
        let count: Vec<f32> = (0..8).map(|n| n as f32).collect();
        assert_eq!(text(&[2, 2, 2], Order::C, false, &count), "[[[0. 1.]\n  [2. 3.]]\n\n [[4. 5.]\n  [6. 7.]]]");
        assert_eq!(text(&[2, 2], Order::Fortran, false, &count[..4]), "[[0. 2.]\n [1. 3.]]");
    }
}
