//! How numbers, lists and names are written in messages.

use std::borrow::Cow;

/// Returns a time with its unit, to three digits: `12.3 µs`.
pub fn time(seconds: f64) -> String {
    let units = [(1.0, "s"), (1e-3, "ms"), (1e-6, "µs")];
    let (unit, name) = units.into_iter().find(|(unit, _)| seconds >= 0.9995 * unit).unwrap_or((1e-9, "ns"));
    format!("{} {name}", short(seconds / unit))
}

/// Returns a number to three digits.
pub fn short(number: f64) -> String {
    match number.abs() {
        0.0 => "0".to_owned(),
        size if size < 1e-3 => format!("{number:.1e}"),
        size if size < 0.9995 => format!("{number:.3}"),
        size if size < 9.995 => format!("{number:.2}"),
        size if size < 99.95 => format!("{number:.1}"),
        size if size < 99_999.5 => format!("{number:.0}"),
        _ => format!("{number:.1e}"),
    }
}

/// Returns a number of elements to two digits: `950`, `1.9e5`, `1e8`.
pub(crate) fn about(elements: f64) -> String {
    if elements < 999.5 { format!("{elements:.0}") } else { format!("{elements:.1e}").replace(".0e", "e") }
}

/// Writes a number of threads: `1 thread`, `2 threads`.
pub fn threads(count: usize) -> String {
    format!("{count} thread{}", if count == 1 { "" } else { "s" })
}

/// Returns a name for a message: of a long one its beginning.
pub fn shortened(name: &str) -> Cow<'_, str> {
    const LONGEST: usize = 60;
    match name.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &name[..end]).into(),
        None => name.into(),
    }
}

/// Joins names for a message with commas: of many, the first ones and the number of the others.
pub fn listed<S: AsRef<str>>(names: &[S]) -> String {
    const MOST: usize = 20;
    let mut text = names.iter().take(MOST).map(|name| shortened(name.as_ref())).collect::<Vec<_>>().join(", ");
    if names.len() > MOST {
        text += &format!(" and {} more", names.len() - MOST);
    }
    text
}

/// Writes a number with its digits in groups of three, between narrow spaces that do not break.
pub fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let space = |index: usize| index > 0 && (digits.len() - index).is_multiple_of(3);
    digits
        .char_indices()
        .flat_map(|(index, digit)| space(index).then_some('\u{202f}').into_iter().chain([digit]))
        .collect()
}

/// Writes a part as `92 %`, with a space that does not break; with two digits only below one per cent.
pub fn percent(part: f64) -> String {
    let percent = 100.0 * part;
    let digits = if percent < 0.95 { 1 } else { 0 };
    format!("{percent:.digits$}\u{a0}%")
}

/// Returns a name, cut to `columns` characters where it has more.
pub fn truncated(name: &str, columns: usize) -> String {
    match name.chars().count() > columns {
        true => name.chars().take(columns - 1).chain(['…']).collect(),
        false => name.to_owned(),
    }
}

/// Breaks a text into lines of at most 80 characters, where no word is longer; those after the first are indented by two.
pub fn wrapped(text: &str) -> String {
    const LINE: usize = 80;
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= LINE => *line += &format!(" {word}"),
            Some(_) => lines.push(format!("  {word}")),
            None => lines.push(word.to_owned()),
        }
    }
    lines.join("\n")
}

/// Returns the known name that is nearest to a given one, or `None` where none is near: a suggestion of something else
/// confuses more than it helps. Near is a name that differs by a third of its letters at most, or by one, and that is similar
/// as Jaro and Winkler measure it.
pub fn nearest<'k>(given: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    /// Nothing that is known is longer, and comparing takes time in proportion to both lengths.
    const LONGEST: usize = 100;
    if given.len() > LONGEST {
        return None;
    }
    let given = given.to_lowercase();
    let near = |name: &str| {
        let longer = given.chars().count().max(name.chars().count());
        name.len() <= LONGEST && strsim::osa_distance(&given, name) <= (longer / 3).max(1)
    };
    known
        .into_iter()
        .filter(|name| near(name))
        .map(|name| (strsim::jaro_winkler(&given, name), name))
        .filter(|(similarity, _)| *similarity > 0.7)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_times_have_their_unit() {
        let shown = [0.0, 3e-4, 0.1234, 1.0, 9.999, 99.96, 1234.5, 123_456.0].map(short);
        assert_eq!(shown, ["0", "3.0e-4", "0.123", "1.00", "10.0", "100", "1234", "1.2e5"]);
        assert_eq!([949.6, 999.6, 194_321.0, 1e8].map(about), ["950", "1e3", "1.9e5", "1e8"]);
        assert_eq!([1, 123, 1234, 1_000_000].map(grouped), ["1", "123", "1\u{202f}234", "1\u{202f}000\u{202f}000"]);
        assert_eq!([0.005, 0.92, 1.2].map(percent), ["0.5\u{a0}%", "92\u{a0}%", "120\u{a0}%"]);
        assert_eq!(listed(&["x"; 22]), format!("{}x and 2 more", "x, ".repeat(19)));
        assert_eq!(listed(&["é".repeat(61)]), format!("{}…", "é".repeat(60)));
        let shown = [2.5e-9, 999.9e-9, 12.34e-6, 0.999_99, 59.96].map(time);
        assert_eq!(shown, ["2.50 ns", "1.00 µs", "12.3 µs", "1.00 s", "60.0 s"]);
    }
}
