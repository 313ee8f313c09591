//! Shaders compiled for a device, each once.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::link::Link;
use crate::error::{Error, Result};
use crate::formula::program::Program;
use crate::kernel::Kernel;
use crate::kernel::wgsl::{self, Place, Shape};

/// Compiled shaders that are kept at most; the one that was used longest ago goes first.
const MOST: usize = 256;

/// A compiled shader and the layout of its bindings.
#[derive(Clone, Debug)]
pub(super) struct Pipeline {
    pub(super) pipeline: wgpu::ComputePipeline,
    pub(super) bindings: wgpu::BindGroupLayout,
}

/// The compiled shaders of a device. A new one is at the end.
#[derive(Default, Debug)]
pub(super) struct Pipelines(Mutex<Vec<Compiled>>);

type Compiled = (Program, Shape, Pipeline);

impl Pipelines {
    fn known(&self) -> MutexGuard<'_, Vec<Compiled>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the shader of a kernel, compiled now or earlier.
    pub(super) fn get(&self, link: &Link, kernel: &Kernel, shape: &Shape) -> Result<Pipeline> {
        // The list is short, and most programs differ in their length already.
        let same = |known: &Compiled| known.1 == *shape && known.0 == *kernel.program();
        let mut known = self.known();
        if let Some(index) = known.iter().rposition(same) {
            known[index..].rotate_left(1);
            return Ok(known[known.len() - 1].2.clone());
        }
        drop(known);
        let pipeline = compile(link, kernel, shape)?;
        let mut known = self.known();
        if known.len() >= MOST {
            known.remove(0);
        }
        known.push((kernel.program().clone(), shape.clone(), pipeline.clone()));
        Ok(pipeline)
    }

    /// Returns how many compiled shaders are kept.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.known().len()
    }

    /// Frees what is no longer used.
    pub(super) fn clear(&self) {
        self.known().clear();
    }
}

fn compile(link: &Link, kernel: &Kernel, shape: &Shape) -> Result<Pipeline> {
    let (text, title) = (wgsl::shader(kernel.program(), shape), kernel.title());
    let compiled = link.scoped(|device| {
        let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: Some(&title),
            source: wgpu::ShaderSource::Wgsl(text.as_str().into()),
        });
        let bindings = bindings(device, kernel.inputs().len(), shape);
        let layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some("crossover"),
            bind_group_layouts: &[Some(&bindings)],
            immediate_size: 0,
        });
        let pipeline = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: Some(&title),
            layout: Some(&layout),
            module: &module,
            entry_point: Some("main"),
            compilation_options: Default::default(),
            cache: None,
        });
        Pipeline { pipeline, bindings }
    });
    compiled.map_err(|error| match error {
        Error::Device { message } => Error::Shader { kernel: title, message, wgsl: text },
        other => other,
    })
}

/// Returns the layout of the bindings: the parameters, the output, the inputs. Said in full, since the one that is deduced from
/// a shader lacks the inputs that a formula does not use.
fn bindings(device: &wgpu::Device, inputs: usize, shape: &Shape) -> wgpu::BindGroupLayout {
    let storage = |read_only| wgpu::BufferBindingType::Storage { read_only };
    let mut types = vec![(0, wgpu::BufferBindingType::Uniform), (1, storage(false))];
    types.extend((0..inputs).filter_map(|n| match shape.place(n) {
        Place::Apart => Some((n as u32 + 2, storage(true))),
        Place::Beside => Some((n as u32 + 2, storage(false))),
        Place::Same => None,
    }));
    let entry = |(binding, ty)| wgpu::BindGroupLayoutEntry {
        binding,
        visibility: wgpu::ShaderStages::COMPUTE,
        ty: wgpu::BindingType::Buffer { ty, has_dynamic_offset: false, min_binding_size: None },
        count: None,
    };
    let entries: Vec<_> = types.into_iter().map(entry).collect();
    device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor { label: Some("crossover"), entries: &entries })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::{Backend, gpu::Gpu};

    #[test]
    fn a_program_is_compiled_once_and_the_oldest_goes() {
        let gpu = match Gpu::open() {
            Ok(gpu) => gpu,
            Err(error) if std::env::var("CROSSOVER_REQUIRE_GPU").as_deref() == Ok("1") => panic!("{error}"),
            Err(error) => return println!("skipped: {error}"),
        };
        let known = || gpu.pipelines_kept();
        let kernel = |number: usize| Kernel::parse(&format!("x + {number}")).unwrap();
        gpu.prepare(&kernel(0)).unwrap();
        let first = known();
        for _ in 0..3 {
            // Another kernel of the same program.
            let start = std::time::Instant::now();
            gpu.prepare(&kernel(0)).unwrap();
            println!("prepared again in {:?}", start.elapsed());
        }
        assert_eq!(known(), first);
        (1..MOST).for_each(|number| _ = gpu.pipeline(&kernel(number), &Shape::new(1)).unwrap());
        assert_eq!(known(), MOST);
        gpu.pipeline(&kernel(MOST), &Shape::new(1)).unwrap();
        assert_eq!(known(), MOST);
        gpu.trim();
        assert_eq!(known(), 0);
    }
}
