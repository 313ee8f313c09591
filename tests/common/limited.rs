//! Programs with a limit on how many threads they start.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Command;

/// A command that runs `program` with at most this many threads, or why none can be made. Root has no such limit.
pub fn limited(threads: usize, program: &Path) -> Result<Command, String> {
    let mut command = Command::new("prlimit");
    command.arg(format!("--nproc={threads}:{threads}"));
    if fs::metadata("/proc/self").map_err(|error| error.to_string())?.uid() == 0 {
        // A user of its own, since the limit is on all threads of a user.
        let user = 50_000 + std::process::id() % 10_000;
        command.args(["setpriv", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all"]);
        command.args([format!("--reuid={user}"), format!("--regid={user}")]);
    }
    command.arg(program).env("RAYON_NUM_THREADS", "8");
    let mut probe = Command::new("prlimit");
    probe.args(command.get_args().take_while(|arg| *arg != program)).arg("true");
    match probe.output() {
        Ok(output) if output.status.success() => Ok(command),
        Ok(output) => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
        Err(error) => Err(format!("prlimit: {error}")),
    }
}
