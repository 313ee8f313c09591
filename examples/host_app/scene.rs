//! The application, independent of crossover. It draws points from its vertex buffers into a texture, with additive blending.

use std::error::Error;

use crossover::wgpu;

pub const SIDE: u32 = 720;

const SHADER: &str = "
struct Star {
    @builtin(position) place: vec4<f32>,
    @location(0) light: vec3<f32>,
}

@vertex
fn place(@location(0) x: f32, @location(1) y: f32, @location(2) u: f32, @location(3) v: f32) -> Star {
    // Faster stars are bluer.
    let heat = clamp(length(vec2<f32>(u, v)) - 0.75, 0.0, 1.0);
    let light = mix(vec3<f32>(0.42, 0.18, 0.08), vec3<f32>(0.12, 0.20, 0.44), heat);
    return Star(vec4<f32>(x / 1.6, y / 1.6, 0.0, 1.0), light);
}

@fragment
fn shine(star: Star) -> @location(0) vec4<f32> {
    return vec4<f32>(star.light, 1.0);
}";

pub struct Scene {
    pipeline: wgpu::RenderPipeline,
    texture: wgpu::Texture,
    /// x, y and the velocities along both.
    arrays: [wgpu::Buffer; 4],
    count: u32,
}

impl Scene {
    pub fn new(device: &wgpu::Device, queue: &wgpu::Queue, stars: &[Vec<f32>; 4]) -> Self {
        use wgpu::BufferUsages as Use;
        let arrays = stars.each_ref().map(|numbers| {
            let buffer = device.create_buffer(&wgpu::BufferDescriptor {
                label: Some("stars"),
                size: 4 * numbers.len() as u64,
                // Kernels need STORAGE.
                usage: Use::VERTEX | Use::STORAGE | Use::COPY_DST,
                mapped_at_creation: false,
            });
            queue.write_buffer(&buffer, 0, bytemuck::cast_slice(numbers));
            buffer
        });
        let texture = device.create_texture(&wgpu::TextureDescriptor {
            label: Some("picture"),
            size: wgpu::Extent3d { width: SIDE, height: SIDE, depth_or_array_layers: 1 },
            mip_level_count: 1,
            sample_count: 1,
            dimension: wgpu::TextureDimension::D2,
            format: wgpu::TextureFormat::Rgba8Unorm,
            usage: wgpu::TextureUsages::RENDER_ATTACHMENT | wgpu::TextureUsages::COPY_SRC,
            view_formats: &[],
        });
        Scene { pipeline: pipeline(device, texture.format()), texture, arrays, count: stars[0].len() as u32 }
    }

    pub fn arrays(&self) -> &[wgpu::Buffer; 4] {
        &self.arrays
    }

    /// Records a frame.
    pub fn draw(&self, encoder: &mut wgpu::CommandEncoder) {
        let view = self.texture.create_view(&Default::default());
        let clear = wgpu::Color { r: 0.01, g: 0.01, b: 0.03, a: 1.0 };
        let mut pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
            label: Some("frame"),
            color_attachments: &[Some(wgpu::RenderPassColorAttachment {
                view: &view,
                depth_slice: None,
                resolve_target: None,
                ops: wgpu::Operations { load: wgpu::LoadOp::Clear(clear), store: wgpu::StoreOp::Store },
            })],
            ..Default::default()
        });
        pass.set_pipeline(&self.pipeline);
        for (slot, array) in (0..).zip(&self.arrays) {
            pass.set_vertex_buffer(slot, array.slice(..));
        }
        pass.draw(0..self.count, 0..1);
    }

    /// Reads the picture back, four bytes per pixel.
    pub fn picture(&self, device: &wgpu::Device, queue: &wgpu::Queue) -> Result<Vec<u8>, Box<dyn Error>> {
        // Rows begin at multiples of 256 bytes.
        let (row, stride) = (4 * SIDE, (4 * SIDE).next_multiple_of(wgpu::COPY_BYTES_PER_ROW_ALIGNMENT));
        let buffer = device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("picture"),
            size: u64::from(stride * SIDE),
            usage: wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::MAP_READ,
            mapped_at_creation: false,
        });
        let mut encoder = device.create_command_encoder(&Default::default());
        encoder.copy_texture_to_buffer(
            self.texture.as_image_copy(),
            wgpu::TexelCopyBufferInfo {
                buffer: &buffer,
                layout: wgpu::TexelCopyBufferLayout { offset: 0, bytes_per_row: Some(stride), rows_per_image: None },
            },
            self.texture.size(),
        );
        queue.submit([encoder.finish()]);
        buffer.map_async(wgpu::MapMode::Read, .., |_| {});
        device.poll(wgpu::PollType::wait_indefinitely())?;
        let view = buffer.get_mapped_range(..)?;
        Ok(view.chunks(stride as usize).flat_map(|line| &line[..row as usize]).copied().collect())
    }
}

fn pipeline(device: &wgpu::Device, format: wgpu::TextureFormat) -> wgpu::RenderPipeline {
    let source = wgpu::ShaderSource::Wgsl(SHADER.into());
    let module = device.create_shader_module(wgpu::ShaderModuleDescriptor { label: Some("stars"), source });
    let attributes: Vec<_> = (0..4)
        .map(|n| [wgpu::VertexAttribute { format: wgpu::VertexFormat::Float32, offset: 0, shader_location: n }])
        .collect();
    let buffers: Vec<_> = attributes
        .iter()
        .map(|attributes| {
            Some(wgpu::VertexBufferLayout { array_stride: 4, step_mode: wgpu::VertexStepMode::Vertex, attributes })
        })
        .collect();
    let add = wgpu::BlendComponent {
        src_factor: wgpu::BlendFactor::One,
        dst_factor: wgpu::BlendFactor::One,
        operation: wgpu::BlendOperation::Add,
    };
    let target = wgpu::ColorTargetState {
        format,
        blend: Some(wgpu::BlendState { color: add, alpha: add }),
        write_mask: wgpu::ColorWrites::ALL,
    };
    device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
        label: Some("stars"),
        layout: None,
        vertex: wgpu::VertexState {
            module: &module,
            entry_point: Some("place"),
            compilation_options: Default::default(),
            buffers: &buffers,
        },
        primitive: wgpu::PrimitiveState { topology: wgpu::PrimitiveTopology::PointList, ..Default::default() },
        depth_stencil: None,
        multisample: wgpu::MultisampleState::default(),
        fragment: Some(wgpu::FragmentState {
            module: &module,
            entry_point: Some("shine"),
            compilation_options: Default::default(),
            targets: &[Some(target)],
        }),
        multiview_mask: None,
        cache: None,
    })
}

/// Returns stars on nearly circular orbits, in two arms: x, y and the velocities along both. Golden-ratio sequences replace
/// random numbers, so every run draws the same picture.
pub fn galaxy(count: usize) -> [Vec<f32>; 4] {
    let mut all = [const { Vec::new() }; 4];
    for index in 0..count {
        let chance = |seed: f32| (index as f32 * seed).fract();
        let radius = 0.08 + 1.3 * chance(0.618_034).powf(0.8);
        let arm = std::f32::consts::PI * (index % 2) as f32;
        let angle = arm + 2.2 * chance(0.754_878) * chance(0.569_84);
        // The speed of a circular orbit.
        let speed = radius * (radius * radius + 0.02).powf(-0.75);
        let (sin, cos) = angle.sin_cos();
        for (array, value) in all.iter_mut().zip([radius * cos, radius * sin, -speed * sin, speed * cos]) {
            array.push(value);
        }
    }
    all
}

/// Writes a picture of four bytes per pixel as PNG.
pub fn save(path: &str, picture: &[u8]) -> Result<(), Box<dyn Error>> {
    let file = std::fs::File::create(path).map_err(|error| format!("{path} cannot be written: {error}"))?;
    let mut encoder = png::Encoder::new(std::io::BufWriter::new(file), SIDE, SIDE);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.write_header()?.write_image_data(picture)?;
    Ok(())
}
