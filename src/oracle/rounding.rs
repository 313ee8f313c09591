//! Rounding models: how much error one operation may add, in IEEE 754 arithmetic and in WGSL.

/// The error that one operation may add. The constants are relative, in units of 2⁻²⁴ (half an ULP).
pub trait Model: Copy + 'static {
    /// `+ - *` and `mul_add`.
    const ARITHMETIC: f64;
    /// `/`.
    const DIVISION: f64;
    /// `sqrt`.
    const SQRT: f64;
    /// Whether every operation is correctly rounded, also for subnormals, and infinities and NaN are those of IEEE 754.
    const IEEE: bool;
}

/// IEEE 754 arithmetic: each operation is off by half an ULP at most.
#[derive(Clone, Copy, Debug)]
pub struct Ieee;

impl Model for Ieee {
    const ARITHMETIC: f64 = 1.0;
    const DIVISION: f64 = 1.0;
    const SQRT: f64 = 1.0;
    const IEEE: bool = true;
}

/// The arithmetic of a WGSL shader: twice the IEEE bound for operations that are correctly rounded but may be contracted
/// and reordered; 2.5 ULP for division; for the square root, which WGSL defines as `1 / inverseSqrt(x)`, 2 ULP for the
/// inverse root and 2.5 for the quotient. Subnormals may be flushed to zero. Any result is allowed where a finite factor is
/// above 2¹²⁰: a·b + a·c may be computed as a·(b + c), and that sum may overflow.
///
/// WGSL lets an implementation assume that there are no infinities and no NaN, and ignore the sign of a zero. This crate's
/// shaders test the bits of numbers, so that those among the inputs are respected as listed in the
/// [module](crate::oracle). Those that arise in a shader need not be.
///
/// Source: *WebGPU Shading Language*, W3C, section 15.7 "Floating Point Evaluation".
#[derive(Clone, Copy, Debug)]
pub struct Wgsl;

impl Model for Wgsl {
    const ARITHMETIC: f64 = 2.0;
    const DIVISION: f64 = 5.0;
    const SQRT: f64 = 9.0;
    const IEEE: bool = false;
}

/// The largest error of a mathematical function in a shader, in ULP, unless it is exact. The shader uses the CPU's
/// algorithm, but its compiler may contract and reorder operations.
pub const FUNCTION_ULP: f64 = 4.0;

/// The arithmetic that computed a result, and so its allowed distance from the oracle.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Arithmetic {
    /// IEEE 754, as on every CPU backend: see [`Ieee`].
    Ieee,
    /// WGSL, as in a shader: see [`Wgsl`].
    Wgsl,
}
