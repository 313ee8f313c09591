//! Ripples on water: crossover computes their heights, and a render pipeline draws them from the same buffer.

use std::error::Error;

use crossover::{BoundKernel, Gpu, Kernel};
use egui_wgpu::wgpu;
use egui_wgpu::{CallbackResources, CallbackTrait, ScreenDescriptor};

/// The height at one point of the water, which the window shows, too.
pub const FORMULA: &str = "exp(-decay*(x*x + y*y)) * cos(waves*hypot(x, y) - time)";

pub const ROWS: usize = 96;
pub const COLUMNS: usize = 320;
/// The extent of the water from its middle, in x and in y.
const REACH: f32 = 1.6;

/// Red, green, blue and opacity of the water at half its maximum height or more, at the same depth or below, and of the
/// background.
pub const CREST: [u8; 4] = [0xd8, 0xff, 0xf4, 0xff];
pub const TROUGH: [u8; 4] = [0x46, 0x3c, 0xb4, 0xff];
pub const GROUND: [u8; 4] = [0x0b, 0x0e, 0x1a, 0xff];

/// The state that outlives a frame, stored in the callback resources of egui's renderer.
pub struct Ripples {
    kernel: BoundKernel,
    /// The application's own buffer: the kernel writes it, the pipeline reads it, and it never leaves the device.
    heights: wgpu::Buffer,
    pipeline: wgpu::RenderPipeline,
    /// The error of a callback, which cannot return it.
    pub failure: Option<crossover::Error>,
}

impl Ripples {
    pub fn new(gpu: &Gpu, target: wgpu::ColorTargetState, samples: u32) -> Result<Ripples, Box<dyn Error>> {
        let points = ROWS * COLUMNS;
        let heights = gpu.device().create_buffer(&wgpu::BufferDescriptor {
            label: Some("heights"),
            size: (points * size_of::<f32>()) as u64,
            usage: wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::VERTEX,
            mapped_at_creation: false,
        });
        let out = gpu.borrow(heights.slice(..))?;

        // The positions of the points do not change: they are uploaded once.
        let along = |index: usize, count: usize| (index as f32 / (count - 1) as f32 * 2.0 - 1.0) * REACH;
        let x: Vec<f32> = (0..points).map(|point| along(point % COLUMNS, COLUMNS)).collect();
        let y: Vec<f32> = (0..points).map(|point| along(point / COLUMNS, ROWS)).collect();
        let (x, y) = (gpu.upload(&x)?, gpu.upload(&y)?);

        // In the order of their first use in the formula: decay, x, y, waves, time. Each frame sets the numbers.
        let number = 0.0.into();
        let kernel = gpu.compile(&Kernel::parse(FORMULA)?)?;
        let kernel = kernel.bind(&[number, (&x).into(), (&y).into(), number, number], &out)?;
        let pipeline = pipeline(gpu.device(), target, samples);
        Ok(Ripples { kernel, heights, pipeline, failure: None })
    }

    /// Records the computation of the next frame's heights.
    ///
    /// The numbers apply to everything submitted afterwards: to show two waters in a frame, bind the kernel twice.
    fn compute(&self, water: &Water, encoder: &mut wgpu::CommandEncoder) -> crossover::Result<()> {
        self.kernel.set_numbers(&[("decay", water.decay), ("waves", water.waves), ("time", water.time)])?;
        self.kernel.encode(encoder);
        Ok(())
    }
}

/// The numbers of [`FORMULA`] for a frame. A copy of them is egui's paint callback.
#[derive(Clone, Copy)]
pub struct Water {
    pub decay: f32,
    pub waves: f32,
    pub time: f32,
}

impl CallbackTrait for Water {
    fn prepare(
        &self,
        _: &wgpu::Device,
        _: &wgpu::Queue,
        _: &ScreenDescriptor,
        encoder: &mut wgpu::CommandEncoder,
        resources: &mut CallbackResources,
    ) -> Vec<wgpu::CommandBuffer> {
        // egui draws the frame with the same encoder, so there is nothing to submit or to wait for here.
        if let Some(ripples) = resources.get_mut::<Ripples>()
            && let Err(error) = ripples.compute(self, encoder)
        {
            ripples.failure = Some(error);
        }
        Vec::new()
    }

    fn paint(&self, _: egui::PaintCallbackInfo, pass: &mut wgpu::RenderPass<'static>, resources: &CallbackResources) {
        let Some(ripples) = resources.get::<Ripples>() else { return };
        pass.set_pipeline(&ripples.pipeline);
        // A line segment needs both ends: the same buffer twice, once starting at its second element.
        pass.set_vertex_buffer(0, ripples.heights.slice(..));
        pass.set_vertex_buffer(1, ripples.heights.slice(size_of::<f32>() as u64..));
        pass.draw(0..4, 0..(ROWS * COLUMNS - 1) as u32);
    }
}

fn pipeline(device: &wgpu::Device, target: wgpu::ColorTargetState, samples: u32) -> wgpu::RenderPipeline {
    let module = device.create_shader_module(wgpu::include_wgsl!("ripples.wgsl"));
    let end = |attributes| {
        let stride = size_of::<f32>() as u64;
        Some(wgpu::VertexBufferLayout { array_stride: stride, step_mode: wgpu::VertexStepMode::Instance, attributes })
    };
    let [crest, trough, ground] = [CREST, TROUGH, GROUND].map(|colour| f64::from(u32::from_le_bytes(colour)));
    let constants = [("ROWS", ROWS as f64), ("COLUMNS", COLUMNS as f64)];
    let colours = [("THICKNESS", 1.5), ("GROUND", ground), ("CREST", crest), ("TROUGH", trough)];
    let with = |constants| wgpu::PipelineCompilationOptions { constants, ..Default::default() };
    device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
        label: Some("ripples"),
        layout: None,
        vertex: wgpu::VertexState {
            module: &module,
            entry_point: Some("corner"),
            compilation_options: with(&constants),
            buffers: &[end(&wgpu::vertex_attr_array![0 => Float32]), end(&wgpu::vertex_attr_array![1 => Float32])],
        },
        primitive: wgpu::PrimitiveState { topology: wgpu::PrimitiveTopology::TriangleStrip, ..Default::default() },
        depth_stencil: None,
        multisample: wgpu::MultisampleState { count: samples, ..Default::default() },
        fragment: Some(wgpu::FragmentState {
            module: &module,
            entry_point: Some("colour"),
            compilation_options: with(&colours),
            targets: &[Some(target)],
        }),
        multiview_mask: None,
        cache: None,
    })
}
