//! A backend outside of the crate: in a sweep, under `auto`, in a report.

use crossover::auto::{Auto, Member, Policy, Residency};
use crossover::sweep::Host;
use crossover::{Arg, Backend, Error, Info, Kernel, Kind, Loop, Out, Prepared, Result, Simd, Sweep};

struct Foreign;
struct OnForeign(Box<dyn Prepared>);

impl Backend for Foreign {
    fn info(&self) -> Info {
        Info::new(Kind::named("foreign"))
    }

    fn prepare(&self, kernel: &Kernel) -> Result<Box<dyn Prepared>> {
        Ok(Box::new(OnForeign(Loop.prepare(kernel)?)))
    }
}

impl Prepared for OnForeign {
    fn kernel(&self) -> &Kernel {
        self.0.kernel()
    }

    fn launch(&mut self, inputs: &[Arg<'_>], outputs: &mut [Out<'_>]) -> Result<()> {
        self.0.launch(inputs, outputs)
    }
}

/// `auto` with a foreign backend whose runs take this many seconds, by its own account.
fn auto(seconds: Option<f64>) -> Auto {
    let foreign = Member::new(Box::new(Foreign));
    let foreign = match seconds {
        Some(seconds) => foreign.with_cost(move |_: &Kernel, _: usize, _: Residency| seconds),
        None => foreign,
    };
    Auto::of_members(vec![Member::new(Box::new(Simd::new())), foreign], Policy::default()).unwrap()
}

#[test]
fn auto_judges_it_by_its_own_cost_model() {
    let kernel = Kernel::parse("x + x**2 + x**3").unwrap();
    let (foreign, mut out) = (Kind::named("foreign"), [0.0; 1]);
    for (seconds, chosen) in [(1e-15, foreign), (1e9, Kind::Simd)] {
        let auto = auto(Some(seconds)).refining(false);
        let decision = auto.decide(&kernel, 1000, Residency::Host);
        assert_eq!(decision.chosen, chosen, "{decision}");
        let mut prepared = auto.compile(&kernel).unwrap();
        prepared.run(&[(&[2.0]).into()], &mut out).unwrap();
        assert_eq!((out, prepared.last()), ([14.0], Some(chosen)));
    }
    let decision = auto(None).decide(&kernel, 1000, Residency::Host);
    let unknown = decision.candidates.iter().find(|candidate| candidate.kind == foreign).unwrap();
    assert_eq!(unknown.excluded.as_deref(), Some("there is no cost model for it"));
    let many = (0..9).map(|n| named(&format!("foreign {n}"))).collect();
    assert!(matches!(Auto::of_members(many, Policy::default()), Err(Error::TooLarge { needed: 9, .. })));
}

/// A member of this name.
fn named(name: &str) -> Member {
    struct Named(Kind);
    impl Backend for Named {
        fn info(&self) -> Info {
            Info::new(self.0)
        }
        fn prepare(&self, kernel: &Kernel) -> Result<Box<dyn Prepared>> {
            Loop.prepare(kernel)
        }
    }
    Member::new(Box::new(Named(Kind::named(name)))).with_cost(|_: &Kernel, _: usize, _: Residency| 1.0)
}

#[test]
fn a_report_has_its_name() {
    let sweep = Sweep::new().contender(Box::new(Host::new(Box::new(Foreign)))).sizes("10".parse().unwrap()).trials(1);
    let report = sweep.run();
    assert_eq!((report.failures.len(), report.measurements.len()), (0, 1));
    assert_eq!(report.measurements[0].backend.name(), "foreign");
    assert!(Kind::named("foreign").open().is_err() && Kind::named("simd") == Kind::Simd);
    #[cfg(feature = "profile")]
    {
        let text = serde_json::to_string(&report).unwrap();
        let back: crossover::sweep::Report = serde_json::from_str(&text).unwrap();
        assert_eq!(back.measurements[0].backend, Kind::named("foreign"));
    }
}
