//! Prevents the Vulkan loader from connecting to a window system, which the command does not need.
//!
//! Mesa's implicit layer `VK_LAYER_MESA_device_select` queries the Wayland compositor for its GPU, since `wgpu` always enables
//! Vulkan's surface extensions. Where `XDG_RUNTIME_DIR` is not set, as in a container or over SSH, there is no compositor, and
//! `libwayland-client` writes an error to standard error for each query. Mesa documents `NODEVICE_SELECT=1`, which disables
//! the layer. It is an environment variable, which a process can safely change only for another one, so the command restarts
//! itself.

/// Replaces this process by the same command with the layer disabled, if the layer would only print errors.
#[cfg(all(target_os = "linux", feature = "gpu"))]
pub fn ensure() {
    use std::env;
    use std::os::unix::process::CommandExt;
    use std::path::Path;
    use std::process::Command;

    let set = |name| env::var_os(name).is_some();
    let has_runtime = env::var_os("XDG_RUNTIME_DIR").is_some_and(|folder| Path::new(&folder).is_absolute());
    // MESA_VK_DEVICE_SELECT is the user's choice of a GPU in that layer.
    if has_runtime || set("NODEVICE_SELECT") || set("MESA_VK_DEVICE_SELECT") {
        return;
    }
    let (Ok(program), mut arguments) = (env::current_exe(), env::args_os()) else { return };
    let name = arguments.next().unwrap_or_else(|| program.clone().into());
    // `exec` returns only if it fails; then this process continues.
    _ = Command::new(program).arg0(name).args(arguments).env("NODEVICE_SELECT", "1").exec();
}

/// Does nothing: the layer does not exist here.
#[cfg(not(all(target_os = "linux", feature = "gpu")))]
pub fn ensure() {}
