//! Reads .npy files: the header, then a stream of elements, so that a file may be larger than memory.
//!
//! Headers are untrusted: their length, nesting and numbers are checked before `npyz` reads them, which might otherwise exhaust
//! memory or the stack, or overflow a product.

use std::fmt::Display;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use npyz::NpyHeader;

use super::cast::{self, Elements};
use super::layout::Layout;
use crate::Stop;

/// The maximum length of a header in bytes: numpy's own limit.
const MAX_HEADER_BYTES: usize = 10_000;
/// The maximum nesting in a header; numpy writes two levels, and a few more for structures.
const MAX_NESTING: usize = 8;
/// The maximum number of dimensions, as in numpy.
const MAX_DIMENSIONS: usize = 64;
/// The number of elements per read of a whole array.
const PIECE_ELEMENTS: usize = 1 << 20;

/// An .npy file whose header has been read.
pub struct Npy {
    /// The name in messages: the path, or `standard input`.
    file: String,
    reader: Box<dyn Read>,
    elements: Elements,
    pub layout: Layout,
    /// Whether the elements are bools.
    pub condition: bool,
    total: u64,
    read: u64,
    /// The bytes of elements that need conversion.
    bytes: Vec<u8>,
}

impl Npy {
    /// Opens a file and reads its header.
    ///
    /// # Errors
    ///
    /// If it cannot be opened or parsed, has an unsupported type, or is shorter than its header specifies.
    pub fn open(path: &Path, cast: bool) -> Result<Npy, Stop> {
        let name = path.display().to_string();
        let refused = |error: io::Error| {
            Stop::mistake(format_args!("{name} cannot be read ({error}); give an existing, readable .npy file"))
        };
        let file = File::open(path).map_err(refused)?;
        let metadata = file.metadata().map_err(refused)?;
        if metadata.is_dir() {
            return Err(Stop::mistake(format_args!("{name} is a folder; give an .npy file in it")));
        }
        // Only a regular file has a known length.
        let held = metadata.is_file().then_some(metadata.len());
        Npy::new(name.clone(), Box::new(file), held, cast)
    }

    /// Reads the header from standard input.
    ///
    /// # Errors
    ///
    /// As [`open`](Npy::open).
    pub fn stdin(cast: bool) -> Result<Npy, Stop> {
        Npy::new("standard input".to_owned(), Box::new(io::stdin().lock()), None, cast)
    }

    fn new(file: String, mut reader: Box<dyn Read>, held: Option<u64>, cast: bool) -> Result<Npy, Stop> {
        let (header, begin) = read_header(&file, &mut *reader)?;
        let elements = Elements::of(&file, &header.dtype(), cast)?;
        let layout = Layout { shape: header.shape().to_vec(), order: header.order() };
        let total = layout.elements().filter(|total| total.checked_mul(elements.size() as u64).is_some());
        let Some(total) = total.filter(|_| layout.shape.len() <= MAX_DIMENSIONS) else {
            return Err(Stop::mistake(format_args!("{file}: its shape {layout} is impossible; write the file again")));
        };
        let (claimed, held) = (total * elements.size() as u64, held.map(|held| held.saturating_sub(begin)));
        if let Some(held) = held.filter(|held| *held < claimed) {
            return Err(Stop::mistake(format_args!(
                "{file} is truncated: its header specifies shape {layout} of {}, {claimed} bytes, but it has {held}; write \
                 or copy it again",
                header.dtype().descr()
            )));
        }
        let condition = cast::is_bool(&header.dtype());
        Ok(Npy { file, reader, elements, layout, condition, total, read: 0, bytes: Vec::new() })
    }

    /// Reads the next elements, filling `out`.
    ///
    /// # Errors
    ///
    /// If the file ends early or cannot be read.
    ///
    /// # Panics
    ///
    /// If fewer elements are left.
    pub fn read(&mut self, out: &mut [f32]) -> Result<(), Stop> {
        assert!(out.len() as u64 <= self.total - self.read, "more elements are requested than are left");
        let done = match self.elements {
            Elements::Float32 => self.reader.read_exact(bytemuck::cast_slice_mut(out)).map(|()| {
                // A no-op on a little-endian machine.
                out.iter_mut().for_each(|value| *value = f32::from_bits(u32::from_le(value.to_bits())));
            }),
            Elements::Other { size, convert } => {
                self.bytes.resize(out.len() * size, 0);
                self.reader.read_exact(&mut self.bytes).map(|()| convert(&self.bytes, out))
            }
        };
        done.map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => Stop::mistake(format_args!(
                "{} ends before the {} elements that its header specifies; write or copy it again",
                self.file, self.total
            )),
            _ => unreadable(&self.file, error),
        })?;
        self.read += out.len() as u64;
        Ok(())
    }

    /// Reads all elements into memory.
    ///
    /// # Errors
    ///
    /// As [`read`](Npy::read), and if there is not enough memory.
    pub fn read_whole(mut self) -> Result<Vec<f32>, Stop> {
        let mut all = Vec::new();
        let mut left = self.total as usize;
        while left > 0 {
            let now = left.min(PIECE_ELEMENTS);
            // Piece by piece, so that a pipe with a wrong header takes no more memory than it sends.
            if all.try_reserve(now).is_err() {
                return Err(Stop::mistake(format_args!(
                    "{} is read whole, because its order or shape differs from the result's, but its {} elements do not fit \
                     in memory; store it in the result's order and shape",
                    self.file, self.total
                )));
            }
            let begin = all.len();
            all.resize(begin + now, 0.0);
            self.read(&mut all[begin..])?;
            left -= now;
        }
        Ok(all)
    }
}

fn unreadable(file: &str, error: io::Error) -> Stop {
    Stop::mistake(format_args!("{file} cannot be read ({error}); give a readable .npy file"))
}

/// Reads the header, and returns it with its length in bytes.
fn read_header(file: &str, reader: &mut dyn Read) -> Result<(NpyHeader, u64), Stop> {
    let broken = |what: &dyn Display| {
        Stop::mistake(format_args!(
            "{file} is not a valid .npy file: {what}; write it again, for example with numpy.save"
        ))
    };
    let mut take = |count: usize| {
        let mut bytes = vec![0; count];
        reader.read_exact(&mut bytes).map(|()| bytes).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => broken(&"it ends within its header"),
            _ => unreadable(file, error),
        })
    };
    let mut bytes = take(6)?;
    if bytes != b"\x93NUMPY" {
        return Err(broken(&"it does not begin with \\x93NUMPY"));
    }
    let version = take(2)?;
    bytes.extend(&version);
    let length = match version[..] {
        [1, 0] => take(2)?,
        [2 | 3, 0] => take(4)?,
        _ => {
            let which =
                format!("its format is version {}.{}, but 1.0, 2.0 and 3.0 are supported", version[0], version[1]);
            return Err(broken(&which));
        }
    };
    bytes.extend(&length);
    let length = length.iter().rev().fold(0, |sum, byte| (sum << 8) | usize::from(*byte));
    if length > MAX_HEADER_BYTES {
        return Err(broken(&format_args!("its header has {length} bytes, but at most {MAX_HEADER_BYTES} are allowed")));
    }
    let text = without_long(take(length)?);
    plausible(&text).map_err(|what| broken(&what))?;
    bytes.extend(text);
    let header = NpyHeader::from_reader(&bytes[..]).map_err(|error| {
        let error = error.to_string();
        // The Python parser's errors span several lines.
        broken(&if error.contains('\n') { "its header is not a Python dictionary" } else { &error })
    })?;
    Ok((header, bytes.len() as u64))
}

/// Replaces each `L` after a number by a blank: Python 2 wrote long integers with it, as in the shape `(4L,)`.
fn without_long(mut text: Vec<u8>) -> Vec<u8> {
    let (mut quote, mut number) = (None, false);
    for byte in &mut text {
        match (quote, *byte) {
            (Some(open), close) if open == close => quote = None,
            (None, open @ (b'\'' | b'"')) => quote = Some(open),
            (None, b'L') if number => *byte = b' ',
            _ => {}
        }
        number = quote.is_none() && byte.is_ascii_digit();
    }
    text
}

/// Checks that `npyz` can read this header safely.
fn plausible(text: &[u8]) -> Result<(), &'static str> {
    let mut depth = 0usize;
    for byte in text {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_NESTING {
            return Err("its header is nested too deeply");
        }
    }
    // All numbers, including the extents. Their product, without zeros, bounds every product that `npyz` computes.
    let words =
        text.split(|byte| !byte.is_ascii_alphanumeric()).filter(|word| word.first().is_some_and(u8::is_ascii_digit));
    let numbers = words.map(|word| std::str::from_utf8(word).ok().and_then(|word| word.parse::<u64>().ok()));
    let product =
        numbers.map(|number| Some(number?.max(1))).try_fold(1u64, |product, number| product.checked_mul(number?));
    product.map(|_| ()).ok_or("its header has invalid numbers, or numbers whose product overflows")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns a file with this header text.
    fn npy(text: &str) -> Vec<u8> {
        [b"\x93NUMPY\x01\x00", &(text.len() as u16).to_le_bytes()[..], text.as_bytes()].concat()
    }

    fn refused(bytes: &[u8]) -> String {
        match read_header("f", &mut &bytes[..]) {
            Ok(_) => panic!("{:?} was read", String::from_utf8_lossy(bytes)),
            Err(stop) => stop.message,
        }
    }

    #[test]
    fn headers_that_would_do_harm_are_refused() {
        let deep =
            format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {}{}}}", "(".repeat(999), ")".repeat(999));
        assert!(refused(&npy(&deep)).contains("nested too deeply"));
        for shape in
            ["4294967296, 4294967296", "0, 4294967296, 4294967296", "18446744073709551616", "0xfffffffffffffffff"]
        {
            let text = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({shape},), }}");
            assert!(refused(&npy(&text)).contains("product overflows"), "{shape}");
        }
        assert!(refused(b"\x93NUMPY\x02\x00\xff\xff\xff\xff{}").contains("4294967295 bytes"));
    }

    #[test]
    fn no_header_makes_it_panic() {
        let sound = npy("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }\n");
        assert!(read_header("f", &mut &sound[..]).is_ok());
        for at in 0..sound.len() {
            for byte in (0..=255).chain([b'(', b'\'', b'\\', b'0', b'-', b'L']) {
                let mut changed = sound.clone();
                changed[at] = byte;
                if let Err(stop) = read_header("f", &mut &changed[..]) {
                    assert_eq!(stop.message.lines().count(), 1, "{}", stop.message);
                }
            }
            assert!(refused(&sound[..at]).contains("not a valid .npy file"));
        }
    }
}
