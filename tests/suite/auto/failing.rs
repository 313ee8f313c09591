//! Backends that fail: the next best runs the kernel, and it is recorded.

use crossover::auto::{Auto, Policy};
use crossover::sweep::Regime;
use crossover::{Arg, Backend, Error, Info, Kernel, Kind, Loop, Out, Prepared, Result, Simd, Workload};

use super::machine::{FakeClock, Simulated};

/// Runs on the loop until it fails; it says that it is a GPU, and the best there is.
#[derive(Clone)]
struct Failing {
    info: Info,
    error: Error,
    /// Elements that it writes before it fails, if it says how many.
    written: Option<usize>,
    /// It fails from this many elements on; if `None`, to prepare a kernel.
    from: Option<usize>,
}

impl Failing {
    fn new(error: Error) -> Self {
        let gpu = Simulated { kind: Kind::Gpu, regime: Regime::Host, clock: FakeClock::default(), fails: None };
        Failing { info: Backend::info(&gpu), error, written: None, from: Some(0) }
    }
}

impl Backend for Failing {
    fn info(&self) -> Info {
        self.info.clone()
    }

    fn prepare(&self, kernel: &Kernel) -> Result<Box<dyn Prepared>> {
        match self.from {
            None => Err(self.error.clone()),
            Some(_) => Ok(Box::new(OnFailing { backend: self.clone(), kernel: kernel.clone() })),
        }
    }
}

struct OnFailing {
    backend: Failing,
    kernel: Kernel,
}

impl Prepared for OnFailing {
    fn kernel(&self) -> &Kernel {
        &self.kernel
    }

    fn launch(&mut self, inputs: &[Arg<'_>], outputs: &mut [Out<'_>]) -> Result<()> {
        let len = outputs[0].len();
        if inputs.contains(&Arg::Output(0)) {
            let done = self.backend.written.unwrap_or(0).min(len);
            let inputs: Vec<_> = inputs.iter().map(|arg| arg.part(0, done)).collect();
            Loop.run(&self.kernel, &inputs, outputs[0].range(0..done))?;
            return Err(self.backend.error.clone());
        }
        match self.backend.from {
            Some(from) if len >= from => {
                outputs[0].as_mut_slice().unwrap().fill(f32::NAN);
                Err(self.backend.error.clone())
            }
            _ => Loop.run(&self.kernel, inputs, outputs),
        }
    }

    fn written(&self) -> Option<usize> {
        self.backend.written
    }
}

/// A machine whose GPU would be chosen for one element or more, and whose kernels are `slow` enough for that.
fn auto(failing: Failing, policy: Policy) -> Auto {
    Auto::of(vec![Box::new(Loop), Box::new(Simd::new()), Box::new(failing)], policy).unwrap()
}

/// So much arithmetic for each element that even by estimates the GPU is the best from some thousands on.
fn heavy() -> Kernel {
    "horner256".parse::<Workload>().unwrap().kernel
}

const MANY: usize = 3_000_000;

fn lost() -> Error {
    Error::DeviceLost { reason: "somebody pulled the cable".to_owned() }
}

/// The right result.
fn expected(kernel: &Kernel, data: &[f32]) -> Vec<f32> {
    let mut out = vec![0.0; data.len()];
    Simd::new().run(kernel, &[data.into()], &mut out).unwrap();
    out
}

#[test]
fn the_next_best_runs_what_fails() {
    let auto = auto(Failing::new(lost()), Policy::default());
    let (kernel, data) = (heavy(), vec![0.25; MANY]);
    let mut prepared = auto.compile(&kernel).unwrap();
    assert_eq!(prepared.choice(MANY), Some(Kind::Gpu));
    let mut out = vec![0.0; MANY];
    prepared.run(&[(&data).into()], &mut out).unwrap();
    assert_eq!(prepared.last(), Some(Kind::Simd));
    assert_eq!(out, expected(&kernel, &data));
    let record = auto.fallbacks();
    assert_eq!((record.len(), record[0].kind, record[0].elements), (1, Kind::Gpu, Some(MANY)));
    assert!(record[0].to_string().contains("gpu failed with `horner256` over 3000000 elements"), "{}", record[0]);
    // What is gone is not asked again.
    prepared.run(&[(&data).into()], &mut out).unwrap();
    assert_eq!((auto.fallbacks().len(), prepared.choice(MANY)), (1, Some(Kind::Simd)));
}

#[test]
fn what_is_too_large_may_do_for_less() {
    let memory = Error::OutOfMemory { message: "no more".to_owned() };
    let failing = Failing { from: Some(MANY), ..Failing::new(memory) };
    let auto = auto(failing, Policy::default());
    let mut prepared = auto.compile(&heavy()).unwrap();
    let data = vec![0.25; MANY];
    let mut out = vec![0.0; MANY];
    prepared.run(&[(&data).into()], &mut out).unwrap();
    assert_eq!(prepared.last(), Some(Kind::Simd));
    let less = MANY - 1;
    prepared.run(&[(&data[..less]).into()], &mut out[..less]).unwrap();
    assert_eq!((prepared.last(), auto.fallbacks().len()), (Some(Kind::Gpu), 1));
}

#[test]
fn what_cannot_be_prepared_is_passed_over() {
    let auto = auto(Failing { from: None, ..Failing::new(lost()) }, Policy::default());
    let mut prepared = auto.prepare(&heavy()).unwrap();
    let record = auto.fallbacks();
    assert_eq!((record.len(), record[0].elements), (1, None));
    assert!(record[0].to_string().contains("gpu could not prepare `horner256`"), "{}", record[0]);
    let mut out = vec![0.0; MANY];
    prepared.run(&[(&vec![0.25; MANY]).into()], &mut out).unwrap();
}

#[test]
fn a_run_in_place_goes_on_where_it_failed() {
    let kernel = heavy();
    let data: Vec<f32> = (0..MANY).map(|n| n as f32 / MANY as f32).collect();
    for written in [0, 1, 1_000_000, MANY] {
        let auto = auto(Failing { written: Some(written), ..Failing::new(lost()) }, Policy::default());
        let mut in_place = data.clone();
        auto.prepare(&kernel).unwrap().run(&[Arg::Output(0)], &mut in_place).unwrap();
        assert!(in_place == expected(&kernel, &data), "after {written}");
        assert_eq!(auto.fallbacks().len(), 1);
    }
    // If it is unknown how far it got, what is left of the input is not an input any more.
    let auto = auto(Failing::new(lost()), Policy::default());
    let error = auto.prepare(&kernel).unwrap().run(&[Arg::Output(0)], &mut data.clone()).unwrap_err();
    assert!(matches!(error, Error::DeviceLost { .. }), "{error}");
}

#[test]
fn a_policy_that_insists_gets_the_error() {
    let auto = auto(Failing::new(lost()), Policy::only(Kind::Gpu));
    let mut out = [0.0; 10];
    let error = auto.prepare(&heavy()).unwrap().run(&[(&[0.5; 10]).into()], &mut out).unwrap_err();
    assert!(error.to_string().contains("pulled the cable"), "{error}");
    assert!(auto.fallbacks().is_empty());
}

#[test]
fn if_all_have_failed_it_says_so() {
    let auto = Auto::of(vec![Box::new(Failing::new(lost()))], Policy::default()).unwrap();
    let mut prepared = auto.prepare(&heavy()).unwrap();
    let mut out = [0.0; 10];
    let mut run = || prepared.run(&[(&[0.5; 10]).into()], &mut out).unwrap_err().to_string();
    assert!(run().contains("pulled the cable"));
    let error = run();
    assert!(error.contains("every one that may be chosen has failed with it; see `Auto::fallbacks`"), "{error}");
}

#[test]
fn a_kernel_that_refines_finds_the_faster_one() {
    // By the estimates the GPU is faster; by the clock of this machine the loop that stands in for it is not.
    let failing = Failing { from: Some(usize::MAX), ..Failing::new(lost()) };
    let auto = auto(failing, Policy::default()).refining(true);
    let kernel = heavy();
    let mut prepared = auto.compile(&kernel).unwrap();
    let data = vec![0.25; MANY];
    let mut out = vec![0.0; MANY];
    assert_eq!(prepared.choice(MANY), Some(Kind::Gpu));
    for _ in 0..5 {
        prepared.run(&[(&data).into()], &mut out).unwrap();
    }
    assert_eq!(prepared.last(), Some(Kind::Simd));
    assert_eq!(out, expected(&kernel, &data));
}
