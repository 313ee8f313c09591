//! What the command looks like: its width, its colours, the names that others rely on, and what is made from its definition.

use std::path::Path;
use std::process::{Command, Output};

/// The command in an empty folder, with nothing of this process's settings.
fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_crossover"));
    command.current_dir(folder).args(arguments).env("TERM", "xterm").env("COLUMNS", "80");
    for name in ["CI", "CROSSOVER_BACKEND", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
        command.env_remove(name);
    }
    command
}

fn run(arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    command(folder.path(), arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// What a command that succeeds prints.
fn printed(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

/// The subcommands that the help lists.
fn subcommands() -> Vec<String> {
    let help = printed(&["--help"]);
    let (_, list) = help.split_once("Commands:\n").unwrap();
    let named = list.lines().take_while(|line| !line.is_empty()).filter(|line| !line.starts_with("   "));
    let names: Vec<_> = named.map(|line| line.split_whitespace().next().unwrap().to_owned()).collect();
    assert!(names.len() > 8 && names.contains(&"man".to_owned()), "{help}");
    names
}

#[test]
fn every_help_fits_in_80_columns() {
    let mut all = vec![vec!["-h".to_owned()], vec!["--help".to_owned()]];
    for name in subcommands().into_iter().filter(|name| name != "help") {
        all.extend(["-h", "--help"].map(|flag| vec![name.clone(), flag.to_owned()]));
    }
    for arguments in all {
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        for line in printed(&arguments).lines() {
            assert!(line.chars().count() <= 80, "{arguments:?}: {line}");
        }
    }
}

#[test]
fn the_manual_page_has_the_whole_command() {
    let page = printed(&["man"]);
    let headings: Vec<_> = page.lines().filter_map(|line| line.strip_prefix(".SH ")).collect();
    let parts = subcommands().into_iter().filter(|name| name != "help");
    let parts = parts.map(|name| format!("\"CROSSOVER {}\"", name.to_uppercase()));
    let own = ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS"].map(str::to_owned).into_iter();
    assert_eq!(headings, own.chain(parts).chain(["NOTES".to_owned()]).collect::<Vec<_>>());
    // One title, and what only a subcommand's own help has.
    assert_eq!(page.lines().filter(|line| line.starts_with(".TH ")).count(), 1);
    for told in [".TH crossover 1", "\\fB\\-\\-sizes\\fR", "arctan2(x, y) (also atan2)", "CROSSOVER_BACKEND", "130"] {
        assert!(page.contains(told), "{told} is not in {page}");
    }
    assert!(!page.contains(".SH EXTRA") && !page.contains("\n\n.S"), "{page}");
}

#[test]
fn every_shell_gets_its_completions() {
    for (shell, begins) in [
        ("bash", "_crossover() {"),
        ("elvish", "\nuse builtin;"),
        ("fish", "# Print an optspec"),
        ("powershell", "\nusing namespace"),
        ("zsh", "#compdef crossover"),
    ] {
        let script = printed(&["completions", shell]);
        assert!(script.starts_with(begins), "{shell}: {script}");
        for name in ["sweep", "calibrate", "backends", "resume"] {
            assert!(script.contains(name), "{shell} does not know {name}");
        }
    }
    let output = run(&["completions", "bahs"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("bash"), "{}", text(&output.stderr));
}

/// Completes a line in bash itself, where there is one.
#[cfg(unix)]
#[test]
fn bash_completes_names() {
    let script = printed(&["completions", "bash"]);
    let complete = |words: &str| {
        let asked = format!(
            "{script}\nCOMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))\n\
             _crossover crossover \"${{COMP_WORDS[COMP_CWORD]}}\" \"${{COMP_WORDS[COMP_CWORD-1]}}\"\necho ${{COMPREPLY[@]}}"
        );
        let output = Command::new("bash").args(["-c", &asked]).output()?;
        Ok::<_, std::io::Error>(text(&output.stdout).trim_end().to_owned())
    };
    if let Err(reason) = complete("crossover ''") {
        return println!("skipped: {reason}");
    }
    for (words, expected) in [
        ("crossover sw", "sweep"),
        ("crossover sweep --res", "--resume"),
        ("crossover sweep --backends ''", "loop simd threads gpu auto"),
        ("crossover sweep --regimes ''", "host fresh compute resident scalar"),
        ("crossover sweep --isa ''", "wide avx2 avx512"),
        ("crossover sweep horner", "horner16 horner256"),
        ("crossover eval --backend t", "threads"),
        ("crossover explain --only g", "gpu"),
        ("crossover explain --goal ''", "latency throughput"),
    ] {
        assert_eq!(complete(words).unwrap(), expected, "{words}");
    }
}

const TINY: [&str; 7] = ["sweep", "--backends", "loop,simd", "--sizes", "100,1000", "--trials", "2"];
const WIDE_FORMULA: [&str; 2] = ["--expr", "0.5*x*(1 + y) + 0.25*x*(2 + y) + 0.125*x*(3 + y) + 0.0625*x*(4 + y) + x"];

/// How often there is a text in another.
fn count(text: &str, part: &str) -> usize {
    text.matches(part).count()
}

const BOLD: &str = "\x1b[1m";
const GREEN: &str = "\x1b[32m";
const YELLOW: &str = "\x1b[33m";

/// Without what sets a colour, or moves.
fn plain(text: &str) -> String {
    let mut parts = text.split("\x1b[");
    let first = parts.next().unwrap_or_default().to_owned();
    let rest = parts.map(|part| &part[1 + part.find(|each: char| each.is_ascii_alphabetic()).unwrap()..]);
    std::iter::once(first.as_str()).chain(rest).collect()
}

#[test]
fn the_columns_have_the_names_that_others_rely_on() {
    let folder = tempfile::tempdir().unwrap();
    let table = text(&command(folder.path(), &TINY).output().unwrap().stdout);
    let head = table.lines().find(|line| line.starts_with("workload")).unwrap();
    let words: Vec<_> = head.split_whitespace().collect();
    assert_eq!(words.join(" "), "workload backend elements time ns/elem GB/s × loop max ULP");
    let csv = std::fs::read_to_string(folder.path().join("sweep/sweep.csv")).unwrap();
    let columns = "workload,backend,regime,elements,trials,seconds_q05,seconds_q50,seconds_q95,ns_per_element,gb_per_s,\
                   max_ulp";
    // A new column comes after these, so that programs that count them still find them.
    assert!(csv.lines().next().unwrap().starts_with(columns), "{csv}");
}

#[test]
fn json_on_standard_output_is_the_file_and_nothing_else() {
    for quiet in [&["--json"][..], &["--json", "--quiet"]] {
        let folder = tempfile::tempdir().unwrap();
        let output = command(folder.path(), &[&TINY, quiet].concat()).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let file = std::fs::read_to_string(folder.path().join("sweep/sweep.json")).unwrap();
        assert_eq!(text(&output.stdout), file, "{quiet:?}");
        let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((&json["cancelled"], json["measurements"].as_array().unwrap().len()), (&false.into(), 4));
        assert_eq!(std::fs::read_dir(folder.path().join("sweep")).unwrap().count(), 7);
        // What is to be minded is said to people, too.
        assert!(text(&output.stderr).contains("crossover: warning: "), "{}", text(&output.stderr));
    }
}

#[test]
fn colour_is_for_a_terminal_or_who_asks() {
    let said = |settings: &[(&str, &str)]| {
        let folder = tempfile::tempdir().unwrap();
        let output = command(folder.path(), &TINY).envs(settings.iter().copied()).output().unwrap();
        (text(&output.stdout), text(&output.stderr))
    };
    for settings in [&[][..], &[("NO_COLOR", "1")], &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")], &[("TERM", "dumb")]]
    {
        let (table, warnings) = said(settings);
        assert!(!table.contains('\x1b') && !warnings.contains('\x1b'), "{settings:?}: {table}{warnings}");
    }
    let (table, warnings) = said(&[("CLICOLOR_FORCE", "1")]);
    let head = table.lines().find(|line| line.contains("workload")).unwrap();
    assert!(head.starts_with(BOLD), "{head:?}");
    // The least time of each of two sizes.
    assert_eq!(count(&table, GREEN), 2, "{table:?}");
    assert_eq!(count(&warnings, YELLOW), warnings.lines().count(), "{warnings:?}");
    assert!(plain(&table).lines().all(|line| line.chars().count() <= 80), "{table}");
    assert!(!text(&run(&["sweep", "pol"]).stderr).contains('\x1b'));
}

/// What the command writes on a terminal of this name, its standard output and its standard error; nothing if no such
/// terminal of 80 columns can be had here. Without a size of its own a terminal has any, and a bar may find no room.
#[cfg(target_os = "linux")]
fn on_a_terminal(name: &str, setting: &str, arguments: &[&str]) -> Option<String> {
    let folder = tempfile::tempdir().unwrap();
    let words = [&[env!("CARGO_BIN_EXE_crossover")], arguments].concat();
    let words = words.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" ");
    let line = format!(
        "export TERM={name} {setting}; stty rows 24 cols 80; test -t 1 && test -t 2 && echo $TERM $(stty size); {words}"
    );
    let mut script = Command::new("script");
    script.env_clear().envs(std::env::vars_os().filter(|(name, _)| name == "PATH"));
    script.args(["-qec", &line, "/dev/null"]).current_dir(folder.path());
    let output = script.stdin(std::process::Stdio::null()).output().ok()?;
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stdout));
    text(&output.stdout).strip_prefix(&format!("{name} 24 80\r\n")).map(str::to_owned)
}

#[cfg(target_os = "linux")]
#[test]
fn a_terminal_gets_what_it_can_show() {
    let arguments = [&TINY[..], &WIDE_FORMULA].concat();
    let Some(colourful) = on_a_terminal("xterm", "NO_COLOR=", &arguments) else {
        return println!("skipped: script and stty give no terminal of 24 rows and 80 columns here");
    };
    assert_eq!((count(&colourful, GREEN), colourful.contains(YELLOW)), (2, true), "{colourful:?}");
    // The bar.
    assert!(colourful.contains(" left"), "{colourful:?}");

    let colourless = on_a_terminal("xterm", "NO_COLOR=1", &arguments).unwrap();
    assert!(!colourless.contains(BOLD) && !colourless.contains(GREEN) && !colourless.contains(YELLOW));
    assert!(colourless.contains(" left"), "{colourless:?}");

    let dumb = on_a_terminal("dumb", "", &arguments).unwrap();
    assert!(!dumb.contains('\x1b') && !dumb.contains(" left"), "{dumb:?}");
    // A message is wrapped here, too.
    assert!(dumb.contains("crossover: warning: "), "{dumb}");
    for line in dumb.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
}
