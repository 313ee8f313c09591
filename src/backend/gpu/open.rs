//! Finding a GPU and opening it.

use std::sync::Arc;

use super::device::{Gpu, shares};
use super::fault::Faults;
use crate::error::{Error, Result};

/// What brings a GPU to a machine without one.
const REMEDY: &str = "install the driver of your GPU, or a software one: on Debian and Ubuntu the package \
                      mesa-vulkan-drivers";

/// Opens the best adapter whose name has such a part.
fn find(wanted: &str) -> Result<Gpu> {
    let from_env = || wgpu::InstanceDescriptor::new_without_display_handle_from_env();
    let allowed = from_env().backends;
    let mut refused = Vec::new();
    // OpenGL only where there is nothing better: its loader writes to the terminal on a machine without a display.
    for backends in [allowed - wgpu::Backends::GL, allowed & wgpu::Backends::GL] {
        let instance = wgpu::Instance::new(wgpu::InstanceDescriptor { backends, ..from_env() });
        let mut adapters = pollster::block_on(instance.enumerate_adapters(backends));
        adapters.sort_by_key(|adapter| rank(&adapter.get_info()));
        for adapter in &adapters {
            let reason = match unfit(adapter, wanted) {
                Some(reason) => reason,
                None => match request(adapter) {
                    Ok(gpu) => return Ok(gpu),
                    Err(error) => format!("did not open: {error}"),
                },
            };
            refused.push((adapter.get_info(), reason));
        }
    }
    Err(unavailable(&tried(allowed, &refused)))
}

/// Returns why an adapter is none to open.
fn unfit(adapter: &wgpu::Adapter, wanted: &str) -> Option<String> {
    if !adapter.get_info().name.to_lowercase().contains(&wanted.to_lowercase()) {
        return Some(format!("is not called `{wanted}`"));
    }
    (!computes(adapter)).then(|| "runs no compute shaders".to_owned())
}

/// Returns what came of each interface that this build and system could have found a GPU through.
fn tried(allowed: wgpu::Backends, refused: &[(wgpu::AdapterInfo, String)]) -> String {
    let present = wgpu::Instance::enabled_backend_features() & allowed;
    let each = present.iter().map(|api| {
        let here = refused.iter().filter(|(info, _)| wgpu::Backends::from(info.backend) == api);
        let reasons: Vec<_> = here.map(|(info, reason)| format!("{} {reason}", info.name)).collect();
        let name = api.iter_names().next().map_or("", |(name, _)| name).to_lowercase();
        if reasons.is_empty() { format!("{name} found none") } else { format!("{name}: {}", reasons.join(", ")) }
    });
    let each: Vec<_> = each.collect();
    if each.is_empty() { "WGPU_BACKEND names no interface that this build has".to_owned() } else { each.join("; ") }
}

fn unavailable(reason: &str) -> Error {
    Error::Unavailable { what: "the gpu backend".to_owned(), reason: reason.to_owned(), remedy: REMEDY.to_owned() }
}

/// Opens a device with everything the adapter offers that is of use.
fn request(adapter: &wgpu::Adapter) -> Result<Gpu, wgpu::RequestDeviceError> {
    let descriptor = wgpu::DeviceDescriptor { label: Some("crossover"), ..Gpu::required(adapter) };
    let (device, queue) = pollster::block_on(adapter.request_device(&descriptor))?;
    let faults = Faults::listen(&device);
    Ok(Gpu::new(device, queue, faults))
}

impl Gpu {
    /// Opens the most powerful GPU of this machine, with all that it can do. A software rasterizer is taken
    /// only if there is nothing else.
    ///
    /// The environment variables `WGPU_BACKEND` (such as `vulkan`) and `WGPU_ADAPTER_NAME` (a part of the name) narrow the
    /// choice.
    ///
    /// On Linux without a window system, a layer of Mesa's Vulkan drivers may write "XDG_RUNTIME_DIR is invalid or not set" to
    /// standard error, since `wgpu` enables the extensions for windows in any case. The environment variable
    /// `NODEVICE_SELECT=1` turns that layer off; the command `crossover` sets it for itself.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`](crate::Error::Unavailable) with what was found if there is none.
    pub fn open() -> Result<Gpu> {
        find(&std::env::var("WGPU_ADAPTER_NAME").unwrap_or_default())
    }

    /// Works on a device that a host application has opened, with whatever features and limits it has: see
    /// [`required`](Gpu::required) for what serves best.
    ///
    /// Nothing of the host's changes: no handler is installed, and dropping this leaves the device as it was. Since only the
    /// host's handlers hear of a lost device, it is noticed here when the next call fails.
    ///
    /// The `Gpu`s that are made of one device share its arrays. An array of any other device is refused with
    /// [`Error::OtherDevice`](crate::Error::OtherDevice).
    pub fn from_device(device: wgpu::Device, queue: wgpu::Queue) -> Gpu {
        Gpu::new(device, queue, Arc::default())
    }

    /// Returns what a host application asks an adapter for to have the most of this crate: all of its limits, the feature
    /// [`TIMESTAMP_QUERY`](wgpu::Features::TIMESTAMP_QUERY) for [`BoundKernel::time`](super::BoundKernel::time), and where
    /// host and device share their memory [`MAPPABLE_PRIMARY_BUFFERS`](wgpu::Features::MAPPABLE_PRIMARY_BUFFERS), which
    /// saves two copies; each as far as the adapter has it. A device without any of it works, too.
    ///
    /// ```no_run
    /// # use crossover::wgpu;
    /// # async fn example(adapter: wgpu::Adapter) -> Result<(), wgpu::RequestDeviceError> {
    /// let mut wishes = crossover::Gpu::required(&adapter);
    /// wishes.required_features |= wgpu::Features::empty(); // and what the host itself needs
    /// let (device, queue) = adapter.request_device(&wishes).await?;
    /// let gpu = crossover::Gpu::from_device(device, queue);
    /// # Ok(())
    /// # }
    /// ```
    pub fn required(adapter: &wgpu::Adapter) -> wgpu::DeviceDescriptor<'static> {
        let mut features = wgpu::Features::TIMESTAMP_QUERY;
        if shares(&adapter.get_info()) {
            features |= wgpu::Features::MAPPABLE_PRIMARY_BUFFERS;
        }
        wgpu::DeviceDescriptor {
            required_features: features & adapter.features(),
            // A device has exactly the limits that were asked for.
            required_limits: adapter.limits(),
            ..Default::default()
        }
    }

    /// Opens the same adapter again, for instance after the device was lost. This one, and what was made from it, stays as
    /// it is; settings such as the limit of memory are those of a new one.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] if it is not there any longer, or if the device is a host application's, which alone can open
    /// it again.
    pub fn reopen(&self) -> Result<Gpu> {
        if !self.link().listens() {
            return Err(Error::Unavailable {
                what: "another device in place of the host application's".to_owned(),
                reason: "it was not opened here".to_owned(),
                remedy: "open it in the host, and call `Gpu::from_device`".to_owned(),
            });
        }
        find(&self.about().name)
    }
}

fn computes(adapter: &wgpu::Adapter) -> bool {
    let flags = adapter.get_downlevel_capabilities().flags;
    flags.contains(wgpu::DownlevelFlags::COMPUTE_SHADERS) && adapter.limits().max_storage_buffers_per_shader_stage >= 2
}

/// Returns the order of preference: the most powerful kind of device.
fn rank(info: &wgpu::AdapterInfo) -> u8 {
    match info.device_type {
        wgpu::DeviceType::DiscreteGpu => 0,
        wgpu::DeviceType::IntegratedGpu => 1,
        wgpu::DeviceType::VirtualGpu => 2,
        wgpu::DeviceType::Other => 3,
        wgpu::DeviceType::Cpu => 4,
    }
}
