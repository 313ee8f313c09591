//! Formats a result like numpy's `print`: in full up to 1000 elements, else the edges of each dimension.
//!
//! Every number has the fewest digits that parse to the same `f32`, as with numpy's print option `floatmode='unique'`.

use npyz::Order;

use super::layout::Layout;

/// The maximum number of elements that are shown in full.
const MAX_FULL_ELEMENTS: u64 = 1000;
/// The number of elements shown at each end of a summarised dimension.
const EDGE_ELEMENTS: u64 = 3;
/// The maximum length of a line.
const LINE_WIDTH: usize = 75;

/// Collects the elements to show from a stream of elements.
pub struct Summary {
    layout: Layout,
    condition: bool,
    summarised: bool,
    /// The shown elements so far, in the order in which the result is stored.
    shown: Vec<f32>,
    /// The number of the next element to show.
    next: Option<u64>,
}

impl Summary {
    pub fn new(layout: Layout, condition: bool) -> Summary {
        let summarised = layout.elements().is_none_or(|elements| elements > MAX_FULL_ELEMENTS);
        let mut summary = Summary { layout, condition, summarised, shown: Vec::new(), next: None };
        summary.next = summary.place();
        summary
    }

    /// Takes the next elements, starting at number `from`.
    pub fn take(&mut self, from: u64, values: &[f32]) {
        while let Some(&value) = self.next.and_then(|next| values.get(next.checked_sub(from)? as usize)) {
            self.shown.push(value);
            self.next = self.place();
        }
    }

    /// Returns the number of elements shown along a dimension.
    fn kept(&self, extent: u64) -> u64 {
        if self.summarised { extent.min(2 * EDGE_ELEMENTS) } else { extent }
    }

    /// Returns the number of the next element to show.
    fn place(&self) -> Option<u64> {
        let (mut rest, mut place, mut stride) = (self.shown.len() as u64, 0, 1);
        let mut walk = |extent: u64| {
            let kept = self.kept(extent);
            if kept == 0 {
                return;
            }
            let (index, omitted) = (rest % kept, extent - kept);
            place += stride * if index < EDGE_ELEMENTS { index } else { index + omitted };
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

    /// Returns the text, after all elements have been taken.
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

/// Formats a condition as Python does.
pub fn truth(value: f32) -> &'static str {
    if value == 0.0 { "False" } else { "True" }
}

/// Formats a number as numpy does for a float32.
pub fn number(value: f32) -> String {
    match value.abs() {
        nan if nan.is_nan() => "nan".to_owned(),
        inf if inf.is_infinite() => value.to_string(),
        // Like numpy, which compares in f64: the f32 nearest to 1e-4 is smaller.
        size if size != 0.0 && !(1e-4..1e6).contains(&f64::from(size)) => {
            let (mantissa, exponent) = scientific(value, None);
            format!("{mantissa}{exponent}")
        }
        _ if value.fract() == 0.0 => format!("{value}.0"),
        _ => value.to_string(),
    }
}

/// Formats mantissa and exponent, with the fewest digits or with a number of decimals.
fn scientific(value: f32, digits: Option<usize>) -> (String, String) {
    let text = digits.map_or_else(|| format!("{value:e}"), |digits| format!("{value:.digits$e}"));
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |exponent| ('-', exponent));
    (mantissa.to_owned(), format!("e{sign}{exponent:0>2}"))
}

/// Formats numbers as words of equal width, aligned at their decimal points.
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
    // NaN and infinities are aligned at the right.
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

/// Words in nested brackets, arranged like numpy's `_formatArray`.
struct Bracketed<'s> {
    summary: &'s Summary,
    words: Vec<String>,
    /// The distance between the words of each dimension.
    strides: Vec<usize>,
}

impl Bracketed<'_> {
    /// Formats one dimension, starting at a word.
    fn axis(&self, axis: usize, from: usize) -> String {
        let extent = self.summary.layout.shape[axis];
        let kept = self.summary.kept(extent);
        let inner = axis + 1 == self.summary.layout.shape.len();
        let indent = " ".repeat(axis + 1);
        // Leaves room for the closing brackets.
        let room = LINE_WIDTH - (axis + 1).min(LINE_WIDTH);
        let (mut text, mut line) = (String::from("["), indent.clone());
        for index in 0..kept {
            if index == EDGE_ELEMENTS && kept < extent {
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
            // The bracket replaces the first line's indent.
            text.drain(1..1 + indent.len());
        }
        text.push(']');
        text
    }

    /// Returns the separator of a dimension's parts: more lines for an outer dimension.
    fn between(&self, axis: usize) -> String {
        "\n".repeat(self.summary.layout.shape.len() - axis - 1)
    }
}

/// Adds a word to the line, or to a new line if it does not fit.
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
        assert!(lines.lines().all(|line| line.len() <= LINE_WIDTH) && lines.lines().count() == 2, "{lines}");
    }

    #[test]
    fn rows_and_blocks_are_set_apart() {
        let count: Vec<f32> = (0..8).map(|n| n as f32).collect();
        assert_eq!(text(&[2, 2, 2], Order::C, false, &count), "[[[0. 1.]\n  [2. 3.]]\n\n [[4. 5.]\n  [6. 7.]]]");
        assert_eq!(text(&[2, 2], Order::Fortran, false, &count[..4]), "[[0. 2.]\n [1. 3.]]");
    }
}
