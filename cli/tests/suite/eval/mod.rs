//! `crossover eval` from outside: what it reads, writes and prints, and what it says of what it cannot read or write.

mod refusals;

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// The command in a folder, with nothing of this process's settings.
fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_crossover"));
    command.current_dir(folder).arg("eval").args(arguments).env_remove("CROSSOVER_BACKEND").env("RUST_BACKTRACE", "1");
    command
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    command(folder, arguments).output().unwrap()
}

/// Runs the command with `bytes` on standard input.
fn fed(folder: &Path, arguments: &[&str], bytes: &[u8]) -> Output {
    let mut command = command(folder, arguments);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let bytes = bytes.to_vec();
    // It may end before it has read everything.
    let feeder = std::thread::spawn(move || stdin.write_all(&bytes));
    let output = child.wait_with_output().unwrap();
    let _ = feeder.join().unwrap();
    output
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// What is printed by a run that succeeds without a word on standard error.
fn printed(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()), "{arguments:?}");
    text(&output.stdout)
}

/// The one line of a run that is refused with status 2 and prints nothing.
fn refused(output: &Output) -> String {
    let message = text(&output.stderr);
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(2), String::new()), "{message}");
    assert_eq!(message.lines().count(), 1, "{message}");
    message
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// An .npy file of version 1.0: its header, then these bytes.
fn npy(descr: &str, fortran: bool, shape: &str, data: &[u8]) -> Vec<u8> {
    let order = if fortran { "True" } else { "False" };
    let mut header = format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}");
    header.push_str(&" ".repeat(63 - (10 + header.len()) % 64));
    header.push('\n');
    [b"\x93NUMPY\x01\x00", &(header.len() as u16).to_le_bytes()[..], header.as_bytes(), data].concat()
}

fn bytes(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

/// A float32 file in C order.
fn floats(shape: &str, values: &[f32]) -> Vec<u8> {
    npy("<f4", false, shape, &bytes(values))
}

/// The shape, whether in Fortran order, and the numbers of a float32 file.
fn loaded(file: &[u8]) -> (Vec<u64>, bool, Vec<f32>) {
    let found = npyz::NpyFile::new(file).unwrap();
    assert_eq!(found.dtype().descr(), "'<f4'");
    (found.shape().to_vec(), found.order() == npyz::Order::Fortran, found.into_vec().unwrap())
}

fn count(range: std::ops::Range<u16>) -> Vec<f32> {
    range.map(f32::from).collect()
}

const POLY: &str = "x + x*x + x**3";

#[test]
fn a_file_is_evaluated_into_a_file() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.npy"), floats("(2, 2)", &[1.0, 2.0, 3.0, -1.0])).unwrap();
    for backend in ["loop", "simd", "threads"] {
        assert_eq!(printed(folder.path(), &[POLY, "x=a.npy", "--backend", backend, "--out", "b.npy"]), "");
        let file = fs::read(folder.path().join("b.npy")).unwrap();
        assert_eq!(loaded(&file), (vec![2, 2], false, vec![3.0, 14.0, 39.0, -1.0]));
        // Aligned as numpy aligns it.
        assert_eq!((file.len() - 16) % 64, 0);
        assert_eq!(names(folder.path()), ["a.npy", "b.npy"]);
    }
}

#[test]
fn the_backend_comes_from_the_option_or_the_environment() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = command(folder.path(), &["x", "x=1"]);
    let message = refused(&command.env("CROSSOVER_BACKEND", "abacus").output().unwrap());
    assert!(message.contains("unknown backend `abacus`"), "{message}");
    let message = refused(&run(folder.path(), &["x", "x=1", "--backend", "therads"]));
    assert!(message.contains("did you mean `threads`"), "{message}");
}

#[test]
fn more_than_a_chunk_streams_through() {
    let folder = tempfile::tempdir().unwrap();
    let values: Vec<f32> = (0..(2 << 20) + 5).map(|n| n as f32).collect();
    fs::write(folder.path().join("a.npy"), floats("(2097157,)", &values)).unwrap();
    printed(folder.path(), &["x - y", "x=a.npy", "y=1", "--out", "b.npy"]);
    let (shape, _, found) = loaded(&fs::read(folder.path().join("b.npy")).unwrap());
    assert_eq!(shape, [2_097_157]);
    assert!(found.iter().zip(&values).all(|(found, value)| *found == value - 1.0));
    assert_eq!(
        printed(folder.path(), &["x", "x=a.npy"]),
        "[0.000000e+00 1.000000e+00 2.000000e+00 ... 2.097154e+06 2.097155e+06\n 2.097156e+06]\n"
    );
}

#[test]
fn an_output_may_be_an_input_and_keeps_its_permissions() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.npy");
    fs::write(&file, floats("(2,)", &[1.0, 2.0])).unwrap();
    printed(folder.path(), &["x", "x=a.npy", "--out", "new.npy"]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |name: &str| fs::metadata(folder.path().join(name)).unwrap().permissions().mode() & 0o777;
        // A new file is as any new file of this user; a replaced one stays as it was.
        assert_eq!(mode("new.npy"), mode("a.npy"));
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink("a.npy", folder.path().join("link.npy")).unwrap();
        printed(folder.path(), &[POLY, "x=a.npy", "--out", "link.npy"]);
        assert_eq!((mode("a.npy"), loaded(&fs::read(&file).unwrap()).2), (0o640, vec![3.0, 14.0]));
        assert!(folder.path().join("link.npy").is_symlink());
    }
    printed(folder.path(), &["x", "x=new.npy", "--out", "new.npy"]);
    assert_eq!(loaded(&fs::read(folder.path().join("new.npy")).unwrap()).2, [1.0, 2.0]);
}

/// A link whose target is not there stays a link, and the target comes to be.
#[cfg(unix)]
#[test]
fn a_dangling_link_is_written_through() {
    use std::os::unix::fs::symlink;

    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("sub")).unwrap();
    symlink("sub/second", at("first")).unwrap();
    symlink("target.npy", at("sub/second")).unwrap();
    printed(folder.path(), &["x", "x=2", "--out", "first"]);
    assert!(at("first").is_symlink() && at("sub/second").is_symlink());
    assert_eq!(loaded(&fs::read(at("sub/target.npy")).unwrap()).2, [2.0]);
    assert_eq!(
        (names(folder.path()), names(&at("sub"))),
        (vec!["first".to_owned(), "sub".to_owned()], vec!["second".to_owned(), "target.npy".to_owned()])
    );
    symlink("nowhere/target.npy", at("lost")).unwrap();
    let message = refused(&run(folder.path(), &["x", "x=2", "--out", "lost"]));
    assert!(message.contains("lost cannot be written (No such file or directory"), "{message}");
    symlink("circle", at("circle")).unwrap();
    assert!(refused(&run(folder.path(), &["x", "x=2", "--out", "circle"])).contains("circle cannot be written ("));
}

/// Only the superuser can give a file away, so for others there is nothing to see.
#[cfg(unix)]
#[test]
fn an_output_keeps_its_owner_where_that_is_allowed() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.npy");
    fs::write(&file, "").unwrap();
    if let Err(error) = chown(&file, Some(12345), Some(54321)) {
        println!("skipped: a file cannot be given away here ({error})");
        return;
    }
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    printed(folder.path(), &["x", "x=2", "--out", "a.npy"]);
    let there = fs::metadata(&file).unwrap();
    assert_eq!((there.uid(), there.gid(), there.permissions().mode() & 0o777), (12345, 54321, 0o640));
}

#[test]
fn standard_streams_serve_as_files() {
    let folder = tempfile::tempdir().unwrap();
    let output = fed(folder.path(), &["x", "x=-", "--out", "-"], &floats("(3,)", &[1.0, 2.0, 3.0]));
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()));
    assert_eq!(loaded(&output.stdout), (vec![3], false, vec![1.0, 2.0, 3.0]));
    let message = refused(&fed(folder.path(), &["x", "x=-"], &floats("(4,)", &[1.0])));
    assert!(message.contains("standard input ends before the 4 elements"), "{message}");
    let message = refused(&run(folder.path(), &["x - y", "x=-", "y=-"]));
    assert!(message.contains("`x` and `y` are both read from standard input"), "{message}");
    assert_eq!(names(folder.path()), Vec::<String>::new());
}

#[test]
fn numbers_points_and_smaller_arrays_broadcast() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, shape: &str, values: &[f32]| {
        fs::write(folder.path().join(name), floats(shape, values)).unwrap();
    };
    write("column.npy", "(3, 1)", &[0.0, 10.0, 20.0]);
    write("row.npy", "(4,)", &count(0..4));
    write("point.npy", "()", &[100.0]);
    write("whole.npy", "(3, 4)", &count(0..12));
    let column = ["[[ 0. -1. -2. -3.]", " [10.  9.  8.  7.]", " [20. 19. 18. 17.]]"].join("\n");
    assert_eq!(printed(folder.path(), &["x - y", "x=column.npy", "y=row.npy"]), column + "\n");
    assert_eq!(printed(folder.path(), &["x - y", "x=row.npy", "y=point.npy"]), "[-100.  -99.  -98.  -97.]\n");
    assert_eq!(printed(folder.path(), &["a*x + y", "a=2", "x=point.npy", "y=1e-1"]), "200.1\n");
    printed(folder.path(), &["x - y", "x=whole.npy", "y=column.npy", "--out", "out.npy"]);
    let expected = count(0..12).iter().zip([0.0, 10.0, 20.0].iter().flat_map(|y| [y; 4])).map(|(x, y)| x - y).collect();
    assert_eq!(loaded(&fs::read(folder.path().join("out.npy")).unwrap()), (vec![3, 4], false, expected));
}

#[test]
fn fortran_order_is_kept_where_all_arrays_have_it() {
    let folder = tempfile::tempdir().unwrap();
    // [[0, 1, 2], [3, 4, 5]] in either order.
    let by_columns = [0.0, 3.0, 1.0, 4.0, 2.0, 5.0];
    fs::write(folder.path().join("c.npy"), floats("(2, 3)", &count(0..6))).unwrap();
    fs::write(folder.path().join("f.npy"), npy("<f4", true, "(2, 3)", &bytes(&by_columns))).unwrap();
    fs::write(folder.path().join("row.npy"), floats("(3,)", &count(0..3))).unwrap();
    let out = |arguments: &[&str]| {
        printed(folder.path(), &[arguments, &["--out", "out.npy"]].concat());
        loaded(&fs::read(folder.path().join("out.npy")).unwrap())
    };
    assert_eq!(out(&["x", "x=f.npy"]), (vec![2, 3], true, by_columns.to_vec()));
    assert_eq!(out(&["x - y", "x=f.npy", "y=row.npy"]), (vec![2, 3], true, vec![0.0, 3.0, 0.0, 3.0, 0.0, 3.0]));
    for arguments in [["x - y", "x=f.npy", "y=c.npy"], ["x - y", "x=c.npy", "y=f.npy"]] {
        assert_eq!(out(&arguments), (vec![2, 3], false, vec![0.0; 6]), "{arguments:?}");
    }
    assert_eq!(printed(folder.path(), &["x", "x=f.npy"]), "[[0. 1. 2.]\n [3. 4. 5.]]\n");
}

/// Each type in both byte orders, with two elements.
fn two_elements() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let mut cases = vec![
        ("<f2", [0x3c00u16, 0xc000].iter().flat_map(|bits| bits.to_le_bytes()).collect(), "[ 1. -2.]"),
        (">f2", [0x3c00u16, 0xc000].iter().flat_map(|bits| bits.to_be_bytes()).collect(), "[ 1. -2.]"),
        ("|b1", vec![1u8, 0], "[ True False]"),
        ("|i1", vec![1, 0xfe], "[ 1. -2.]"),
        ("|u1", vec![1, 0xfe], "[  1. 254.]"),
        ("<f8", [0.1f64, -2.0].iter().flat_map(|value| value.to_le_bytes()).collect(), "[ 0.1 -2. ]"),
        (">f4", [1.5f32, -2.0].iter().flat_map(|value| value.to_be_bytes()).collect(), "[ 1.5 -2. ]"),
    ];
    for (little, big, size) in [
        ("<i2", ">i2", 2),
        ("<u2", ">u2", 2),
        ("<i4", ">i4", 4),
        ("<u4", ">u4", 4),
        ("<i8", ">i8", 8),
        ("<u8", ">u8", 8),
    ] {
        let mut one_two = vec![0; 2 * size];
        (one_two[0], one_two[size]) = (1, 2);
        cases.push((little, one_two.clone(), "[1. 2.]"));
        one_two.reverse();
        cases.push((big, one_two, "[2. 1.]"));
    }
    cases
}

#[test]
fn numbers_are_converted_unasked_only_if_nothing_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    for (descr, data, expected) in two_elements() {
        fs::write(folder.path().join("a.npy"), npy(descr, false, "(2,)", &data)).unwrap();
        if ["f8", "i4", "u4", "i8", "u8"].iter().any(|lossy| descr.ends_with(lossy)) {
            let message = refused(&run(folder.path(), &["x", "x=a.npy", "--out", "b.npy"]));
            assert!(message.contains(&format!("a.npy holds '{descr}'")) && message.contains("--cast"), "{message}");
        } else {
            assert_eq!(printed(folder.path(), &["x", "x=a.npy"]), format!("{expected}\n"), "{descr}");
        }
        assert_eq!(printed(folder.path(), &["x", "x=a.npy", "--cast"]), format!("{expected}\n"), "{descr}");
    }
    for descr in ["<c8", "|O", "|S4", "<U1", "<M8[s]", "<f16"] {
        fs::write(folder.path().join("a.npy"), npy(descr, false, "(1,)", &[0; 16])).unwrap();
        let message = refused(&run(folder.path(), &["x", "x=a.npy", "--cast"]));
        assert!(message.contains(&format!("a.npy holds '{descr}', which cannot be read")), "{message}");
    }
    // A structure is a list where the other types are a string.
    let structure = npy("', 'descr': [('a', '<f4')], 'x': '", false, "(1,)", &[0; 4]);
    fs::write(folder.path().join("a.npy"), structure).unwrap();
    let message = refused(&run(folder.path(), &["x", "x=a.npy", "--cast"]));
    assert!(message.contains("a.npy holds structured elements, which cannot be read"), "{message}");
    assert_eq!(names(folder.path()), ["a.npy"]);
}

#[test]
fn empty_arrays_give_empty_files() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.npy"), floats("(3, 0)", &[])).unwrap();
    printed(folder.path(), &["x", "x=a.npy", "--out", "b.npy"]);
    assert_eq!(loaded(&fs::read(folder.path().join("b.npy")).unwrap()), (vec![3, 0], false, vec![]));
    assert_eq!(printed(folder.path(), &["x", "x=a.npy"]), "[]\n");
}

#[test]
fn what_follows_the_elements_is_passed_over_as_numpy_does() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.npy"), floats("(1,)", &[1.0, 2.0])).unwrap();
    assert_eq!(printed(folder.path(), &["x", "x=a.npy"]), "[1.]\n");
}

#[test]
fn versions_2_and_3_are_read() {
    let folder = tempfile::tempdir().unwrap();
    for version in [2, 3] {
        let first = floats("(1,)", &[1.5]);
        let file = [b"\x93NUMPY", &[version, 0][..], &first[8..10], &[0, 0], &first[10..]].concat();
        fs::write(folder.path().join("a.npy"), file).unwrap();
        assert_eq!(printed(folder.path(), &["x", "x=a.npy"]), "[1.5]\n");
    }
}

#[test]
fn a_reader_who_leaves_early_costs_nothing() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.npy"), floats("(100000,)", &[1.0; 100_000])).unwrap();
    for arguments in [&["x", "x=a.npy", "--out", "-"][..], &["x", "x=a.npy"], &["x", "--explain"]] {
        let mut command = command(folder.path(), arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()), "{arguments:?}");
    }
}

#[test]
fn a_formula_is_explained_without_being_evaluated() {
    let folder = tempfile::tempdir().unwrap();
    let of_elements = ["mul v0 v0", "@compute", "let v1 = v0 * v0;"];
    let of_fold = ["sum v0", "@compute", "fn combine"];
    for (formula, parts) in [(POLY, &of_elements[..]), ("sum(x)", &of_fold)] {
        let explained = printed(folder.path(), &["--explain", formula]);
        let registers = crossover::Kernel::parse(formula).unwrap().registers();
        assert!(explained.contains(&format!("\nregisters: {registers}\n")), "{explained}");
        for part in parts {
            assert!(explained.contains(part), "{part} is not in {explained}");
        }
    }
}

#[test]
fn a_formula_may_begin_with_a_minus_and_need_no_input() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(printed(folder.path(), &["-x + 1", "x=3"]), "-2.0\n");
    assert_eq!(printed(folder.path(), &["sqrt(2)"]), "1.4142135\n");
    printed(folder.path(), &["1/3", "--out", "third.npy"]);
    assert_eq!(loaded(&fs::read(folder.path().join("third.npy")).unwrap()), (vec![], false, vec![1.0 / 3.0]));
}

#[test]
fn a_condition_is_written_as_bools_and_printed_as_them() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.npy"), floats("(3,)", &[1.0, 0.0, f32::NAN])).unwrap();
    assert_eq!(printed(folder.path(), &["x > 0.5", "x=a.npy"]), "[ True False False]\n");
    printed(folder.path(), &["x > 0.5", "x=a.npy", "--out", "b.npy"]);
    let file = fs::read(folder.path().join("b.npy")).unwrap();
    let found = npyz::NpyFile::new(&file[..]).unwrap();
    assert_eq!((found.dtype().descr(), found.into_vec::<bool>().unwrap()), ("'|b1'".into(), vec![true, false, false]));
    assert_eq!(printed(folder.path(), &["sum(x > 0.5)", "x=a.npy"]), "1.0\n");
    assert_eq!(printed(folder.path(), &["any(x > 0.5)", "x=a.npy"]), "True\n");
    printed(folder.path(), &["all(x)", "x=a.npy", "--out", "b.npy"]);
    let file = fs::read(folder.path().join("b.npy")).unwrap();
    assert_eq!(npyz::NpyFile::new(&file[..]).unwrap().into_vec::<bool>().unwrap(), [false]);
    // As a number it is no condition any more.
    assert_eq!(printed(folder.path(), &["2*(x > 0.5)", "x=a.npy"]), "[2. 0. 0.]\n");
}

#[test]
fn a_bool_file_is_a_condition() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("x.npy"), floats("(4,)", &[1.0, -2.0, 3.0, 0.0])).unwrap();
    // The command's own output, and Fortran order by another shape.
    printed(folder.path(), &["x > 0", "x=x.npy", "--out", "b.npy"]);
    fs::write(folder.path().join("point.npy"), npy("|b1", false, "()", &[1])).unwrap();
    for (formula, expected) in [
        ("b", "[ True False  True False]"),
        ("~b", "[False  True False  True]"),
        ("not b", "[False  True False  True]"),
        ("b & (x >= 2)", "[False False  True False]"),
        ("where(b, x, 0)", "[1. 0. 3. 0.]"),
        ("where(b, x > 1, x > -1)", "[False False  True  True]"),
        ("where(b, b, x == 0)", "[ True False  True  True]"),
        ("b + x", "[ 2. -2.  4.  0.]"),
        ("sum(b)", "2.0"),
    ] {
        let mut arguments = vec![formula, "b=b.npy", "x=x.npy"];
        arguments.retain(|argument| !argument.starts_with("x=") || formula.contains('x'));
        assert_eq!(printed(folder.path(), &arguments), format!("{expected}\n"), "{formula}");
    }
    assert_eq!(printed(folder.path(), &["b & c", "b=b.npy", "c=point.npy"]), "[ True False  True False]\n");
    assert_eq!(printed(folder.path(), &["b | c", "b=b.npy", "c=False"]), "[ True False  True False]\n");
    let fed = fed(folder.path(), &["~b", "b=-"], &fs::read(folder.path().join("b.npy")).unwrap());
    assert_eq!(text(&fed.stdout), "[False  True False  True]\n");
    assert!(printed(folder.path(), &["--explain", "b & (x > 0)", "b=b.npy"]).contains("and v"));
    // A file of numbers is none.
    let output = run(folder.path(), &["x & (x > 0)", "x=x.npy"]);
    assert!(text(&output.stderr).contains("needs a condition"), "{}", text(&output.stderr));
}

#[test]
fn an_input_that_is_given_hides_a_constant() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("e.npy"), floats("(2,)", &[10.0, 20.0])).unwrap();
    let given = ["b*c + d*e", "b=1", "c=2", "d=3", "e=e.npy"];
    assert_eq!(printed(folder.path(), &given), "[32. 62.]\n");
    assert_eq!(printed(folder.path(), &["pi*inf + nan", "pi=2", "inf=3", "nan=4"]), "10.0\n");
    assert_eq!(printed(folder.path(), &["2*e"]), "5.4365635\n");
    assert!(printed(folder.path(), &["--explain", "x + e", "e=e.npy"]).contains("input e"));
    let message = refused(&run(folder.path(), &["2*PI"]));
    assert!(message.contains("nothing is given for `PI` (the constant is written `pi`, not `PI`);"), "{message}");
}

#[test]
fn a_value_may_be_an_expression_and_a_formula_as_it_is_printed() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(printed(folder.path(), &["3*x", "x=1/3"]), "1.0\n");
    assert_eq!(printed(folder.path(), &["x", "x=-pi"]), "-3.1415927\n");
    assert_eq!(printed(folder.path(), &["x² − 1", "x=3"]), "8.0\n");
    assert_eq!(printed(folder.path(), &["0 < x < 1 and not x == y", "x=1/2", "y=1"]), "True\n");
    assert_eq!(printed(folder.path(), &["x // 0.1", "x=1"]), "9.0\n");
}

#[test]
fn a_header_of_python_2_is_read() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.npy"), floats("(2L, 1L)", &[1.0, 2.0])).unwrap();
    assert_eq!(printed(folder.path(), &["x", "x=a.npy"]), "[[1.]\n [2.]]\n");
    fs::write(folder.path().join("a.npy"), floats("(2L,)", &[1.0, 2.0])).unwrap();
    assert_eq!(printed(folder.path(), &["x", "x=a.npy"]), "[1. 2.]\n");
}

#[test]
fn a_fold_prints_its_number_or_writes_a_point() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.npy"), floats("(2, 3)", &count(0..6))).unwrap();
    for (formula, expected) in
        [("sum(x)", "15.0\n"), ("mean(x*x)", "9.166667\n"), ("max(x)", "5.0\n"), ("min(-x)", "-5.0\n")]
    {
        assert_eq!(printed(folder.path(), &[formula, "x=a.npy"]), expected);
    }
    for (formula, expected) in
        [("var(x)", "2.9166667\n"), ("argmin(abs(x - 3))", "3\n"), ("nanmax(sqrt(2 - x))", "1.4142135\n")]
    {
        assert_eq!(printed(folder.path(), &[formula, "x=a.npy"]), expected);
    }
    assert_eq!(printed(folder.path(), &["sum(x)", "x=2"]), "2.0\n");
    assert_eq!(printed(folder.path(), &["sum(x)", "x=a.npy", "--out", "b.npy"]), "");
    assert_eq!(loaded(&fs::read(folder.path().join("b.npy")).unwrap()), (vec![], false, vec![15.0]));

    fs::write(folder.path().join("a.npy"), floats("(0,)", &[])).unwrap();
    assert_eq!(printed(folder.path(), &["sum(x)", "x=a.npy"]), "0.0\n");
    let message = refused(&run(folder.path(), &["min(x)", "x=a.npy", "--out", "c.npy"]));
    assert!(message.contains("the min of no elements"), "{message}");
    // Nothing of the file is on a stream either.
    refused(&run(folder.path(), &["min(x)", "x=a.npy", "--out", "-"]));
    assert_eq!(names(folder.path()), ["a.npy", "b.npy"]);
}

/// Joined from the parts of a stream, to the bit what one run over the whole array gives.
#[test]
fn a_streamed_fold_has_the_bits_of_one_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    let values: Vec<f32> = (0..(3u32 << 20) + 77).map(|n| (n.wrapping_mul(2_654_435_761) >> 8) as f32 / 1e5).collect();
    fs::write(folder.path().join("a.npy"), floats(&format!("({},)", values.len()), &values)).unwrap();
    for formula in ["sum(x*x)", "mean(x)", "max(-x)", "std(x)", "argmax(x)", "argmin(-x)", "nansum(x/0)"] {
        let kernel = crossover::Kernel::parse(formula).unwrap();
        let mut expected = [0.0];
        crossover::open(Some("simd")).unwrap().run(&kernel, &[(&values).into()], &mut expected).unwrap();
        for backend in ["loop", "simd", "threads"] {
            let found = printed(folder.path(), &[formula, "x=a.npy", "--backend", backend]);
            assert_eq!(
                found.trim_end().parse::<f32>().unwrap().to_bits(),
                expected[0].to_bits(),
                "{formula} {backend}"
            );
        }
    }
}

#[test]
fn an_index_beyond_those_of_an_f32_is_refused_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let header = floats("(16777217,)", &[]);
    fs::write(folder.path().join("a.npy"), &header).unwrap();
    // Zeros that take no room.
    let file = fs::OpenOptions::new().write(true).open(folder.path().join("a.npy")).unwrap();
    file.set_len(header.len() as u64 + 4 * 16_777_217).unwrap();
    let message = refused(&run(folder.path(), &["argmax(x)", "x=a.npy"]));
    assert!(
        message.contains("argmax, whose index is an f32, in elements, needs 16777217, but the limit is 16777216"),
        "{message}"
    );
}

/// A file of 640 MB in an address space of 256 MB, most of which is the program itself.
#[cfg(target_os = "linux")]
#[test]
fn a_file_may_be_larger_than_memory() {
    let folder = tempfile::tempdir().unwrap();
    let header = floats("(160000000,)", &[]);
    fs::write(folder.path().join("a.npy"), &header).unwrap();
    // Without blocks on the disk.
    fs::OpenOptions::new()
        .write(true)
        .open(folder.path().join("a.npy"))
        .and_then(|file| file.set_len(header.len() as u64 + 640_000_000))
        .unwrap();
    for (formula, out) in [("x + 1", "/dev/null"), ("sum(x + 1)", "-"), ("x > 1", "/dev/null")] {
        let mut shell = Command::new("sh");
        shell.current_dir(folder.path()).args(["-c", "ulimit -v 256000; exec \"$@\"", "sh"]);
        shell.arg(env!("CARGO_BIN_EXE_crossover")).args([
            "eval",
            formula,
            "x=a.npy",
            "--backend",
            "simd",
            "--out",
            out,
        ]);
        let output = shell.output().unwrap();
        assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()), "{formula}");
    }
}
