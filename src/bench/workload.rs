//! The built-in workloads: kernels to measure, each with the numbers that it is fed.

use std::borrow::Cow;
use std::str::FromStr;

use rand_distr::{Distribution, StandardNormal, Uniform};
use rand_pcg::Pcg64Mcg;

use crate::error::{Error, Result};
use crate::formula;
use crate::formula::Formula;
pub use crate::formula::Identity;
use crate::kernel::Kernel;
use crate::kernel::arg::Arg;
use crate::num::Num;

formula! {
    /// x + x² + x³, the formula this project exists for.
    pub fn Poly(x) { x + x * x + x * x * x }
}

formula! {
    /// a·x + y, as in the BLAS: two arrays and a number.
    pub fn Axpy(a, x, y) { a * x + y }
}

/// A polynomial with the coefficients 1, 1/2, 1/3, …, by Horner's rule: one `mul_add` a degree.
///
/// It is the beginning of the series of −ln(1 − x)/x, and well conditioned on [−1, 1]: its value is at least 1/2.
#[derive(Clone, Copy, Debug)]
pub struct Horner {
    /// Kept as a slice of unknown length: were the degree a constant, the compiler would unroll the whole polynomial for
    /// each instruction set, and take minutes over it.
    coefficients: &'static [f32],
}

/// 1/k for k starting at 1.
static RECIPROCALS: [f32; Horner::MAX_DEGREE + 1] = {
    let mut all = [0.0; Horner::MAX_DEGREE + 1];
    let mut k = 0;
    while k < all.len() {
        all[k] = 1.0 / (k + 1) as f32;
        k += 1;
    }
    all
};

impl Horner {
    /// The highest degree there is.
    pub const MAX_DEGREE: usize = 256;

    /// Returns the polynomial of a degree; none above [`MAX_DEGREE`](Horner::MAX_DEGREE).
    pub fn new(degree: usize) -> Option<Self> {
        let coefficients = RECIPROCALS.get(..=degree)?;
        Some(Horner { coefficients })
    }
}

impl Formula<1> for Horner {
    #[inline(always)]
    fn eval<T: Num>(&self, [x]: [T; 1]) -> T {
        let mut sum = T::constant(0);
        for coefficient in self.coefficients.iter().rev() {
            sum = sum.mul_add(x, T::constant(*coefficient));
        }
        sum
    }

    fn inputs(&self) -> Vec<String> {
        vec!["x".to_owned()]
    }
}

/// What an input of a workload is fed.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Sample {
    /// An array of standard normal numbers.
    Normal,
    /// An array of numbers spread evenly over a closed interval; the first number alone if there is none between.
    Uniform(f32, f32),
    /// One number.
    Scalar(f32),
}

/// A kernel to measure and the numbers that it is fed.
#[derive(Clone, Debug)]
pub struct Workload {
    /// The kernel; its name is the workload's.
    pub kernel: Kernel,
    /// What each of its inputs is fed.
    pub samples: Vec<Sample>,
    /// The formula, for people.
    pub about: Cow<'static, str>,
}

impl Workload {
    /// The names of the built-in workloads.
    pub const NAMES: [&'static str; 4] = ["poly", "axpy", "horner16", "horner256"];

    /// Returns the built-in workloads.
    pub fn all() -> Vec<Workload> {
        Self::NAMES.iter().filter_map(|name| built_in(name)).collect()
    }

    /// Returns the polynomial of a degree from 1 to 256, by Horner's rule: `horner16` is that of degree 16. None for
    /// others.
    pub fn horner(degree: usize) -> Option<Workload> {
        let formula = Horner::new(degree).filter(|_| degree > 0)?;
        Some(Workload {
            kernel: Kernel::new(format!("horner{degree}"), formula),
            samples: vec![Sample::Uniform(-1.0, 1.0)],
            about: format!("a polynomial of degree {degree}").into(),
        })
    }

    /// Returns the same by another name.
    pub(crate) fn renamed(self, name: &str) -> Workload {
        Workload { kernel: self.kernel.renamed(name), ..self }
    }

    /// Returns the workload's name.
    pub fn name(&self) -> &str {
        self.kernel.name()
    }

    /// Returns input data for `len` elements, the same for the same seed. Data for fewer elements is the start of data for more.
    pub fn data(&self, len: usize, seed: u64) -> Data {
        let inputs = self.samples.iter().enumerate().map(|(stream, sample)| {
            // A generator for each input, so that each array's beginning does not depend on the length.
            let mut random = Pcg64Mcg::new(u128::from(seed) << 64 | stream as u128);
            match *sample {
                Sample::Scalar(value) => Input::Scalar(value),
                Sample::Normal => Input::Array(StandardNormal.sample_iter(&mut random).take(len).collect()),
                Sample::Uniform(low, high) => Input::Array(match Uniform::new_inclusive(low, high) {
                    Ok(uniform) => uniform.sample_iter(&mut random).take(len).collect(),
                    Err(_) => vec![low; len],
                }),
            }
        });
        Data { inputs: inputs.collect() }
    }

    /// Returns a workload of a formula's text, in the language of [`parse`](mod@crate::parse). Its inputs are standard normal
    /// numbers, and it is named as it is written.
    ///
    /// # Errors
    ///
    /// [`Error::Parse`] if it is not a formula.
    pub fn parse(text: &str) -> Result<Workload> {
        let kernel = Kernel::parse(text)?;
        let samples = vec![Sample::Normal; kernel.inputs().len()];
        Ok(Workload { kernel, samples, about: "as given".into() })
    }

    /// Returns the number of bytes of arrays that a run reads and writes for each element: the least that has to move.
    pub fn bytes_per_element(&self) -> usize {
        // A fold writes one number for all elements.
        let output = usize::from(self.kernel.reduction().is_none());
        self.input_bytes() + output * size_of::<f32>()
    }

    /// Returns the number of operations for each element, as [`Program::flops`](crate::Program::flops) counts them: 4 of
    /// `poly`, 2 of `axpy`. None if they cannot be counted, as those of `exp`.
    pub fn flops_per_element(&self) -> Option<usize> {
        self.kernel.program().flops()
    }

    /// Returns the number of bytes of the inputs' arrays for each element.
    pub(crate) fn input_bytes(&self) -> usize {
        self.samples.iter().filter(|sample| !matches!(sample, Sample::Scalar(_))).count() * size_of::<f32>()
    }
}

fn built_in(name: &str) -> Option<Workload> {
    let (kernel, samples, about) = match name {
        "poly" => (Kernel::new("poly", Poly), vec![Sample::Normal], "x + x² + x³"),
        "axpy" => {
            let samples = vec![Sample::Scalar(2.5), Sample::Normal, Sample::Normal];
            (Kernel::new("axpy", Axpy), samples, "a·x + y")
        }
        _ => return Workload::horner(name.strip_prefix("horner")?.parse().ok()?).filter(|it| it.name() == name),
    };
    Some(Workload { kernel, samples, about: about.into() })
}

impl FromStr for Workload {
    type Err = Error;

    fn from_str(name: &str) -> Result<Workload> {
        built_in(name).ok_or_else(|| match name.strip_prefix("horner").map(str::parse::<usize>) {
            Some(Ok(degree)) if Workload::horner(degree).is_none() => Error::Invalid {
                what: "degree",
                given: degree.to_string(),
                expected: format!("write horner1 to horner{}", Horner::MAX_DEGREE),
            },
            _ => Error::unknown("workload", name, Self::NAMES.to_vec()),
        })
    }
}

/// The numbers that a workload is fed.
#[derive(Clone, PartialEq, Debug)]
pub struct Data {
    inputs: Vec<Input>,
}

#[derive(Clone, PartialEq, Debug)]
enum Input {
    Array(Vec<f32>),
    Scalar(f32),
}

impl Data {
    /// Returns the arguments for a run over the first `len` elements.
    ///
    /// # Panics
    ///
    /// If there are fewer.
    pub fn args(&self, len: usize) -> Vec<Arg<'_>> {
        let inputs = self.inputs.iter().map(|input| match input {
            Input::Array(array) => (&array[..len]).into(),
            Input::Scalar(value) => (*value).into(),
        });
        inputs.collect()
    }
}
