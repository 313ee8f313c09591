//! The `auto` backend: the others, and a model of this machine that says which of them is to run what.
//!
//! In order: a [`Policy`] says what is asked; `Demand` is what a kernel needs for each element; `Machine` predicts what that
//! takes on each backend, from figures that a calibration measured or, without one, that come with this crate; a
//! [`Decision`] compares the predictions; an [`AutoKernel`] keeps to them, and falls to the next best where one fails.

mod decision;
mod demand;
mod estimate;
mod kernel;
pub(crate) mod machine;
mod members;
mod policy;
pub(crate) mod profile;
mod ranking;
mod refinement;
mod shipped;
#[cfg(feature = "profile")]
mod store;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

pub use decision::{Candidate, Crossover, Decision};
pub(crate) use estimate::Curve;
pub use estimate::Estimate;
pub use kernel::AutoKernel;
pub use machine::Cost;
pub use members::{CostModel, Fallback, Member};
pub use policy::{Among, Goal, Policy, Residency};
pub use profile::{Origin, Profile, Source};
pub use ranking::RANGE;
#[cfg(feature = "profile")]
pub use store::Stored;

use self::demand::Demand;
use self::members::Inner;
use self::ranking::Ranking;
use super::{Backend, Info, Kind, Loop, Memory, Prepared, Simd, Threads};
use crate::error::{Error, Result};
use crate::kernel::Kernel;
use crate::oracle::rounding::Arithmetic;

/// Why there are only estimates where nothing else is the matter.
const NOT_CALIBRATED: &str = "this machine was not calibrated";

/// The backend that runs each kernel on the one of the other backends with the lowest predicted time.
///
/// ```
/// use crossover::auto::{Auto, Policy, Residency};
/// use crossover::{Backend, Kernel};
///
/// let auto = Auto::with(Policy::no_gpu())?;
/// let kernel = Kernel::parse("x + x**2 + x**3")?;
///
/// // Why?
/// println!("{}", auto.decide(&kernel, 1_000_000, Residency::Host));
///
/// let mut prepared = auto.prepare(&kernel)?;
/// let mut out = [0.0; 3];
/// prepared.run(&[(&[1.0, 2.0, 3.0]).into()], &mut out)?;
/// assert_eq!(out, [3.0, 14.0, 39.0]);
/// # Ok::<(), crossover::Error>(())
/// ```
///
/// Cloning it is cheap.
#[derive(Clone)]
pub struct Auto {
    inner: Arc<Inner>,
}

impl Auto {
    /// Creates one of all backends of this machine: those of the CPU, and a GPU if there is one.
    ///
    /// # Errors
    ///
    /// As [`with`](Auto::with).
    pub fn open() -> Result<Auto> {
        Auto::with(Policy::default())
    }

    /// Creates one of the backends of this machine that a policy allows. With the feature `profile`, what `crossover calibrate`
    /// has found out about this machine is used; nothing is ever measured unasked.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] if the policy requires what is not there.
    pub fn with(policy: Policy) -> Result<Auto> {
        let cpu: [Box<dyn Backend>; 3] = [Box::new(Loop), Box::new(Simd::new()), Box::new(Threads::new())];
        let opened = Opened { members: cpu.into_iter().map(Member::new).collect(), ..Opened::default() };
        let auto = Auto::made(if policy.asks_for_gpu() { opened.with_gpu() } else { opened }, policy)?;
        #[cfg(feature = "profile")]
        let auto = auto.stored(Stored::find());
        Ok(auto)
    }

    /// Creates one of these backends, with the estimates of this crate until a [`profile`](Auto::profiled) is given. Of several
    /// with the same name, the first is taken. A backend outside of this crate needs a [cost model](Member::with_cost).
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] if the policy excludes all of them.
    pub fn of(backends: Vec<Box<dyn Backend>>, policy: Policy) -> Result<Auto> {
        Auto::of_members(backends.into_iter().map(Member::new).collect(), policy)
    }

    /// Creates one of these backends and their cost models: see [`of`](Auto::of).
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] if the policy excludes all of them, [`Error::TooLarge`] for more than
    /// [`MOST_MEMBERS`](Auto::MOST_MEMBERS).
    pub fn of_members(members: Vec<Member>, policy: Policy) -> Result<Auto> {
        Auto::made(Opened { members, ..Opened::default() }, policy)
    }

    /// The maximum number of backends.
    pub const MOST_MEMBERS: usize = ranking::MOST_MEMBERS;

    fn made(opened: Opened, policy: Policy) -> Result<Auto> {
        policy::check(policy)?;
        let mut members = opened.members;
        members.retain(|member| !member.info.chooses);
        members.sort_by_key(|member| member.info.kind);
        members.dedup_by_key(|member| member.info.kind);
        if members.len() > Self::MOST_MEMBERS {
            return Err(Error::TooLarge {
                what: "`auto`, in backends to choose among,".to_owned(),
                needed: members.len() as u64,
                limit: Self::MOST_MEMBERS as u64,
                remedy: "leave some out".to_owned(),
            });
        }
        let infos: Vec<_> = members.iter().map(|member| member.info.clone()).collect();
        let (machine, source) = profile::machine(&infos, None, NOT_CALIBRATED);
        let inner = Inner {
            members,
            absent: opened.absent,
            policy,
            machine,
            source,
            refines: false,
            fallbacks: Mutex::default(),
            #[cfg(feature = "gpu")]
            gpu: opened.gpu,
        };
        match inner.refusal() {
            Some(refusal) => Err(refusal),
            None => Ok(Auto { inner: Arc::new(inner) }.modelled(None, NOT_CALIBRATED)),
        }
    }

    /// Sets the profile to decide by. Parts that are not of this machine are ignored, as [`source`](Auto::source) reports.
    pub fn profiled(self, profile: &Profile) -> Auto {
        self.modelled(Some(profile), NOT_CALIBRATED)
    }

    #[cfg(feature = "profile")]
    fn stored(self, stored: Stored) -> Auto {
        self.modelled(stored.profile.as_ref(), &stored.reason)
    }

    fn modelled(self, profile: Option<&Profile>, absent: &str) -> Auto {
        let (machine, mut source) = profile::machine(&self.infos(), profile, absent);
        // What may not be chosen needs no figures.
        source.gpu = source.gpu.filter(|_| self.inner.eligible().any(|member| member.info.memory == Memory::Device));
        Auto { inner: Arc::new(Inner { machine, source, ..self.inner.renewed() }) }
    }

    /// Sets whether kernels that are prepared from now on learn from their own runs: each run is timed, which takes about 50 ns,
    /// and after one that takes longer than predicted, the next best backend is tried. Off by default.
    pub fn refining(self, refines: bool) -> Auto {
        Auto { inner: Arc::new(Inner { refines, ..self.inner.renewed() }) }
    }

    /// Returns the origins of the figures of its decisions.
    pub fn source(&self) -> &Source {
        &self.inner.source
    }

    /// Returns the infos of its backends.
    pub fn infos(&self) -> Vec<Info> {
        self.inner.members.iter().map(|member| member.info.clone()).collect()
    }

    /// Returns the missing backends and the reasons.
    pub fn absent(&self) -> &[(Kind, Error)] {
        &self.inner.absent
    }

    /// Returns the candidates, beginning with the plainest.
    pub fn backends(&self) -> Vec<Arc<dyn Backend>> {
        self.inner.eligible().map(|member| member.backend.clone()).collect()
    }

    /// Returns the GPU, if one may be chosen.
    #[cfg(feature = "gpu")]
    pub fn gpu(&self) -> Option<&super::gpu::Gpu> {
        self.inner.gpu.as_ref().filter(|_| self.inner.eligible().any(|member| member.info.memory == Memory::Device))
    }

    /// Decides which backend runs a kernel over `len` elements; all inputs are arrays.
    pub fn decide(&self, kernel: &Kernel, len: usize, residency: Residency) -> Decision {
        self.decide_with(kernel, kernel.inputs().len(), len, residency)
    }

    /// Does the same as [`decide`](Auto::decide), where only this many of the inputs are arrays.
    pub fn decide_with(&self, kernel: &Kernel, arrays: usize, len: usize, residency: Residency) -> Decision {
        let demand = Demand::new(kernel, arrays);
        Ranking::new(&self.inner, kernel, &demand, residency).decision(len)
    }

    /// Returns the backend for each range of lengths, as `(first length, backend)` in ascending order, beginning with 1; all
    /// inputs are arrays.
    pub fn choices(&self, kernel: &Kernel, residency: Residency) -> Vec<(usize, Kind)> {
        self.choices_with(kernel, kernel.inputs().len(), residency)
    }

    /// Does the same as [`choices`](Auto::choices), where only this many of the inputs are arrays.
    pub fn choices_with(&self, kernel: &Kernel, arrays: usize, residency: Residency) -> Vec<(usize, Kind)> {
        let demand = Demand::new(kernel, arrays);
        Ranking::new(&self.inner, kernel, &demand, residency).choices()
    }

    /// Prepares a kernel for the backends that will be chosen.
    ///
    /// # Errors
    ///
    /// Any error of a backend that the policy insists on.
    pub fn compile(&self, kernel: &Kernel) -> Result<AutoKernel> {
        AutoKernel::new(self.inner.clone(), kernel)
    }

    /// Returns the failures so far, the oldest first. The last 256 are kept.
    pub fn fallbacks(&self) -> Vec<Fallback> {
        self.inner.fallbacks.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The backends that were opened, and those that could not be.
#[derive(Default)]
struct Opened {
    members: Vec<Member>,
    absent: Vec<(Kind, Error)>,
    #[cfg(feature = "gpu")]
    gpu: Option<super::gpu::Gpu>,
}

impl Opened {
    #[cfg(feature = "gpu")]
    fn with_gpu(mut self) -> Self {
        match super::gpu::Gpu::open() {
            Ok(gpu) => {
                self.members.push(Member::new(Box::new(gpu.clone())));
                self.gpu = Some(gpu);
            }
            Err(reason) => self.absent.push((Kind::Gpu, reason)),
        }
        self
    }

    #[cfg(not(feature = "gpu"))]
    fn with_gpu(mut self) -> Self {
        self.absent.extend(Kind::Gpu.open().err().map(|reason| (Kind::Gpu, reason)));
        self
    }
}

impl Backend for Auto {
    /// Returns the widest instruction set and the most threads of what may be chosen, and its GPU.
    fn info(&self) -> Info {
        let infos: Vec<&Info> = self.inner.eligible().map(|member| &member.info).collect();
        let wgsl = infos.iter().any(|info| info.arithmetic == Arithmetic::Wgsl);
        Info {
            kind: Kind::Auto,
            memory: Memory::Host,
            // Any run may be the GPU's, if there is one.
            arithmetic: if wgsl { Arithmetic::Wgsl } else { Arithmetic::Ieee },
            chooses: true,
            isa: infos.iter().filter_map(|info| info.isa).max(),
            threads: infos.iter().filter_map(|info| info.threads).max(),
            device: infos.iter().find_map(|info| info.device.clone()),
            limitation: infos.iter().find_map(|info| info.limitation.clone()),
        }
    }

    fn prepare(&self, kernel: &Kernel) -> Result<Box<dyn Prepared>> {
        Ok(Box::new(self.compile(kernel)?))
    }
}

impl fmt::Debug for Auto {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kinds: Vec<_> = self.inner.members.iter().map(|member| member.info.kind).collect();
        f.debug_struct("Auto").field("backends", &kinds).field("policy", &self.inner.policy).finish_non_exhaustive()
    }
}
