//! What the command says where the system starts too few threads.
#![cfg(target_os = "linux")]

use std::path::Path;

use crate::limited::limited;

#[test]
fn the_command_says_why_there_are_fewer_threads() {
    let explain = ["explain", "x + 1", "--elements", "1e6", "--no-gpu"];
    for arguments in [&explain[..], &["explain", "x + 1", "--no-gpu"]] {
        let mut command = match limited(1, Path::new(env!("CARGO_BIN_EXE_crossover"))) {
            Ok(command) => command,
            Err(reason) => return println!("skipped: {reason}"),
        };
        let output = command.args(arguments).output().unwrap();
        let told = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stderr));
        assert!(told.contains("note: threads: 1 of 8 threads, as the system starts no more"), "{told}");
    }
}
