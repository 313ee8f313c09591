//! The command from outside. The tests are one binary, since each would be linked with all of the command's libraries.

mod auto;
mod cli;
mod compare;
mod eval;
#[cfg(target_os = "linux")]
#[path = "../../../tests/common/limited.rs"]
mod limited;
mod terminal;
mod threads;
mod vary;
