//! Finding a GPU and opening it.

use std::sync::{Arc, OnceLock};

use super::Gpu;
use crate::backend::Device;
use crate::error::{Error, Result};

/// What brings a GPU to a machine without one.
const REMEDY: &str = "install the driver of your GPU, or a software one: on Debian and Ubuntu the package \
                      mesa-vulkan-drivers";

pub(super) fn open() -> Result<Gpu> {
    let descriptor = wgpu::InstanceDescriptor::new_without_display_handle_from_env();
    let backends = descriptor.backends;
    let instance = wgpu::Instance::new(descriptor);
    let mut adapters = pollster::block_on(instance.enumerate_adapters(backends));
    let wanted = std::env::var("WGPU_ADAPTER_NAME").unwrap_or_default().to_lowercase();
    let found: Vec<_> = adapters.iter().map(|adapter| about(&adapter.get_info()).to_string()).collect();
    adapters.retain(|adapter| adapter.get_info().name.to_lowercase().contains(&wanted) && computes(adapter));
    adapters.sort_by_key(|adapter| rank(&adapter.get_info()));
    let unavailable = |reason: String| Error::Unavailable {
        what: "the gpu backend".to_owned(),
        reason,
        remedy: REMEDY.to_owned(),
    };
    let Some(adapter) = adapters.first() else {
        return Err(unavailable(match (found.is_empty(), wanted.is_empty()) {
            (true, _) => format!("there is no GPU driver (looked for {})", names(backends)),
            (false, true) => format!("no GPU here can run compute shaders (found {})", found.join("; ")),
            (false, false) => format!("no GPU is called `{wanted}` (found {})", found.join("; ")),
        }));
    };
    request(adapter).map_err(|reason| unavailable(format!("{} did not open: {reason}", adapter.get_info().name)))
}

/// Opens a device with everything the adapter offers: a device has exactly the limits that were asked for.
fn request(adapter: &wgpu::Adapter) -> Result<Gpu, wgpu::RequestDeviceError> {
    let (device, queue) = pollster::block_on(adapter.request_device(&wgpu::DeviceDescriptor {
        label: Some("crossover"),
        required_limits: adapter.limits(),
        ..Default::default()
    }))?;
    let lost = Arc::new(OnceLock::new());
    let reason = Arc::clone(&lost);
    // Without handlers `wgpu` panics on what no error scope has caught.
    device.set_device_lost_callback(move |_, message| _ = reason.set(message));
    let unexpected = Arc::clone(&lost);
    device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| _ = unexpected.set(error.to_string())));
    Ok(Gpu::new(device, queue, lost))
}

fn computes(adapter: &wgpu::Adapter) -> bool {
    let flags = adapter.get_downlevel_capabilities().flags;
    flags.contains(wgpu::DownlevelFlags::COMPUTE_SHADERS) && adapter.limits().max_storage_buffers_per_shader_stage >= 2
}

/// The order of preference: the most powerful kind of device, then the interface with the least between it and us.
fn rank(info: &wgpu::AdapterInfo) -> (u8, u8) {
    let kind = match info.device_type {
        wgpu::DeviceType::DiscreteGpu => 0,
        wgpu::DeviceType::IntegratedGpu => 1,
        wgpu::DeviceType::VirtualGpu => 2,
        wgpu::DeviceType::Other => 3,
        wgpu::DeviceType::Cpu => 4,
    };
    (kind, u8::from(info.backend == wgpu::Backend::Gl))
}

pub(super) fn about(info: &wgpu::AdapterInfo) -> Device {
    let driver = format!("{} {}", info.driver, info.driver_info);
    Device {
        name: info.name.clone(),
        driver: driver.trim().to_owned(),
        api: info.backend.to_string(),
        software: info.device_type == wgpu::DeviceType::Cpu,
    }
}

/// The interfaces that this build and system could have found a GPU through.
fn names(backends: wgpu::Backends) -> String {
    let present = wgpu::Instance::enabled_backend_features() & backends;
    let names: Vec<_> = present.iter_names().map(|(name, _)| name.to_lowercase()).collect();
    names.join(", ")
}
