//! The Rust program of the comparison with other libraries: answers each line on its standard input with a line on its
//! standard output. `compare.py` builds and drives it, and a similar process for each Python library.
//!
//! | line (words are separated by tabs) | answer |
//! |---|---|
//! | `contenders` | `ok` and the names |
//! | `load` LENGTH LENGTH X Y | `ok`, with two inputs of these lengths, the beginnings of the files X and Y |
//! | `prepare` NAME WORKLOAD | `ok`, with that contender ready |
//! | `check` NAME PATH STRIDE TAIL | `ok`, with every STRIDEth number of the result and its last TAIL in the file PATH |
//! | `run` NAME WARM TIMES | `ok` and the seconds that TIMES calls took, after WARM calls that are not counted |
//! | `drop` | `ok`, with the arrays and contenders gone |
//!
//! The answer to a failed command is `error` and the reason.

mod arrays;
mod ceiling;
mod contender;
mod ours;
mod with_ndarray;

use std::collections::HashMap;
use std::fmt::Display;
use std::hint::black_box;
use std::io::{BufRead, Write};
use std::time::Instant;

use arrays::{Arrays, write_samples};
use contender::Contender;

/// The names that this program answers to.
const NAMES: [&str; 10] = [
    "crossover compiled",
    "crossover text",
    "ndarray azip",
    "ndarray par_azip",
    "ceiling copy",
    "ceiling copy threads",
    "ceiling streaming copy",
    "ceiling streaming copy threads",
    "ceiling read",
    "ceiling read threads",
];

/// Prepares the contender of a name for a workload.
fn prepare(name: &str, workload: &str, threads: usize) -> Outcome<Contender> {
    match name.split_once(' ') {
        Some(("crossover", form)) => ours::contender(form, workload, threads),
        Some(("ndarray", form)) => with_ndarray::contender(form, workload),
        Some(("ceiling", form)) => ceiling::contender(form),
        _ => Err(format!("no contender {name}")),
    }
}

/// The result of a command, or the reason for its failure.
pub type Outcome<T> = Result<T, String>;

/// Formats an error with its subject.
pub fn explain(what: &str, error: impl Display) -> String {
    format!("{what}: {error}")
}

#[derive(Default)]
struct Server {
    arrays: Option<Arrays>,
    contenders: HashMap<String, Contender>,
}

impl Server {
    /// Executes a command line and returns the rest of the answer after `ok`.
    fn answer(&mut self, line: &str) -> Outcome<String> {
        let words: Vec<&str> = line.split('\t').collect();
        match words[..] {
            ["contenders"] => return Ok(NAMES.join("\t")),
            ["load", x_len, y_len, x, y] => {
                *self =
                    Server { arrays: Some(Arrays::read(number(x_len)?, number(y_len)?, x, y)?), ..Server::default() };
            }
            ["prepare", name, workload] => {
                let contender = prepare(name, workload, rayon::current_num_threads())?;
                self.contenders.insert(name.to_owned(), contender);
            }
            ["check", name, path, stride, tail] => self.check(name, path, number(stride)?, number(tail)?)?,
            ["run", name, warm, times] => return self.run(name, number(warm)?, number(times)?),
            ["drop"] => *self = Server::default(),
            _ => return Err(format!("no command {line:?}; the program's documentation lists them")),
        }
        Ok(String::new())
    }

    fn find(&mut self, name: &str) -> Outcome<(&mut Contender, &mut Arrays)> {
        let contender = self.contenders.get_mut(name).ok_or_else(|| format!("{name} is not prepared"))?;
        Ok((contender, self.arrays.as_mut().ok_or("no arrays are loaded")?))
    }

    /// Clears the output, runs a contender, and writes a sample of its result.
    fn check(&mut self, name: &str, path: &str, stride: usize, tail: usize) -> Outcome<()> {
        let (contender, arrays) = self.find(name)?;
        arrays.out.slice_mut().fill(f32::NAN);
        contender.run(arrays)?;
        let out = arrays.out.slice();
        let out = if contender.one { &out[..1] } else { out };
        write_samples(path, out, stride, tail)
    }

    fn run(&mut self, name: &str, warm: usize, times: usize) -> Outcome<String> {
        let (contender, arrays) = self.find(name)?;
        for _ in 0..warm {
            contender.run(black_box(&mut *arrays))?;
        }
        let start = Instant::now();
        for _ in 0..times {
            contender.run(black_box(&mut *arrays))?;
        }
        Ok(start.elapsed().as_secs_f64().to_string())
    }
}

fn number(word: &str) -> Outcome<usize> {
    word.parse().map_err(|error| explain(word, error))
}

fn main() -> std::io::Result<()> {
    let mut server = Server::default();
    let mut answers = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        match server.answer(&line?) {
            Ok(rest) if rest.is_empty() => writeln!(answers, "ok")?,
            Ok(rest) => writeln!(answers, "ok\t{rest}")?,
            Err(reason) => writeln!(answers, "error\t{}", reason.replace(['\n', '\t'], " "))?,
        }
        answers.flush()?;
    }
    Ok(())
}
