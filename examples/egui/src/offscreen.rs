//! A windowing library for an egui application, without a window: it owns the device and draws the frames.

use std::error::Error;

use crossover::Gpu;
use egui_wgpu::{Renderer, RendererOptions, ScreenDescriptor, wgpu};

/// The window size in pixels. A texture's rows are copied to a buffer at multiples of 256 bytes, 64 pixels.
pub const SIZE: [u32; 2] = [1280, 800];
const PIXELS_PER_POINT: f32 = 1.25;
const _: () = assert!(SIZE[0].is_multiple_of(64));

/// Samples per pixel, for smooth edges; every device supports 4.
pub const SAMPLES: u32 = 4;
/// egui's preferred format, which is also that of the picture's bytes.
pub const FORMAT: wgpu::TextureFormat = wgpu::TextureFormat::Rgba8Unorm;

pub struct Offscreen {
    device: wgpu::Device,
    queue: wgpu::Queue,
    pub renderer: Renderer,
    pub context: egui::Context,
    /// The render target, and the texture that its samples are resolved into.
    samples: wgpu::Texture,
    picture: wgpu::Texture,
}

impl Offscreen {
    /// Opens a device as a host does, with the features and limits that crossover recommends. In an eframe application
    /// `WgpuSetupCreateNew::device_descriptor` takes the same function.
    pub fn open() -> Result<Offscreen, Box<dyn Error>> {
        let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle_from_env());
        let adapter = pollster::block_on(instance.request_adapter(&wgpu::RequestAdapterOptions::default()))?;
        let (device, queue) = pollster::block_on(adapter.request_device(&Gpu::required(&adapter)))?;

        let options = RendererOptions { msaa_samples: SAMPLES, ..Default::default() };
        let renderer = Renderer::new(&device, FORMAT, options);
        let texture = |sample_count, usage| {
            device.create_texture(&wgpu::TextureDescriptor {
                label: Some("window"),
                size: wgpu::Extent3d { width: SIZE[0], height: SIZE[1], depth_or_array_layers: 1 },
                mip_level_count: 1,
                sample_count,
                dimension: wgpu::TextureDimension::D2,
                format: FORMAT,
                usage,
                view_formats: &[],
            })
        };
        let samples = texture(SAMPLES, wgpu::TextureUsages::RENDER_ATTACHMENT);
        let picture = texture(1, wgpu::TextureUsages::RENDER_ATTACHMENT | wgpu::TextureUsages::COPY_SRC);
        Ok(Offscreen { device, queue, renderer, context: egui::Context::default(), samples, picture })
    }

    /// Lends the device to crossover.
    pub fn gpu(&self) -> Gpu {
        Gpu::from_device(self.device.clone(), self.queue.clone())
    }

    /// Draws one frame of the application.
    pub fn frame(&mut self, ui: impl FnMut(&mut egui::Ui)) {
        let mut full = self.context.run_ui(self.input(), ui);
        for (id, deltas) in full.textures_delta.set.drain() {
            deltas.iter().for_each(|delta| self.renderer.update_texture(&self.device, &self.queue, id, delta));
        }
        let screen = ScreenDescriptor { size_in_pixels: SIZE, pixels_per_point: full.pixels_per_point };
        let jobs = self.context.tessellate(full.shapes, full.pixels_per_point);

        let mut encoder = self.device.create_command_encoder(&Default::default());
        // Here the callbacks record their compute passes, before the render pass that reads their results.
        let others = self.renderer.update_buffers(&self.device, &self.queue, &mut encoder, &jobs, &screen);
        self.draw(&mut encoder, &jobs, &screen);
        self.queue.submit(others.into_iter().chain([encoder.finish()]));
        full.textures_delta.free.drain().for_each(|id| self.renderer.free_texture(&id));
    }

    fn input(&self) -> egui::RawInput {
        let [width, height] = SIZE.map(|pixels| pixels as f32 / PIXELS_PER_POINT);
        let mut input = egui::RawInput {
            screen_rect: Some(egui::Rect::from_min_size(egui::Pos2::ZERO, egui::vec2(width, height))),
            max_texture_side: Some(self.device.limits().max_texture_dimension_2d as usize),
            ..Default::default()
        };
        let window = input.viewports.entry(input.viewport_id).or_default();
        window.native_pixels_per_point = Some(PIXELS_PER_POINT);
        input
    }

    fn draw(&self, encoder: &mut wgpu::CommandEncoder, jobs: &[egui::ClippedPrimitive], screen: &ScreenDescriptor) {
        let [samples, picture] = [&self.samples, &self.picture].map(|texture| texture.create_view(&Default::default()));
        let pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
            label: Some("egui"),
            color_attachments: &[Some(wgpu::RenderPassColorAttachment {
                view: &samples,
                depth_slice: None,
                resolve_target: Some(&picture),
                ops: wgpu::Operations { load: wgpu::LoadOp::Clear(wgpu::Color::BLACK), store: wgpu::StoreOp::Discard },
            })],
            ..Default::default()
        });
        self.renderer.render(&mut pass.forget_lifetime(), jobs, screen);
    }

    /// Returns the last frame's pixels, row by row.
    pub fn pixels(&self) -> Result<Vec<[u8; 4]>, Box<dyn Error>> {
        let row = SIZE[0] * 4;
        let buffer = self.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("picture"),
            size: u64::from(row * SIZE[1]),
            usage: wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::MAP_READ,
            mapped_at_creation: false,
        });
        let layout = wgpu::TexelCopyBufferLayout { offset: 0, bytes_per_row: Some(row), rows_per_image: None };
        let mut encoder = self.device.create_command_encoder(&Default::default());
        encoder.copy_texture_to_buffer(
            self.picture.as_image_copy(),
            wgpu::TexelCopyBufferInfo { buffer: &buffer, layout },
            self.picture.size(),
        );
        self.queue.submit([encoder.finish()]);
        // An error is reported by `get_mapped_range`.
        buffer.map_async(wgpu::MapMode::Read, .., |_| ());
        self.device.poll(wgpu::PollType::wait_indefinitely())?;
        let bytes = buffer.get_mapped_range(..)?;
        Ok(bytes.as_chunks().0.to_vec())
    }
}
