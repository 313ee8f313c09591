//! The walls of the design: each dependency, and `unsafe`, in its own room.

use std::fs;
use std::path::{Path, PathBuf};

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn dependencies_stay_behind_their_walls() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut all = Vec::new();
    files(&src, &mut all);
    assert!(all.len() > 20);
    // `unsafe` feeds the intrinsics, and lets threads that outlive a job borrow it.
    let (cpu, team) = ("kernel/cpu/", "backend/team/mod.rs");
    let walls: [(&str, &[&str]); 14] = [
        ("wgpu::", &["backend/gpu/"]),
        ("wide::", &["kernel/cpu/portable.rs"]),
        ("std::arch", &[cpu]),
        ("unsafe {", &[cpu, team]),
        ("unsafe fn", &[cpu]),
        ("rayon::", &["backend/threads.rs", "backend/team/"]),
        ("plotters::", &["sweep/"]),
        ("memmap2::", &["backend/memory.rs"]),
        ("anstream::", &["command/screen.rs"]),
        ("anstyle::", &["command/screen.rs"]),
        ("clap::", &["command/"]),
        ("clap_complete::", &["command/definition.rs"]),
        ("clap_mangen::", &["command/definition.rs"]),
        ("npyz::", &["command/eval/"]),
    ];
    for path in all {
        let name = path.strip_prefix(&src).unwrap().to_string_lossy().replace('\\', "/");
        let text = fs::read_to_string(&path).unwrap();
        // Code alone: what a comment or the documentation names, it does not use.
        let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        for line in code {
            for (word, rooms) in walls {
                let inside = rooms.iter().any(|room| name.starts_with(room));
                assert!(!line.contains(word) || inside, "{name} has `{word}`, which stays in {rooms:?}: {line}");
            }
        }
        let lines = text.lines().count();
        assert!(lines <= 420, "{name} has {lines} lines: is it still one room?");
    }
}
