//! How much error one operation may add, by whose arithmetic it is.

/// How much error an arithmetic may add in one operation. The figures are relative, in units of 2⁻²⁴ (half an ULP).
pub trait Model: Copy + 'static {
    /// `+ - *` and `mul_add`.
    const ARITHMETIC: f64;
    /// `/`.
    const DIVISION: f64;
    /// `sqrt`.
    const SQRT: f64;
    /// Whether every operation is correctly rounded, subnormals included, and what infinities and NaN arise are certain.
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

/// What a WGSL shader promises: twice the IEEE bound for the operations that are correctly rounded but may be contracted
/// and reordered; 2.5 ULP for division; for the square root, which WGSL defines as `1 / inverseSqrt(x)`, 2 ULP for the
/// inverse root and 2.5 for the quotient. Subnormals may be flushed to zero. Nothing is asked where a finite factor is above
/// 2¹²⁰: a·b + a·c may be computed as a·(b + c), and that sum may overflow.
///
/// WGSL lets an implementation assume that there are no infinities and no NaN, and ignore the sign of a zero. This crate's
/// shaders look at the bits of numbers, so that those that they are given are respected nevertheless: the
/// [module](crate::oracle) says which. Those that arise in a shader need not be.
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

/// What a mathematical function may be off in a shader, in ULP, unless it is exact: the shader computes it as the CPU does,
/// and yet a compiler of shaders may contract and reorder.
pub const FUNCTION_ULP: f64 = 4.0;

/// Whose arithmetic a result came from, and so how far it may be from the oracle.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Arithmetic {
    /// IEEE 754, as on every CPU backend: see [`Ieee`].
    Ieee,
    /// That of a WGSL shader: see [`Wgsl`].
    Wgsl,
}
