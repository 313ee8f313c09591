//! What cannot be read, written or understood: each is a line that names it and the remedy, and leaves nothing behind.

use std::fs;
use std::io::{Read, Write};
use std::process::{Command, Stdio};

use super::*;

#[test]
fn a_bad_file_is_named_with_the_remedy_and_leaves_nothing() {
    let sound = floats("(2, 3)", &count(0..6));
    let with = |at: usize, byte: u8| {
        let mut file = sound.clone();
        file[at] = byte;
        file
    };
    let cases = [
        (Vec::new(), "it ends within its header"),
        (sound[..40].to_vec(), "it ends within its header"),
        (sound[..sound.len() - 1].to_vec(), "its header specifies shape (2, 3) of '<f4', 24 bytes, but it has 23"),
        (floats("(1000, 1000)", &[0.0]), "4000000 bytes, but it has 4"),
        (floats("(4294967296, 4294967296)", &[]), "product overflows"),
        (floats("(2305843009213693952, 2)", &[]), "is impossible"),
        (with(0, b'N'), "does not begin with \\x93NUMPY"),
        (b"x,y\n1,2\n3,4\n".to_vec(), "does not begin with \\x93NUMPY"),
        (with(6, 9), "version 9.0, but 1.0, 2.0 and 3.0 are supported"),
        (with(10, b'['), "not a Python dictionary"),
        (npy("<f4", false, "'many'", &[]), "shape must be list or tuple"),
        (npy("<f4", false, "(-1,)", &[]), "dimension cannot be negative"),
        (npy("<f5", false, "(1,)", &[0; 5]), "invalid size"),
        (npy("=f4", false, "(1,)", &[0; 4]), "type"),
        (floats(&format!("({})", "1, ".repeat(65)), &[0.0]), "is impossible"),
    ];
    for (file, expected) in cases {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("bad.npy"), file).unwrap();
        let message = refused(&run(folder.path(), &["x", "x=bad.npy", "--out", "out.npy"]));
        assert!(message.contains("bad.npy") && message.contains(expected), "{expected}: {message}");
        assert!(message.contains("; "), "no remedy: {message}");
        assert_eq!(names(folder.path()), ["bad.npy"], "{message}");
    }
}

#[test]
fn bad_arguments_are_named_with_the_remedy_and_leave_nothing() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.npy"), floats("(2, 3)", &count(0..6))).unwrap();
    fs::write(folder.path().join("b.npy"), floats("(3, 2)", &count(0..6))).unwrap();
    fs::create_dir(folder.path().join("folder")).unwrap();
    let cases = [
        (&["x - y", "x=a.npy"][..], "nothing is given for `y`; give a file or a number, such as y=FILE.npy"),
        (&["x - y", "x=a.npy", "y="], "`y=` has no value; give y=FILE.npy"),
        (&["x", "a.npy"], "`a.npy` has no name; name the input that it is for, such as x=a.npy"),
        (&["x - y", "x=a.npy", "y=1", "yy=b.npy"], "`yy` is not in the formula (did you mean `y`?); its inputs: x, y"),
        (&["x", "x=a.npy", "x=1"], "`x` is given twice, a.npy and 1"),
        (
            &["x - y", "x=a.npy", "y=b.npy"],
            "`y` of shape (3, 2) does not fit `x` of shape (2, 3); give arrays of one shape",
        ),
        (&["x - y", "x=1"], "nothing is given for `y`; give a file"),
        (&["x - y + True", "x=1", "y=1/", "z=1"], "`z` is not in the formula; its inputs: x, y"),
        (&["x", "x=no.npy"], "no.npy cannot be read (No such file or directory"),
        (&["x", "x=./5"], "./5 cannot be read (No such file or directory"),
        (&["x", "x=folder"], "folder is a folder; give an .npy file in it"),
        (
            &["x", "x=a.npy", "--out", "folder"],
            "folder cannot be written (it is a folder); name another file with --out",
        ),
        (&["x", "x=a.npy", "--out", "new/"], "new/ cannot be written (it is a folder); name another file with --out"),
        (&["x", "x=a.npy", "--out", "no/out.npy"], "no/out.npy cannot be written (No such file or directory"),
        (&["x", "x=a.npy", "--out", "a.npy/out.npy"], "a.npy/out.npy cannot be written (Not a directory"),
    ];
    for (arguments, expected) in cases {
        let message = refused(&run(folder.path(), arguments));
        assert!(message.contains(expected), "{arguments:?}: {message}");
        assert_eq!(names(folder.path()), ["a.npy", "b.npy", "folder"], "{arguments:?}");
    }
}

#[test]
fn a_read_only_file_is_not_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.npy");
    fs::write(&file, "mine").unwrap();
    let mut permissions = fs::metadata(&file).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&file, permissions).unwrap();
    let message = refused(&run(folder.path(), &["x", "x=1", "--out", "a.npy"]));
    assert!(message.contains("a.npy cannot be written (it is read-only)"), "{message}");
    assert_eq!((fs::read_to_string(&file).unwrap(), names(folder.path())), ("mine".into(), vec!["a.npy".into()]));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error_and_a_device_is_written_straight() {
    use std::os::unix::fs::FileTypeExt;

    let folder = tempfile::tempdir().unwrap();
    // A pipe of our own first: were it renamed over, so would be the machine's devices below, if root runs this.
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    // Open for writing too, so that neither side waits for the other.
    let mut reader = fs::File::options().read(true).write(true).open(&pipe).unwrap();
    printed(folder.path(), &["x", "x=1", "--out", "pipe"]);
    assert!(fs::metadata(&pipe).unwrap().file_type().is_fifo(), "the pipe was replaced");
    let mut file = vec![0; floats("()", &[1.0]).len()];
    reader.read_exact(&mut file).unwrap();
    assert_eq!(loaded(&file), (vec![], false, vec![1.0]));

    let message = refused(&run(folder.path(), &["x", "x=1", "--out", "/dev/full"]));
    assert!(message.contains("/dev/full cannot be written (No space left on device"), "{message}");
    assert!(message.contains("free some space, or name another file with --out"), "{message}");
    for arguments in [&["x", "x=1", "--out", "-"][..], &["x", "x=1"]] {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = command(folder.path(), arguments).stdout(full).output().unwrap();
        assert!(refused(&output).contains("standard output cannot be written (No space left on device"));
    }
    printed(folder.path(), &["x", "x=1", "--out", "/dev/null"]);
    let piped = run(folder.path(), &["x", "x=1", "--out", "/dev/stdout"]);
    assert_eq!(loaded(&piped.stdout), (vec![], false, vec![1.0]));
    assert!(!fs::metadata("/dev/null").unwrap().is_file());
}

/// A failure half way leaves the file there as it was, and nothing beside it.
#[test]
fn a_failure_half_way_leaves_no_half_file() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("out.npy"), "mine").unwrap();
    let mut file = floats("(3000000,)", &[]);
    file.resize(file.len() + (4 << 20) + 8, 0);
    let message = refused(&fed(folder.path(), &["x", "x=-", "--out", "out.npy"], &file));
    assert!(message.contains("standard input ends before the 3000000 elements"), "{message}");
    assert_eq!(names(folder.path()), ["out.npy"]);
    assert_eq!(fs::read_to_string(folder.path().join("out.npy")).unwrap(), "mine");
}

/// Interrupted while it waits for input, after the temporary file is there.
#[cfg(unix)]
#[test]
fn an_interrupted_run_takes_its_temporary_file_away() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = command(folder.path(), &["x", "x=-", "--out", "out.npy"]);
    let mut child = command.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(&floats("(3000000,)", &[])).unwrap();
    while names(folder.path()).is_empty() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    drop(stdin);
    assert_eq!(output.status.code(), Some(130), "{}", text(&output.stderr));
    assert_eq!(names(folder.path()), Vec::<String>::new());
}

#[test]
fn a_formula_that_is_none_is_shown_with_carets() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), &["x + squrt(y)", "x=1", "y=2", "--out", "out.npy"]);
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(2), String::new()));
    let message = text(&output.stderr);
    assert!(
        message.contains("did you mean `sqrt`?") && message.contains("\n  x + squrt(y)\n      ^^^^^\n"),
        "{message}"
    );
    assert_eq!(names(folder.path()), Vec::<String>::new());
}

/// What streams through may be larger than memory; what is read whole may not, and says so before it is read.
#[cfg(target_os = "linux")]
#[test]
fn an_array_that_is_read_whole_has_to_fit_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    for (name, fortran) in [("c.npy", false), ("f.npy", true)] {
        let header = npy("<f4", fortran, "(1000000, 1000000)", &[]);
        fs::write(folder.path().join(name), &header).unwrap();
        // Without blocks on the disk.
        let file = fs::OpenOptions::new().write(true).open(folder.path().join(name)).unwrap();
        file.set_len(header.len() as u64 + 4_000_000_000_000).unwrap();
    }
    let message = refused(&run(folder.path(), &["x - y", "x=c.npy", "y=f.npy", "--out", "out.npy"]));
    assert!(message.contains("reading `y` whole, because the result has another shape or order"), "{message}");
    assert!(message.contains("needs 4000000000000, but the limit is "), "{message}");
    assert_eq!(names(folder.path()), ["c.npy", "f.npy"]);
}

/// A terminal by `script`, as there is none here.
#[cfg(target_os = "linux")]
#[test]
fn the_bytes_of_a_file_do_not_go_to_a_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let line = format!("{} eval x x=1 --out -", env!("CARGO_BIN_EXE_crossover"));
    let output = Command::new("script").args(["-qec", &line, "/dev/null"]).stdin(Stdio::null()).output();
    let Ok(output) = output else {
        println!("skipped: there is no `script` here");
        return;
    };
    let shown = text(&output.stdout);
    assert!(shown.contains("standard output is a terminal") && shown.contains("name a file with --out"), "{shown}");
    assert_eq!(output.status.code(), Some(2), "{shown}");
    assert!(!shown.contains("NUMPY"), "{shown}");
    assert_eq!(names(folder.path()), Vec::<String>::new());
}

#[test]
fn a_long_name_makes_a_short_message() {
    let folder = tempfile::tempdir().unwrap();
    let long = "x".repeat(100_000);
    for (formula, arguments) in [
        ("x", vec![format!("{long}=1")]),
        ("x", vec![long.clone()]),
        ("x", vec![format!("{long}=")]),
        (&long, vec!["y=1".to_owned()]),
        (&long, vec![]),
        (&long, vec![format!("{long}=1"), format!("{long}=2")]),
        ("x", vec![format!("x={}", "1".repeat(50)), format!("x={long}")]),
    ] {
        let arguments: Vec<&str> = std::iter::once(formula).chain(arguments.iter().map(String::as_str)).collect();
        let message = refused(&run(folder.path(), &arguments));
        assert!(message.len() < 500, "{} bytes: {message:.200}", message.len());
    }
}
