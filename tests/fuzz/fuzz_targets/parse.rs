//! Any text is a formula or an error with a place in the text; what is a formula runs.
#![no_main]

use crossover::{Arg, Backend, Kernel, Loop};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    match crossover::parse::parse(text) {
        Ok(program) => {
            let kernel = Kernel::from_program("fuzzed", program);
            let inputs = vec![Arg::from(0.5); kernel.inputs().len()];
            let _ = Loop.run(&kernel, &inputs, &mut [0.0]);
        }
        Err(error) => {
            let at = error.at();
            assert!(text.is_char_boundary(at.start) && text.is_char_boundary(at.end));
            assert_eq!(error.to_string().lines().count(), 3);
        }
    }
});
