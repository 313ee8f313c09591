//! Reading .npy files: the header, then the elements in passing, so that a file may be larger than memory.
//!
//! A header is input from anywhere: before `npyz` reads it, its length, its nesting and its numbers are looked at, as
//! `npyz` would take memory, stack or a wrapped product for whatever it says.

use std::fmt::Display;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use npyz::NpyHeader;

use super::cast::{self, Elements};
use super::layout::Layout;
use crate::Stop;

/// The longest header that is read: numpy's own limit.
const LONGEST_HEADER: usize = 10_000;
/// The deepest nesting in a header; numpy writes two levels, and a few more for structures.
const DEEPEST: usize = 8;
/// The most dimensions an array may have, as in numpy.
const DIMENSIONS: usize = 64;
/// How many elements are read at once where a whole array is.
const PIECE: usize = 1 << 20;

/// An .npy file of which the elements are still to be read.
pub struct Npy {
    /// For messages: the path, or `standard input`.
    file: String,
    reader: Box<dyn Read>,
    elements: Elements,
    pub layout: Layout,
    /// Whether it holds bools.
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
    /// If it cannot be opened or understood, holds what is not read, or is shorter than its header says.
    pub fn open(path: &Path, cast: bool) -> Result<Npy, Stop> {
        let name = path.display().to_string();
        let refused = |error: io::Error| {
            Stop::mistake(format_args!("{name} cannot be read ({error}); give an .npy file that is there and readable"))
        };
        let file = File::open(path).map_err(refused)?;
        let metadata = file.metadata().map_err(refused)?;
        if metadata.is_dir() {
            return Err(Stop::mistake(format_args!("{name} is a folder; give an .npy file in it")));
        }
        // Only of a regular file is it known how much it holds.
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
        let Some(total) = total.filter(|_| layout.shape.len() <= DIMENSIONS) else {
            return Err(Stop::mistake(format_args!("{file}: no array has its shape, {layout}; write the file anew")));
        };
        let (claimed, held) = (total * elements.size() as u64, held.map(|held| held.saturating_sub(begin)));
        if let Some(held) = held.filter(|held| *held < claimed) {
            return Err(Stop::mistake(format_args!(
                "{file} is cut short: its header says shape {layout} of {}, {claimed} bytes, but it holds {held}; write or \
                 copy it anew",
                header.dtype().descr()
            )));
        }
        let condition = cast::is_bool(&header.dtype());
        Ok(Npy { file, reader, elements, layout, condition, total, read: 0, bytes: Vec::new() })
    }

    /// Reads the next elements, as many as there is room for.
    ///
    /// # Errors
    ///
    /// If the file ends early or cannot be read.
    ///
    /// # Panics
    ///
    /// If it has fewer.
    pub fn read(&mut self, out: &mut [f32]) -> Result<(), Stop> {
        assert!(out.len() as u64 <= self.total - self.read, "more elements are asked for than there are");
        let done = match self.elements {
            Elements::Float32 => self.reader.read_exact(bytemuck::cast_slice_mut(out)).map(|()| {
                // Nothing to do where the machine's own order is the file's.
                out.iter_mut().for_each(|value| *value = f32::from_bits(u32::from_le(value.to_bits())));
            }),
            Elements::Other { size, convert } => {
                self.bytes.resize(out.len() * size, 0);
                self.reader.read_exact(&mut self.bytes).map(|()| convert(&self.bytes, out))
            }
        };
        done.map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => Stop::mistake(format_args!(
                "{} ends before the {} elements that its header says; write or copy it anew",
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
            let now = left.min(PIECE);
            // Piece by piece, so that a pipe whose header lies costs no more memory than it sends.
            if all.try_reserve(now).is_err() {
                return Err(Stop::mistake(format_args!(
                    "{} is read whole, as it is stored in another order or shape than the result, but its {} elements do \
                     not fit in memory; store it as the result is",
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
    Stop::mistake(format_args!("{file} cannot be read ({error}); give an .npy file that can"))
}

/// The header, and how many bytes it takes.
fn read_header(file: &str, reader: &mut dyn Read) -> Result<(NpyHeader, u64), Stop> {
    let broken = |what: &dyn Display| {
        Stop::mistake(format_args!("{file} is not a sound .npy file: {what}; write it anew, as with numpy.save"))
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
            let which = format!("its format is version {}.{}, but 1.0, 2.0 and 3.0 are known", version[0], version[1]);
            return Err(broken(&which));
        }
    };
    bytes.extend(&length);
    let length = length.iter().rev().fold(0, |sum, byte| (sum << 8) | usize::from(*byte));
    if length > LONGEST_HEADER {
        return Err(broken(&format_args!("its header has {length} bytes, but {LONGEST_HEADER} are the most")));
    }
    let text = without_long(take(length)?);
    plausible(&text).map_err(|what| broken(&what))?;
    bytes.extend(text);
    let header = NpyHeader::from_reader(&bytes[..]).map_err(|error| {
        let error = error.to_string();
        // The Python parser's errors are pictures of several lines.
        broken(&if error.contains('\n') { "its header is no Python dictionary" } else { &error })
    })?;
    Ok((header, bytes.len() as u64))
}

/// The header with a blank for each `L` behind a number: so Python 2 wrote a long one, as in the shape `(4L,)`.
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

/// Whether `npyz` can read this header without harm, whatever it then finds.
fn plausible(text: &[u8]) -> Result<(), &'static str> {
    let mut depth = 0usize;
    for byte in text {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEEPEST {
            return Err("its header is nested too deeply");
        }
    }
    // Every number in it, extents among them. The product, zeros aside, bounds every product that `npyz` makes.
    let words =
        text.split(|byte| !byte.is_ascii_alphanumeric()).filter(|word| word.first().is_some_and(u8::is_ascii_digit));
    let numbers = words.map(|word| std::str::from_utf8(word).ok().and_then(|word| word.parse::<u64>().ok()));
    let product =
        numbers.map(|number| Some(number?.max(1))).try_fold(1u64, |product, number| product.checked_mul(number?));
    product.map(|_| ()).ok_or("its header has numbers beyond counting, or words that are none")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file with this header text.
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
            assert!(refused(&npy(&text)).contains("beyond counting"), "{shape}");
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
            assert!(refused(&sound[..at]).contains("not a sound .npy file"));
        }
    }
}
