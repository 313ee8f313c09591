//! A kernel that runs on whichever backend is the best for each run.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::demand::Demand;
use super::members::{Fallback, Inner};
use super::policy::Residency;
use super::ranking::{Order, Ranking, Table};
use super::refinement::Refinement;
use crate::backend::{Kind, Prepared, Stage};
use crate::error::{Error, Result};
use crate::kernel::Kernel;
use crate::kernel::arg::{Arg, Outputs};
use crate::kernel::view::Out;

/// A kernel that is ready to run on the best backend for each length.
///
/// Where one fails, the next best runs it, and [`Auto::fallbacks`](super::Auto::fallbacks) says so; unless the policy
/// insists on the one.
pub struct AutoKernel {
    auto: Arc<Inner>,
    kernel: Kernel,
    members: Vec<Entry>,
    /// For each number of inputs that are arrays, the order at every length, once it is needed.
    plans: Vec<Option<Plan>>,
    /// The place of what ran last.
    last: Option<usize>,
}

/// What is known for a number of arrays.
struct Plan {
    demand: Demand,
    table: Table,
    /// What the runs took, if that counts.
    refinement: Option<Refinement>,
}

/// A backend of an [`AutoKernel`].
struct Entry {
    prepared: Option<Box<dyn Prepared>>,
    /// The length from which it failed.
    fails_from: usize,
}

impl AutoKernel {
    pub(super) fn new(auto: Arc<Inner>, kernel: &Kernel) -> Result<Self> {
        let members = auto.members.iter().map(|_| Entry { prepared: None, fails_from: usize::MAX }).collect();
        let arrays = kernel.inputs().len();
        let plans = (0..=arrays).map(|_| None).collect();
        let mut new = AutoKernel { auto, kernel: kernel.clone(), members, plans, last: None };
        // What will be chosen at some length is ready when that comes.
        let orders = new.plan(arrays).table.firsts();
        for place in orders {
            if let Err(error) = new.ready(place) {
                new.failed(place, None, error)?;
            }
        }
        Ok(new)
    }

    /// Runs the kernel: see [`run`](Prepared::run_outputs).
    ///
    /// # Errors
    ///
    /// The errors of [`Kernel::check`], and those of the last backend that could be chosen.
    pub fn run(&mut self, inputs: &[Arg<'_>], outputs: impl Outputs) -> Result<()> {
        let prepared: &mut dyn Prepared = self;
        prepared.run(inputs, outputs)
    }

    /// Returns the backend that ran last; none before the first run.
    pub fn last(&self) -> Option<Kind> {
        self.last.map(|place| self.auto.members[place].info.kind)
    }

    /// Returns the backend for a run over this many elements, with arrays for all inputs, by what is known now.
    pub fn choice(&mut self, len: usize) -> Option<Kind> {
        let order = self.order(self.kernel.inputs().len(), len);
        let place = order.iter().find(|place| len < self.members[*place].fails_from);
        place.map(|place| self.auto.members[place].info.kind)
    }

    fn plan(&mut self, arrays: usize) -> &mut Plan {
        let (auto, kernel) = (&self.auto, &self.kernel);
        self.plans[arrays].get_or_insert_with(|| {
            let demand = Demand::new(kernel, arrays);
            let table = Ranking::new(auto, kernel, &demand, Residency::Host).table();
            Plan { demand, table, refinement: auto.refines.then(Refinement::new) }
        })
    }

    #[inline(always)]
    fn order(&mut self, arrays: usize, len: usize) -> Order {
        let plan = self.plan(arrays);
        let order = plan.table.order(len);
        if plan.refinement.is_none() { order } else { self.refined(order, arrays, len) }
    }

    /// Returns the order by what earlier runs took.
    fn refined(&mut self, order: Order, arrays: usize, len: usize) -> Order {
        let AutoKernel { auto, kernel, plans, .. } = self;
        let Some(Plan { demand, refinement: Some(refinement), .. }) = &mut plans[arrays] else { return order };
        refinement.order(order, len, |place| Ranking::new(auto, kernel, demand, Residency::Host).mean(place, len))
    }

    /// Returns the kernel, ready on a backend.
    fn ready(&mut self, place: usize) -> Result<&mut Box<dyn Prepared>> {
        let entry = &mut self.members[place];
        let prepared = match entry.prepared.take() {
            Some(prepared) => prepared,
            None => self.auto.members[place].backend.prepare(&self.kernel)?,
        };
        Ok(entry.prepared.insert(prepared))
    }

    /// Notes that a backend failed; gives the error back if nothing else will do.
    #[cold]
    fn failed(&mut self, place: usize, elements: Option<usize>, error: Error) -> Result<()> {
        if self.auto.policy.insists() {
            return Err(error);
        }
        // With fewer elements there may be memory and time enough; a device that is gone is gone.
        self.members[place].fails_from = match error {
            Error::OutOfMemory { .. } | Error::TooLarge { .. } | Error::Timeout { .. } => elements.unwrap_or(0),
            _ => 0,
        };
        let kind = self.auto.members[place].info.kind;
        self.auto.remember(Fallback { kind, kernel: self.kernel.title(), elements, error });
        Ok(())
    }

    /// Runs on the best backend that does not fail. With its error, `run` says whether another backend may still run it.
    #[inline(always)]
    fn dispatch(
        &mut self,
        arrays: usize,
        len: usize,
        mut run: impl FnMut(&mut dyn Prepared) -> Result<(), (Error, bool)>,
    ) -> Result<()> {
        let mut last = None;
        for place in self.order(arrays, len).iter() {
            if len >= self.members[place].fails_from {
                continue;
            }
            let start = self.auto.refines.then(Instant::now);
            let ran = match self.ready(place) {
                Ok(prepared) => run(&mut **prepared),
                Err(error) => Err((error, true)),
            };
            match ran {
                Ok(()) => {
                    self.last = Some(place);
                    if let Some(start) = start {
                        self.took(arrays, place, len, start.elapsed());
                    }
                    return Ok(());
                }
                Err((error, again)) => {
                    self.failed(place, Some(len), error.clone())?;
                    if !again {
                        return Err(error);
                    }
                    last = Some(error);
                }
            }
        }
        Err(last.unwrap_or_else(|| self.exhausted()))
    }

    /// Runs on the best backend that does not fail, where results replace inputs: a backend continues after the elements that
    /// the one before it has written.
    fn launch_in_place(&mut self, inputs: &[Arg<'_>], outputs: &mut [Out<'_>]) -> Result<()> {
        let (len, mut done) = (outputs[0].len(), 0);
        self.dispatch(arrays(inputs), len, |prepared| {
            let left = len - done;
            if left == 0 {
                return Ok(());
            }
            let inputs: Vec<_> = inputs.iter().map(|arg| arg.part(done, left)).collect();
            let mut rest: Vec<_> = outputs.iter_mut().map(|out| out.range(done..len)).collect();
            prepared.launch(&inputs, &mut rest).map_err(|error| match prepared.written() {
                Some(written) => {
                    done += written.min(left);
                    (error, true)
                }
                // It is unknown which elements are results already.
                None => (error, false),
            })
        })
    }

    fn took(&mut self, arrays: usize, place: usize, len: usize, time: Duration) {
        if let Some(refinement) = &mut self.plan(arrays).refinement {
            refinement.took(place, len, time);
        }
    }

    /// Returns the error for a kernel with which every backend has failed before.
    #[cold]
    fn exhausted(&self) -> Error {
        Error::Unavailable {
            what: format!("a backend for `{}`", self.kernel.title()),
            reason: "every one that may be chosen has failed with it".to_owned(),
            remedy: "see `Auto::fallbacks`, and prepare the kernel again".to_owned(),
        }
    }
}

fn arrays(inputs: &[Arg<'_>]) -> usize {
    inputs.iter().filter(|arg| !matches!(arg, Arg::Scalar(_))).count()
}

impl Prepared for AutoKernel {
    fn kernel(&self) -> &Kernel {
        &self.kernel
    }

    fn launch(&mut self, inputs: &[Arg<'_>], outputs: &mut [Out<'_>]) -> Result<()> {
        if inputs.iter().any(Arg::is_output) {
            return self.launch_in_place(inputs, outputs);
        }
        let len = self.kernel.elements(inputs, outputs[0].len());
        self.dispatch(arrays(inputs), len, |prepared| prepared.launch(inputs, outputs).map_err(|error| (error, true)))
    }

    fn stages(&self) -> &[Stage] {
        let prepared = self.last.and_then(|place| self.members[place].prepared.as_ref());
        prepared.map_or(&[], |prepared| prepared.stages())
    }
}

impl fmt::Debug for AutoKernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AutoKernel").field("kernel", &self.kernel).field("last", &self.last()).finish_non_exhaustive()
    }
}
