//! The least that `wgpu` has to be asked for to run poly on a short array of the host: one buffer written, one dispatch, one
//! copy, one submission, one buffer mapped. Everything that can be made before is.

use crossover::wgpu;

const SHADER: &str = "
@group(0) @binding(0) var<storage, read_write> out: array<f32>;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x < arrayLength(&out) {
        let v = x[id.x];
        out[id.x] = v + v * v + v * v * v;
    }
}";

pub struct Bare {
    device: wgpu::Device,
    queue: wgpu::Queue,
    pipeline: wgpu::ComputePipeline,
    group: wgpu::BindGroup,
    input: wgpu::Buffer,
    output: wgpu::Buffer,
    readback: wgpu::Buffer,
    size: u64,
}

impl Bare {
    pub fn new(device: &wgpu::Device, queue: &wgpu::Queue, len: usize) -> Self {
        use wgpu::BufferUsages as Use;
        let size = 4 * len as u64;
        let buffer = |usage| {
            device.create_buffer(&wgpu::BufferDescriptor { label: None, size, usage, mapped_at_creation: false })
        };
        let input = buffer(Use::STORAGE | Use::COPY_DST);
        let output = buffer(Use::STORAGE | Use::COPY_SRC);
        let readback = buffer(Use::MAP_READ | Use::COPY_DST);
        let source = wgpu::ShaderSource::Wgsl(SHADER.into());
        let module = device.create_shader_module(wgpu::ShaderModuleDescriptor { label: None, source });
        let pipeline = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: None,
            layout: None,
            module: &module,
            entry_point: Some("main"),
            compilation_options: Default::default(),
            cache: None,
        });
        let group = device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: None,
            layout: &pipeline.get_bind_group_layout(0),
            entries: &[
                wgpu::BindGroupEntry { binding: 0, resource: output.as_entire_binding() },
                wgpu::BindGroupEntry { binding: 1, resource: input.as_entire_binding() },
            ],
        });
        Bare { device: device.clone(), queue: queue.clone(), pipeline, group, input, output, readback, size }
    }

    pub fn run(&self, x: &[f32], out: &mut [f32]) {
        self.queue.write_buffer(&self.input, 0, bytemuck::cast_slice(x));
        let mut encoder = self.device.create_command_encoder(&Default::default());
        let mut pass = encoder.begin_compute_pass(&Default::default());
        pass.set_pipeline(&self.pipeline);
        pass.set_bind_group(0, &self.group, &[]);
        pass.dispatch_workgroups(x.len().div_ceil(256) as u32, 1, 1);
        drop(pass);
        encoder.copy_buffer_to_buffer(&self.output, 0, &self.readback, 0, self.size);
        let submission_index = Some(self.queue.submit([encoder.finish()]));
        self.readback.map_async(wgpu::MapMode::Read, .., |mapped| assert!(mapped.is_ok()));
        let polled = self.device.poll(wgpu::PollType::Wait { submission_index, timeout: None });
        assert!(polled.is_ok(), "{polled:?}");
        match self.readback.get_mapped_range(..) {
            Ok(view) => out.copy_from_slice(bytemuck::cast_slice(&view)),
            Err(error) => panic!("{error}"),
        }
        self.readback.unmap();
    }
}
