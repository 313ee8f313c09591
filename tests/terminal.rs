//! What the command looks like: its width, its colours, the names that others rely on, and what is made from its definition.
#![cfg(feature = "cli")]

use std::path::Path;
use std::process::{Command, Output};

/// The command in an empty folder, with nothing of this process's settings.
fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_crossover"));
    command.current_dir(folder).args(arguments).env("TERM", "xterm").env("COLUMNS", "80");
    for name in ["CROSSOVER_BACKEND", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
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
    // One title, and what only a subcommand's own help tells.
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
        ("crossover sweep --isa ''", "wide avx2 avx512"),
        ("crossover sweep horner", "horner16 horner256"),
        ("crossover eval --backend t", "threads"),
        ("crossover explain --only g", "gpu"),
        ("crossover explain --goal ''", "latency throughput"),
    ] {
        assert_eq!(complete(words).unwrap(), expected, "{words}");
    }
}
