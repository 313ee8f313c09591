//! `--vary`: what a sweep varies instead of the number of elements.

use crossover::sweep::{Axis, Regime, Sizes, Vary};
use crossover::{Error, Kind, Result};

/// What `--vary` says.
pub fn help() -> &'static str {
    "Vary chunk (elements that a thread takes, or a GPU is sent, at a time), threads, or intensity (the degree of a \
     polynomial) at one size; VALUES are written as those of --sizes [default: powers of two that fit]"
}

/// Reads `NAME` or `NAME=VALUES`, and the one size.
pub fn vary(text: &str, sizes: Option<&str>) -> Result<Vary> {
    let (name, values) = text.split_once('=').map_or((text, None), |(name, values)| (name, Some(values)));
    let axis: Axis = name.trim().parse()?;
    let values = values.map(str::parse::<Sizes>).transpose().map_err(|error| match error {
        // They are read as sizes are, but they are none.
        Error::Invalid { given, expected, .. } => Error::Invalid { what: axis.counts(), given, expected },
        other => other,
    })?;
    let sizes = sizes.map(str::parse::<Sizes>).transpose()?;
    if let (Some(sizes), true) = (&sizes, axis != Axis::Elements)
        && sizes.len() > 1
    {
        return Err(Error::Invalid {
            what: "--sizes",
            given: format!("{} sizes", sizes.len()),
            expected: format!(
                "--vary {axis} measures at 1 size; give one of them, such as --sizes {}",
                sizes.largest()
            ),
        });
    }
    Vary::new(axis, values, sizes.map(|sizes| sizes.largest()))
}

/// That a regime was asked for which no backend has, or none that has something of the axis to vary.
pub fn idle(regime: Regime, axis: Axis) -> Error {
    let having: Vec<_> = Kind::ALL.into_iter().filter(|kind| axis.is_of(*kind, regime)).map(Kind::name).collect();
    let has = |regime: &Regime| Kind::ALL.into_iter().any(|kind| axis.is_of(kind, *regime));
    let expected = match having[..] {
        [] => {
            let others: Vec<_> = Regime::ALL.into_iter().filter(has).map(Regime::name).collect();
            format!("no backend has {axis} to vary under it; ask for {}", others.join(" or "))
        }
        _ => format!("none of these backends has it; add {} to --backends", having.join(" or ")),
    };
    Error::Invalid { what: "regime", given: regime.to_string(), expected }
}

/// That an option, given as it is, would say what `--vary` says.
pub fn twice(option: &'static str, given: String, axis: Axis) -> Error {
    let expected = format!("--vary {axis} brings its own; leave out one of the two");
    Error::Invalid { what: option, given, expected }
}
