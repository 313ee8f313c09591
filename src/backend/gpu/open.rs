//! Finding a GPU and opening it.

use std::sync::{Arc, PoisonError};

use super::{Faults, Gpu};
use crate::backend::Device;
use crate::error::{Error, Result};

/// What brings a GPU to a machine without one.
const REMEDY: &str = "install the driver of your GPU, or a software one: on Debian and Ubuntu the package \
                      mesa-vulkan-drivers";

pub(super) fn open() -> Result<Gpu> {
    let from_env = || wgpu::InstanceDescriptor::new_without_display_handle_from_env();
    let allowed = from_env().backends;
    let wanted = std::env::var("WGPU_ADAPTER_NAME").unwrap_or_default().to_lowercase();
    let mut found = Vec::new();
    // OpenGL only where there is nothing better: its loader writes to the terminal on a machine without a display.
    for backends in [allowed - wgpu::Backends::GL, allowed & wgpu::Backends::GL] {
        let instance = wgpu::Instance::new(wgpu::InstanceDescriptor { backends, ..from_env() });
        let mut adapters = pollster::block_on(instance.enumerate_adapters(backends));
        found.extend(adapters.iter().map(|adapter| about(&adapter.get_info()).to_string()));
        adapters.retain(|adapter| adapter.get_info().name.to_lowercase().contains(&wanted) && computes(adapter));
        if let Some(adapter) = adapters.iter().min_by_key(|adapter| rank(&adapter.get_info())) {
            let name = adapter.get_info().name;
            return request(adapter).map_err(|reason| unavailable(format!("{name} did not open: {reason}")));
        }
    }
    Err(unavailable(match (found.is_empty(), wanted.is_empty()) {
        (true, _) => format!("no driver offers one through {}", names(allowed)),
        (false, true) => format!("none can run compute shaders (found {})", found.join("; ")),
        (false, false) => format!("none is called `{wanted}` (found {})", found.join("; ")),
    }))
}

fn unavailable(reason: String) -> Error {
    Error::Unavailable { what: "the gpu backend".to_owned(), reason, remedy: REMEDY.to_owned() }
}

/// Opens a device with everything the adapter offers: a device has exactly the limits that were asked for.
fn request(adapter: &wgpu::Adapter) -> Result<Gpu, wgpu::RequestDeviceError> {
    let (device, queue) = pollster::block_on(adapter.request_device(&wgpu::DeviceDescriptor {
        label: Some("crossover"),
        required_limits: adapter.limits(),
        ..Default::default()
    }))?;
    let faults = Arc::new(Faults::default());
    let heard = Arc::clone(&faults);
    device.set_device_lost_callback(move |_, reason| _ = heard.lost.set(reason));
    // Without a handler, `wgpu` panics on what no error scope has caught.
    let heard = Arc::clone(&faults);
    device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| {
        *heard.uncaptured.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.to_string());
    }));
    Ok(Gpu::new(device, queue, faults))
}

fn computes(adapter: &wgpu::Adapter) -> bool {
    let flags = adapter.get_downlevel_capabilities().flags;
    flags.contains(wgpu::DownlevelFlags::COMPUTE_SHADERS) && adapter.limits().max_storage_buffers_per_shader_stage >= 2
}

/// The order of preference: the most powerful kind of device.
fn rank(info: &wgpu::AdapterInfo) -> u8 {
    match info.device_type {
        wgpu::DeviceType::DiscreteGpu => 0,
        wgpu::DeviceType::IntegratedGpu => 1,
        wgpu::DeviceType::VirtualGpu => 2,
        wgpu::DeviceType::Other => 3,
        wgpu::DeviceType::Cpu => 4,
    }
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
    if names.is_empty() { "the interfaces that WGPU_BACKEND names".to_owned() } else { names.join(", ") }
}
