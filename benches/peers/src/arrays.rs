//! The arrays that the contenders share: inputs and output.

use std::fs::File;
use std::io::{BufWriter, Read, Write};

use crate::{Outcome, explain};

/// The alignment of every array in bytes, the same as for the other libraries.
const ALIGNMENT: usize = 64;

/// An array of `f32` that is aligned to [`ALIGNMENT`].
pub struct Aligned {
    all: Vec<f32>,
    from: usize,
    len: usize,
}

impl Aligned {
    pub fn new(len: usize) -> Self {
        let all = vec![0.0_f32; len + ALIGNMENT / size_of::<f32>()];
        // A vector of `f32` is aligned to four bytes, so the offset is a number of elements.
        let from = all.as_ptr().align_offset(ALIGNMENT);
        Aligned { all, from, len }
    }

    /// Reads the first `len` numbers of a file of little-endian `f32`.
    pub fn read(path: &str, len: usize) -> Outcome<Self> {
        const BLOCK: usize = 1 << 20;
        let mut file = File::open(path).map_err(|error| explain(path, error))?;
        let mut array = Aligned::new(len);
        let mut bytes = vec![0; BLOCK];
        for part in array.slice_mut().chunks_mut(BLOCK / size_of::<f32>()) {
            let bytes = &mut bytes[..size_of_val(part)];
            file.read_exact(bytes).map_err(|error| explain(path, error))?;
            for (number, bytes) in part.iter_mut().zip(bytes.as_chunks().0) {
                *number = f32::from_le_bytes(*bytes);
            }
        }
        Ok(array)
    }

    pub fn slice(&self) -> &[f32] {
        &self.all[self.from..self.from + self.len]
    }

    pub fn slice_mut(&mut self) -> &mut [f32] {
        &mut self.all[self.from..self.from + self.len]
    }
}

/// Two inputs and an output; the second input is empty for workloads of one.
pub struct Arrays {
    pub x: Aligned,
    pub y: Aligned,
    pub out: Aligned,
}

impl Arrays {
    pub fn read(x_len: usize, y_len: usize, x: &str, y: &str) -> Outcome<Self> {
        Ok(Arrays { x: Aligned::read(x, x_len)?, y: Aligned::read(y, y_len)?, out: Aligned::new(x_len) })
    }
}

/// Writes every `stride`th number of an array and then the last `tail` numbers, as little-endian `f32`; of an array of one,
/// that one.
pub fn write_samples(path: &str, array: &[f32], stride: usize, tail: usize) -> Outcome<()> {
    let mut file = BufWriter::new(File::create(path).map_err(|error| explain(path, error))?);
    let tail = if array.len() > 1 { tail } else { 0 };
    let last = &array[array.len().saturating_sub(tail)..];
    for number in array.iter().step_by(stride.max(1)).chain(last) {
        file.write_all(&number.to_le_bytes()).map_err(|error| explain(path, error))?;
    }
    file.flush().map_err(|error| explain(path, error))
}
