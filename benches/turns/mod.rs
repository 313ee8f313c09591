//! Measures contenders, interleaved: what every benchmark here uses.

use std::hint::black_box;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use crossover::sweep::interleave;
use crossover::{Backend, Kernel, Prepared};

const ROUNDS: usize = 41;
/// How long one contender runs in a round.
const SAMPLE: Duration = Duration::from_millis(4);

pub type Run = dyn FnMut(&[f32], &mut [f32]);

/// What is measured: a name and a call on an array.
pub struct Contender {
    pub name: String,
    pub run: Box<Run>,
}

/// A kernel of one input on a backend.
pub fn prepared(name: impl Into<String>, backend: &dyn Backend, kernel: &Kernel) -> Option<Contender> {
    let mut prepared: Box<dyn Prepared> = backend.prepare(kernel).ok()?;
    let run = Box::new(move |x: &[f32], out: &mut [f32]| {
        if let Err(error) = prepared.run(&[x.into()], &mut *out) {
            panic!("{error}");
        }
    });
    Some(Contender { name: name.into(), run })
}

/// The median time of a call for each contender, in seconds.
pub fn measure(contenders: &mut [Contender], x: &[f32], out: &mut [f32]) -> Vec<f64> {
    let expected: Vec<u32> = {
        (contenders[0].run)(x, out);
        out.iter().map(|x| x.to_bits()).collect()
    };
    let mut batch = Vec::new();
    for contender in contenders.iter_mut() {
        out.fill(0.0);
        (contender.run)(x, out);
        assert!(out.iter().map(|x| x.to_bits()).eq(expected.iter().copied()), "{} is wrong", contender.name);
        let start = Instant::now();
        (contender.run)(x, out);
        let once = start.elapsed().max(Duration::from_nanos(20));
        batch.push((SAMPLE.as_nanos() / once.as_nanos()).max(1) as u32);
    }
    let mut entries: Vec<_> = contenders.iter_mut().zip(batch).map(|entry| (entry, Vec::new())).collect();
    let sample = |((contender, batch), times): &mut ((&mut Contender, u32), Vec<f64>)| {
        let start = Instant::now();
        for _ in 0..*batch {
            (contender.run)(black_box(x), black_box(out));
        }
        times.push(start.elapsed().as_secs_f64() / f64::from(*batch));
        ControlFlow::<()>::Continue(())
    };
    _ = interleave(&mut entries, |round, _| round < ROUNDS, sample);
    entries.into_iter().map(|(_, times)| median(times)).collect()
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
