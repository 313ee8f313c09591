//! Sweeps over chunks, threads and degrees whose every figure is known beforehand, in every form.

use crossover::sweep::{Analysis, Axis, Regime, Report, Varied, Vary};
use crossover::{Kind, Sweep};
use crossover_report::table::Table;
use crossover_report::{csv, json, page, plot};

use crate::costs::{Costs, FakeClock};
use crate::simulated::known;

fn vary(axis: Axis, values: &str, elements: usize) -> Vary {
    Vary::new(axis, Some(values.parse().unwrap()), Some(elements)).unwrap()
}

/// A loop and threads over an axis, by the clock that they move.
fn swept(axis: Axis) -> Report {
    let clock = FakeClock::default();
    let values = [1, 4, 16];
    let sweep = Sweep::new().vary(vary(axis, "1,4,16", 100_000));
    let costs = |kind, fixed, each, varied| {
        let (clock, regime) = (clock.clone(), Regime::Host);
        Box::new(Costs { clock, kind, regime, first: 0, fixed, each, varied: Some(varied) })
    };
    let sweep = values.into_iter().fold(sweep, |sweep, value| {
        let (each, kind) = (800 / value as u64, Kind::Threads);
        match axis {
            Axis::Chunk => sweep.contender(costs(kind, 0, each, Varied::Chunk(value))),
            Axis::Threads => sweep.contender(costs(kind, 0, each, Varied::Threads(value))),
            _ => sweep,
        }
    });
    let sweep = match axis {
        // A fixed cost that as much work as between the first and the last degree makes up for.
        Axis::Intensity => [(Kind::Loop, 0, 800), (Kind::Threads, 500_000, 200)]
            .into_iter()
            .fold(sweep, |sweep, (kind, fixed, each)| sweep.contender(costs(kind, fixed, each, Varied::Intensity(0)))),
        _ => sweep,
    };
    let report = sweep.run_with(&clock, &mut ());
    assert_eq!((&report.failures[..], report.axis), (&[][..], axis));
    report
}

#[test]
fn each_axis_is_written_in_every_form() {
    for (axis, head, label, title) in [
        (Axis::Chunk, "chunk", "elements of a chunk", "over the size of chunks"),
        (Axis::Threads, "threads", "efficiency", "over the number of threads"),
        (Axis::Intensity, "degree", "degree of the polynomial", "over the degree"),
    ] {
        let report = swept(axis);
        let analysis = Analysis::of(&report);
        let mut bytes = Vec::new();
        json::write(&report, &analysis, &mut bytes).unwrap();
        assert_eq!(json::read(&bytes[..]).unwrap(), report);

        let mut table = Table::over(axis);
        let mut lines: Vec<String> = table.head(100_000).lines().map(str::to_owned).collect();
        assert_eq!(lines[0], format!("time against {head}, 100000 elements"));
        assert!(lines[1].contains(&format!(" {head} ")) && !lines[1].contains("elements"), "{lines:?}");
        lines.extend(report.measurements.iter().map(|each| table.row(each)));
        lines.extend(analysis.crossovers.iter().map(ToString::to_string));
        assert!(lines.iter().flat_map(|line| line.lines()).all(|line| line.chars().count() <= 80), "{lines:?}");
        assert!(
            lines[2].contains(" 1 ") && lines[2].starts_with(if axis == Axis::Intensity { "horner" } else { "poly" })
        );

        let mut bytes = Vec::new();
        csv::write(&report, &analysis, &mut bytes).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        let last: Vec<_> = text.lines().map(|line| line.rsplit(',').next().unwrap()).collect();
        assert_eq!((last[0], last[1], *last.last().unwrap()), ("varied", "1", "16"));

        let picture = plot::svg_text(&report, &analysis);
        assert!(picture.contains(&format!("Time against {head}, 10⁵ elements")), "{picture}");
        assert!(picture.contains(label) && picture.contains(">16</text>"), "{picture}");

        let mut bytes = Vec::new();
        page::write(&report, &analysis, None, &mut bytes).unwrap();
        let page = String::from_utf8(bytes).unwrap();
        assert!(page.contains(title) && page.contains(&format!(">{head}</th>")), "{page}");
    }
}

#[test]
fn the_page_says_in_a_sentence_what_was_found() {
    let found = |report: &Report| {
        let mut bytes = Vec::new();
        page::write(report, &Analysis::of(report), None, &mut bytes).unwrap();
        let page = String::from_utf8(bytes).unwrap().replace('\u{202f}', " ");
        let (_, rest) = page.split_once("<p class=\"finding\">").unwrap();
        rest.split_once("</p>").unwrap().0.to_owned()
    };
    let threads = known(Axis::Threads, 10_000, &[(Kind::Threads, &[(1, 8.0), (2, 5.0)])]);
    let said = "On poly of 10 000 elements, 2 threads are 1.60 times as fast as one, an efficiency of 80\u{a0}%.";
    assert_eq!(found(&threads), said);
    let slower = known(Axis::Threads, 10_000, &[(Kind::Threads, &[(1, 8.0), (2, 5.0), (4, 6.0)])]);
    assert!(found(&slower).ends_with("an efficiency of 33\u{a0}%; 2 are the fastest."), "{}", found(&slower));
    let one = known(Axis::Threads, 10_000, &[(Kind::Threads, &[(1, 8.0)])]);
    assert!(found(&one).contains("nothing to compare them with"), "{}", found(&one));
    let gpu = [(4096, 3.0), (8192, 3.0), (65_536, 3.0)];
    let chunks =
        known(Axis::Chunk, 100_000, &[(Kind::Threads, &[(4096, 2.0), (8192, 1.0), (65_536, 1.0)]), (Kind::Gpu, &gpu)]);
    let said = "On poly of 100 000 elements, threads is fastest with chunks of 8 192 to 65 536 elements, up to 2.00 times as \
                fast as with 4 096; gpu takes the same time with every chunk, as far as noise lets tell.";
    assert_eq!(found(&chunks), said);
    let times = [(1, 1.0), (16, 4.0)];
    let degrees = known(Axis::Intensity, 1000, &[(Kind::Loop, &times), (Kind::Simd, &[(1, 1.0), (16, 2.0)])]);
    let said = "On poly of 1 000 elements, simd is fastest from degree 16 on (2.00 times as fast as the loop at degree 16); below that, \
                loop and simd share the lead.";
    assert_eq!(found(&degrees), said);
}
