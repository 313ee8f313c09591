//! The other backends, and what an `Auto` shares with its kernels.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use super::machine::Machine;
use super::policy::{Among, Policy, Residency};
use super::profile::Source;
use crate::backend::{Backend, Info, Kind};
use crate::error::Error;
use crate::kernel::Kernel;

/// Failures that are remembered.
const REMEMBERED: usize = 256;

/// What an `Auto` shares with its kernels.
pub(super) struct Inner {
    pub(super) members: Vec<Member>,
    /// Backends that are not here, and why.
    pub(super) absent: Vec<(Kind, Error)>,
    pub(super) policy: Policy,
    pub(super) machine: Machine,
    pub(super) source: Source,
    pub(super) refines: bool,
    pub(super) fallbacks: Mutex<Vec<Fallback>>,
    #[cfg(feature = "gpu")]
    pub(super) gpu: Option<crate::backend::gpu::Gpu>,
}

/// Predicts the time of runs on a backend outside of this crate.
pub trait CostModel: Send + Sync {
    /// Returns the time of a run over `elements`, in seconds, with the arrays in this memory before and after. Infinity if the
    /// backend cannot run the kernel.
    fn seconds(&self, kernel: &Kernel, elements: usize, residency: Residency) -> f64;
}

impl<F: Fn(&Kernel, usize, Residency) -> f64 + Send + Sync> CostModel for F {
    fn seconds(&self, kernel: &Kernel, elements: usize, residency: Residency) -> f64 {
        self(kernel, elements, residency)
    }
}

/// A backend that [`Auto`](super::Auto) chooses among.
#[derive(Clone)]
pub struct Member {
    pub(super) info: Info,
    pub(super) backend: Arc<dyn Backend>,
    pub(super) cost: Option<Arc<dyn CostModel>>,
}

impl Member {
    /// Creates a member whose costs are those of this crate's model; a backend outside of this crate has none there.
    pub fn new(backend: Box<dyn Backend>) -> Self {
        Member { info: backend.info(), backend: backend.into(), cost: None }
    }

    /// Sets the cost model, which is used in place of this crate's.
    pub fn with_cost(self, cost: impl CostModel + 'static) -> Self {
        Member { cost: Some(Arc::new(cost)), ..self }
    }
}

impl fmt::Debug for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Member").field("info", &self.info).finish_non_exhaustive()
    }
}

impl Inner {
    /// Returns the same, to be changed, with nothing remembered.
    pub(super) fn renewed(&self) -> Inner {
        Inner {
            members: self.members.clone(),
            absent: self.absent.clone(),
            policy: self.policy,
            machine: self.machine.clone(),
            source: self.source.clone(),
            refines: self.refines,
            fallbacks: Mutex::default(),
            #[cfg(feature = "gpu")]
            gpu: self.gpu.clone(),
        }
    }

    /// Returns why a backend may not be chosen, if it may not.
    pub(super) fn excluded(&self, member: &Member) -> Option<&'static str> {
        self.policy.excludes(&member.info)
    }

    /// Returns the backends that may be chosen.
    pub(super) fn eligible(&self) -> impl Iterator<Item = &Member> {
        self.members.iter().filter(|member| self.excluded(member).is_none())
    }

    /// Returns why no backend may be chosen, if none may.
    pub(super) fn refusal(&self) -> Option<Error> {
        if self.eligible().next().is_some() {
            return None;
        }
        let wanted = match self.policy.among {
            Among::Only(kind) => kind,
            _ => Kind::Gpu,
        };
        if let Some((_, reason)) = self.absent.iter().find(|(kind, _)| *kind == wanted) {
            return Some(reason.clone());
        }
        let found = self.members.iter().find(|member| member.info.kind == wanted);
        Some(Error::Unavailable {
            what: format!("the {wanted} backend"),
            reason: match found {
                Some(member) => format!("it is a software rasterizer: {}", member.info),
                None => "it is not among the backends".to_owned(),
            },
            remedy: "allow another backend, or software, in the policy".to_owned(),
        })
    }

    pub(super) fn remember(&self, fallback: Fallback) {
        let mut all = self.fallbacks.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() == REMEMBERED {
            all.remove(0);
        }
        all.push(fallback);
    }
}

/// A failed run. The next best backend ran it, if there was one.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Fallback {
    /// The backend that failed.
    pub kind: Kind,
    /// The kernel's name.
    pub kernel: String,
    /// The number of elements, or `None` if the kernel could not be prepared.
    pub elements: Option<usize>,
    /// The error.
    pub error: Error,
}

impl fmt::Display for Fallback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Fallback { kind, kernel, error, .. } = self;
        match self.elements {
            Some(elements) => write!(f, "{kind} failed with `{kernel}` over {elements} elements: {error}"),
            None => write!(f, "{kind} could not prepare `{kernel}`: {error}"),
        }
    }
}
