//! `--vary`: what a sweep varies instead of the number of elements.

use crossover::sweep::{Axis, Regime, Sizes, Vary};
use crossover::{Error, Kind, Result};

/// Returns the help of `--vary`.
pub fn help() -> &'static str {
    "Vary chunk (elements per thread block or GPU upload), threads, or intensity (the degree of a polynomial) at one size; \
     VALUES have the syntax of --sizes [default: powers of two that fit]"
}

/// Parses `NAME` or `NAME=VALUES`, and the single size.
pub fn vary(text: &str, sizes: Option<&str>) -> Result<Vary> {
    let (name, values) = text.split_once('=').map_or((text, None), |(name, values)| (name, Some(values)));
    let axis: Axis = name.trim().parse()?;
    let values = values.map(str::parse::<Sizes>).transpose().map_err(|error| match error {
        // Values have the syntax of sizes, but another name in messages.
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

/// Returns the error for a data path on which none of the backends can vary the axis.
pub fn idle(regime: Regime, axis: Axis) -> Error {
    let having: Vec<_> = Kind::ALL.into_iter().filter(|kind| axis.is_of(*kind, regime)).map(Kind::name).collect();
    let has = |regime: &Regime| Kind::ALL.into_iter().any(|kind| axis.is_of(kind, *regime));
    let expected = match having[..] {
        [] => {
            let others: Vec<_> = Regime::ALL.into_iter().filter(has).map(Regime::name).collect();
            format!("no backend can vary {axis} with it; use {}", others.join(" or "))
        }
        _ => format!("none of these backends has it; add {} to --backends", having.join(" or ")),
    };
    Error::Invalid { what: "regime", given: regime.to_string(), expected }
}

/// Returns the error for an option that conflicts with `--vary`.
pub fn twice(option: &'static str, given: String, axis: Axis) -> Error {
    let expected = format!("--vary {axis} sets it; leave out one of the two");
    Error::Invalid { what: option, given, expected }
}
