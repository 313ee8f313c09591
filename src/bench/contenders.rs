//! The contenders of a backend.

use super::contender::{Contender, Host};
#[cfg(feature = "gpu")]
use super::device::OnDevice;
use super::regime::Regime;
use crate::backend::Kind;
use crate::error::Result;

/// Returns a backend with its defaults, under those of these regimes that it can be [measured under](Regime::is_of), in the
/// order of [`Regime::ALL`].
///
/// # Errors
///
/// As [`Kind::open`].
pub fn contenders(kind: Kind, regimes: &[Regime]) -> Result<Vec<Box<dyn Contender>>> {
    #[cfg(feature = "gpu")]
    if kind == Kind::Gpu {
        let gpu = crate::backend::gpu::Gpu::open()?;
        let mut all = Host::under(Box::new(gpu.clone()), regimes);
        let ways = [OnDevice::compute, OnDevice::resident, OnDevice::scalar].map(|way| way(gpu.clone()));
        let asked = ways.into_iter().filter(|way| regimes.contains(&way.regime()));
        all.extend(asked.map(|way| -> Box<dyn Contender> { Box::new(way) }));
        return Ok(all);
    }
    Ok(Host::under(kind.open()?, regimes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_regime_has_a_name_and_each_backend_its_regimes() {
        for regime in Regime::ALL {
            assert_eq!(regime.name().parse::<Regime>().ok(), Some(regime));
        }
        let error = "residant".parse::<Regime>().unwrap_err().to_string();
        assert!(error.contains("unknown regime `residant` (did you mean `resident`?)"), "{error}");
        let ways = |kind: Kind| Regime::ALL.into_iter().filter(|regime| regime.is_of(kind)).collect::<Vec<_>>();
        assert_eq!(ways(Kind::Auto), [Regime::Host, Regime::Fresh]);
        assert_eq!(ways(Kind::Gpu), [Regime::Host, Regime::Compute, Regime::Resident, Regime::Scalar]);
        let found = contenders(Kind::Simd, &Regime::ALL).unwrap();
        assert_eq!(found.iter().map(|each| each.regime()).collect::<Vec<_>>(), [Regime::Host, Regime::Fresh]);
        assert_eq!(contenders(Kind::Simd, &Regime::USUAL).unwrap().len(), 1);
    }
}
