//! `crossover completions` and `crossover man`: generated from the command's definition.

use std::io::{self, Write};

use clap::{Args, Command, CommandFactory};
use clap_complete::Shell;
use clap_mangen::Man;

use super::screen::say;
use super::{Arguments, Stop};

#[derive(Args)]
#[command(after_help = "bash: crossover completions bash > ~/.local/share/bash-completion/completions/crossover\n\
                        fish: crossover completions fish > ~/.config/fish/completions/crossover.fish\n\
                        zsh: into the file _crossover of a folder in $fpath")]
pub struct Completions {
    /// The shell to print completions for
    shell: Shell,
}

/// Prints a shell's completion script.
pub fn completions(options: &Completions) -> Result<(), Stop> {
    let mut script = Vec::new();
    clap_complete::generate(options.shell, &mut Arguments::command(), "crossover", &mut script);
    say(String::from_utf8_lossy(&script).trim_end())
}

/// Prints the manual page.
pub fn man() -> Result<(), Stop> {
    let page = page().map_err(|error| Stop::failure(format_args!("the manual page: {error}")))?;
    say(page.trim_end())
}

/// Returns the manual page of the whole command: its own sections, and one per subcommand.
fn page() -> io::Result<String> {
    // Omits the line on --help for each subcommand.
    let command =
        Arguments::command().disable_help_subcommand(true).mut_subcommands(|each| each.disable_help_flag(true));
    let whole = Man::new(command.clone());
    let mut page = Vec::new();
    whole.render_title(&mut page)?;
    let mut page = String::from_utf8_lossy(&page).into_owned();
    page += &section("SH NAME", |to| whole.render_name_section(to))?;
    page += &section("SH SYNOPSIS", |to| whole.render_synopsis_section(to))?;
    page += &section("SH DESCRIPTION", |to| whole.render_description_section(to))?;
    page += &section("SH OPTIONS", |to| whole.render_options_section(to))?;
    let mut built = command;
    built.build();
    for each in built.get_subcommands() {
        page += &part(each)?;
    }
    page += &section("SH NOTES", |to| whole.render_extra_section(to))?;
    Ok(page)
}

/// Returns a subcommand's section.
fn part(command: &Command) -> io::Result<String> {
    let name = command.get_bin_name().unwrap_or_else(|| command.get_name()).to_uppercase();
    let man = Man::new(command.clone());
    let mut part = section(&format!("SH \"{name}\""), |to| man.render_description_section(to))?;
    part += &section("SS Synopsis", |to| man.render_synopsis_section(to))?;
    if command.get_arguments().next().is_some() {
        part += &section("SS Options", |to| man.render_options_section(to))?;
    }
    if command.get_after_help().or(command.get_after_long_help()).is_some() {
        part += &section("SS Notes", |to| man.render_extra_section(to))?;
    }
    Ok(part)
}

/// Returns a section with its heading replaced. The text before its own heading is omitted.
fn section(heading: &str, render: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<String> {
    let mut bytes = Vec::new();
    render(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let body = text.split_once(".SH ").and_then(|(_, rest)| rest.split_once('\n')).map_or("", |(_, body)| body);
    Ok(format!(".{heading}\n{body}"))
}
