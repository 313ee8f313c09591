//! Number types of files, and their conversion to the nearest `f32`.

use npyz::{DType, Endianness, TypeChar};

use crate::Stop;

/// The conversion of a file's elements.
#[derive(Clone, Copy)]
pub enum Elements {
    /// No conversion: little-endian float32.
    Float32,
    /// Conversion of each `size` bytes to the nearest `f32`.
    Other {
        /// The size of an element in bytes.
        size: usize,
        /// Converts all elements.
        convert: fn(&[u8], &mut [f32]),
    },
}

impl Elements {
    /// Returns the size of an element in bytes.
    pub fn size(self) -> usize {
        match self {
            Elements::Float32 => size_of::<f32>(),
            Elements::Other { size, .. } => size,
        }
    }

    /// Returns the conversion for the elements of `file`, of type `dtype`.
    ///
    /// # Errors
    ///
    /// If the conversion may be inexact and `cast` is not set, or if the elements are not real numbers.
    pub fn of(file: &str, dtype: &DType, cast: bool) -> Result<Elements, Stop> {
        let found = plain(dtype);
        match found {
            Some(elements) if cast || is_exact(dtype) => Ok(elements),
            Some(_) => Err(Stop::mistake(format_args!(
                "{file} holds {}, of which float32 cannot hold every number; convert them to the nearest with --cast",
                dtype.descr()
            ))),
            None => Err(Stop::mistake(format_args!(
                "{file} holds {}, which cannot be read; save it as float32, another real number of 8 bytes or fewer, or \
                 bool",
                if let DType::Plain(_) = dtype { dtype.descr() } else { "structured elements".to_owned() }
            ))),
        }
    }
}

/// Returns whether the elements are numpy's bool.
pub fn is_bool(dtype: &DType) -> bool {
    matches!(dtype, DType::Plain(found) if found.type_char() == TypeChar::Bool)
}

/// Returns whether `f32` can represent every number of a type.
fn is_exact(dtype: &DType) -> bool {
    let DType::Plain(found) = dtype else { return false };
    match found.type_char() {
        TypeChar::Float => found.size_field() <= 4,
        TypeChar::Int | TypeChar::Uint => found.size_field() <= 2,
        TypeChar::Bool => true,
        _ => false,
    }
}

/// Reads elements of a type with one of its `from_…_bytes`, and converts them with a function.
macro_rules! other {
    ($type:ty, $from:ident, $to_f32:expr) => {
        Elements::Other {
            size: size_of::<$type>(),
            convert: |bytes, out| {
                for (out, bytes) in out.iter_mut().zip(bytes.as_chunks().0) {
                    *out = $to_f32(<$type>::$from(*bytes));
                }
            },
        }
    };
}

fn plain(dtype: &DType) -> Option<Elements> {
    /// For a type in both byte orders.
    macro_rules! either {
        ($order:expr, $type:ty, $to_f32:expr) => {
            if $order == Endianness::Big {
                other!($type, from_be_bytes, $to_f32)
            } else {
                other!($type, from_le_bytes, $to_f32)
            }
        };
    }
    let DType::Plain(found) = dtype else {
        return None;
    };
    // `as` rounds to the nearest, ties to even.
    Some(match (found.type_char(), found.size_field(), found.endianness()) {
        (TypeChar::Float, 4, Endianness::Little) => Elements::Float32,
        (TypeChar::Float, 4, _) => other!(f32, from_be_bytes, |x| x),
        (TypeChar::Float, 2, order) => either!(order, u16, |bits| half::f16::from_bits(bits).to_f32()),
        (TypeChar::Float, 8, order) => either!(order, f64, |x| x as f32),
        (TypeChar::Int, 1, _) => other!(i8, from_le_bytes, f32::from),
        (TypeChar::Int, 2, order) => either!(order, i16, f32::from),
        (TypeChar::Int, 4, order) => either!(order, i32, |x| x as f32),
        (TypeChar::Int, 8, order) => either!(order, i64, |x| x as f32),
        (TypeChar::Uint, 1, _) => other!(u8, from_le_bytes, f32::from),
        (TypeChar::Uint, 2, order) => either!(order, u16, f32::from),
        (TypeChar::Uint, 4, order) => either!(order, u32, |x| x as f32),
        (TypeChar::Uint, 8, order) => either!(order, u64, |x| x as f32),
        (TypeChar::Bool, 1, _) => other!(u8, from_le_bytes, |x| f32::from(u8::from(x != 0))),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn converted(name: &str, bytes: &[u8]) -> Vec<f32> {
        let elements = plain(&DType::Plain(name.parse().unwrap())).unwrap();
        let Elements::Other { size, convert } = elements else {
            panic!("{name} needs no conversion");
        };
        let mut out = vec![f32::NAN; bytes.len() / size];
        convert(bytes, &mut out);
        out
    }

    #[test]
    fn every_type_becomes_the_nearest_f32() {
        assert_eq!(converted("<f8", &0.1f64.to_le_bytes()), [0.1f32]);
        assert_eq!(converted(">f8", &1e300f64.to_be_bytes()), [f32::INFINITY]);
        assert_eq!(converted(">f4", &1.5f32.to_be_bytes()), [1.5]);
        assert_eq!(converted("|i1", &[0xff, 2]), [-1.0, 2.0]);
        assert_eq!(converted("|u1", &[0xff, 2]), [255.0, 2.0]);
        assert_eq!(converted("|b1", &[0, 1, 2]), [0.0, 1.0, 1.0]);
        assert_eq!(converted("<i2", &[0xfe, 0xff, 1, 0]), [-2.0, 1.0]);
        assert_eq!(converted(">u2", &[1, 2]), [258.0]);
        // Halfway between two floats goes to the even one; a little more goes up.
        assert_eq!(converted("<i4", &16_777_217i32.to_le_bytes()), [16_777_216.0]);
        assert_eq!(converted(">u4", &16_777_219u32.to_be_bytes()), [16_777_220.0]);
        assert_eq!(
            converted("<i8", &(-(1i64 << 60) - (1 << 36) - 1).to_le_bytes()),
            [-((1i64 << 60) as f32) - 1.374_389_5e11]
        );
        assert_eq!(converted("<u8", &u64::MAX.to_le_bytes()), [18_446_744_073_709_551_615f32]);
        // A little more than halfway, which an f64 would round to halfway first: below and above the largest i64.
        for place in [60, 63] {
            let (low, high) = (1u64 << place, (1u64 << place) + (1 << (place - 23)));
            let value = low + (1 << (place - 24)) + 1;
            assert_eq!(converted("<u8", &value.to_le_bytes()), [high as f32], "{value}");
            assert_ne!(value as f64 as f32, high as f32, "{value}");
        }
    }

    #[test]
    fn halves_are_exact() {
        let half = |bits: u16| converted("<f2", &bits.to_le_bytes())[0];
        let cases =
            [(0x3c00, 1.0), (0xc000, -2.0), (0x7bff, 65504.0), (0x0001, 5.960_464_5e-8), (0x3555, 0.333_251_95)];
        for (bits, value) in cases {
            assert_eq!(half(bits), value, "{bits:#x}");
        }
        assert_eq!((half(0x7c00), half(0xfc00)), (f32::INFINITY, f32::NEG_INFINITY));
        assert!(half(0x7e00).is_nan() && half(0x8000).is_sign_negative());
        // Ordered as their bits are, so no exponent is off.
        assert!((0..0x7c00).all(|bits| half(bits) < half(bits + 1)));
    }

    #[test]
    fn what_is_no_real_number_is_refused() {
        for name in ["<c8", "|S3", "<U4", "|O", "<M8[s]", "<f16", "|V4"] {
            assert!(plain(&DType::Plain(name.parse().unwrap())).is_none(), "{name}");
        }
    }
}
