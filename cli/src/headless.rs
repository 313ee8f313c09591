//! Keeps the Vulkan loader from asking for a window system, which the command has no use for.
//!
//! Mesa's implicit layer `VK_LAYER_MESA_device_select` asks the Wayland compositor for its GPU, since `wgpu` enables the
//! surface extensions of Vulkan, also without a window, and allows nobody to leave them out. Where `XDG_RUNTIME_DIR` is not
//! set, as in a container or over SSH, there is no compositor, and `libwayland-client` writes an error to standard error
//! for each time that it is asked. Mesa documents `NODEVICE_SELECT=1`, which turns the layer off. It is read from the
//! environment, which a process can change safely only for another program: so the command starts itself once more.

/// Replaces this process by the same command with the layer turned off, if it would only write errors.
#[cfg(all(target_os = "linux", feature = "gpu"))]
pub fn ensure() {
    use std::env;
    use std::os::unix::process::CommandExt;
    use std::path::Path;
    use std::process::Command;

    let set = |name| env::var_os(name).is_some();
    let has_runtime = env::var_os("XDG_RUNTIME_DIR").is_some_and(|folder| Path::new(&folder).is_absolute());
    // The second is how a user tells the layer which GPU to put first.
    if has_runtime || set("NODEVICE_SELECT") || set("MESA_VK_DEVICE_SELECT") {
        return;
    }
    let (Ok(program), mut arguments) = (env::current_exe(), env::args_os()) else { return };
    let name = arguments.next().unwrap_or_else(|| program.clone().into());
    // It returns only if it fails, and then this process goes on.
    _ = Command::new(program).arg0(name).args(arguments).env("NODEVICE_SELECT", "1").exec();
}

/// Does nothing: there is no such layer.
#[cfg(not(all(target_os = "linux", feature = "gpu")))]
pub fn ensure() {}
