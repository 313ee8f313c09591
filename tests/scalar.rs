//! The loop is what it says: its machine code works on one number at a time.
#![cfg(all(target_arch = "x86_64", target_os = "linux"))]

use std::process::Command;

use crossover::{Loop, Workload};

/// Instructions that do arithmetic on several numbers at once. Moves and the logic that makes zeros are not among them.
const PACKED: [&str; 8] = ["addps", "subps", "mulps", "divps", "sqrtps", "minps", "maxps", "add213ps"];

#[test]
fn the_loop_holds_no_packed_arithmetic() {
    // The bodies of the workloads have to be in this program to be looked at.
    let mut out = [0.0; 4];
    for workload in Workload::all() {
        Loop.run(&workload.kernel, &workload.data(4, 0).args(4), &mut out).unwrap();
    }
    let program = std::env::current_exe().unwrap();
    let objdump = Command::new("objdump").args(["-d", "-C", "--no-show-raw-insn"]).arg(program).output();
    let text = match objdump {
        Ok(output) => String::from_utf8_lossy(&output.stdout).into_owned(),
        Err(error) => return println!("skipped: objdump of the binutils is not here ({error})"),
    };
    // `x86::scalar` is the loop with the instruction for `mul_add`, which every machine of the last decade takes.
    let functions: Vec<_> = text.split("\n\n").filter(|part| head(part).contains("kernel::cpu::x86::scalar")).collect();
    assert!(functions.len() >= 3, "the loop's bodies of the three formulas are found: {}", functions.len());
    let mut scalar = 0;
    for function in &functions {
        for line in function.lines().skip(1) {
            let packed = PACKED.iter().any(|name| line.contains(name));
            assert!(!packed, "{} has\n{line}", head(function));
            scalar += usize::from(line.contains("mulss") || line.contains("fmadd"));
        }
    }
    assert!(scalar >= 3, "the arithmetic itself is found");
    // The test can fail: the lanes' code does hold it.
    let wide = text.split("\n\n").filter(|part| head(part).contains("kernel::cpu::x86::avx512"));
    assert!(wide.flat_map(str::lines).any(|line| line.contains("mulps")));
}

fn head(function: &str) -> &str {
    function.trim_start().lines().next().unwrap_or_default()
}
