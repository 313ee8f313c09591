//! An egui application that runs crossover's kernels within egui's own frame.
//!
//! egui-wgpu passes the frame's command encoder to a paint callback; `ripples.rs` adds a kernel's dispatch to it, and draws
//! from the buffer that the kernel writes. Nothing is submitted, waited for, or read back in between. The window is a
//! texture, so that the example runs anywhere; its last frame is saved as a picture:
//!
//! `cargo run --release --manifest-path examples/egui/Cargo.toml -- ripples.png`

mod offscreen;
mod ripples;

use std::error::Error;
use std::f32::consts::TAU;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use crossover::Backend;
use egui::{Color32, RichText};

use offscreen::{FORMAT, Offscreen, SAMPLES, SIZE};
use ripples::{COLUMNS, CREST, FORMULA, GROUND, ROWS, Ripples, TROUGH, Water};

const FRAMES: usize = 24;

/// The state of the application.
struct App {
    water: Water,
    frame: usize,
    /// The name of the device that crossover uses.
    device: String,
}

impl App {
    fn show(&mut self, ui: &mut egui::Ui) {
        let [red, green, blue, _] = GROUND;
        let margin = egui::Margin::same(16);
        let side = egui::Frame::side_top_panel(ui.style()).inner_margin(margin);
        egui::Panel::left("numbers").exact_size(264.0).resizable(false).frame(side).show(ui, |ui| self.numbers(ui));
        let water = egui::Frame::new().fill(Color32::from_rgb(red, green, blue));
        egui::CentralPanel::no_frame().frame(water).show(ui, |ui| {
            let (response, painter) = ui.allocate_painter(ui.available_size(), egui::Sense::hover());
            painter.add(egui_wgpu::Callback::new_paint_callback(response.rect, self.water));
        });
    }

    fn numbers(&mut self, ui: &mut egui::Ui) {
        ui.spacing_mut().item_spacing.y = 8.0;
        ui.heading(RichText::new("Ripples").size(26.0).strong());
        ui.label("The height of every point is computed by a kernel in this frame's command encoder.");
        ui.separator();
        ui.label(RichText::new("height").strong());
        ui.label(RichText::new(FORMULA).monospace());
        ui.add_space(8.0);
        ui.add(egui::Slider::new(&mut self.water.waves, 4.0..=24.0).text("waves"));
        ui.add(egui::Slider::new(&mut self.water.decay, 0.2..=4.0).text("decay"));
        ui.separator();
        egui::Grid::new("facts").num_columns(2).spacing([16.0, 8.0]).show(ui, |ui| {
            let facts = [
                ("frame", format!("{} of {FRAMES}", self.frame)),
                ("time", format!("{:.2}", self.water.time)),
                ("points", format!("{ROWS} × {COLUMNS}")),
            ];
            for (name, value) in facts {
                ui.label(name);
                ui.label(RichText::new(value).monospace().strong());
                ui.end_row();
            }
        });
        ui.with_layout(egui::Layout::bottom_up(egui::Align::Min), |ui| {
            ui.label(RichText::new(&self.device).small());
            ui.label(RichText::new("device").strong());
            ui.separator();
        });
    }
}

/// Sets colours that match the water's.
fn dress(style: &mut egui::Style) {
    let visuals = &mut style.visuals;
    *visuals = egui::Visuals::dark();
    visuals.panel_fill = Color32::from_rgb(0x16, 0x1a, 0x2c);
    visuals.widgets.noninteractive.fg_stroke.color = Color32::from_rgb(0xa8, 0xb0, 0xc8);
    visuals.widgets.noninteractive.bg_stroke.color = Color32::from_rgb(0x2a, 0x30, 0x4a);
    visuals.widgets.inactive.bg_fill = Color32::from_rgb(0x2a, 0x30, 0x4a);
    visuals.widgets.inactive.weak_bg_fill = Color32::from_rgb(0x2a, 0x30, 0x4a);
    visuals.selection.bg_fill = Color32::from_rgb(0x29, 0x99, 0xdb);
    visuals.slider_trailing_fill = true;
    style.spacing.slider_width = 120.0;
}

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args_os().nth(1).map_or_else(|| PathBuf::from("target/egui.png"), PathBuf::from);
    let mut window = Offscreen::open()?;
    let gpu = window.gpu();
    println!("the application's device: {}", gpu.info());
    window.renderer.callback_resources.insert(Ripples::new(&gpu, FORMAT.into(), SAMPLES)?);

    window.context.all_styles_mut(dress);
    let water = Water { decay: 1.1, waves: 15.0, time: 0.0 };
    let mut app = App { water, frame: 0, device: gpu.info().to_string() };
    while app.frame < FRAMES {
        app.frame += 1;
        app.water.time = TAU * app.frame as f32 / FRAMES as f32;
        window.frame(|ui| app.show(ui));
        let ripples = window.renderer.callback_resources.get_mut::<Ripples>();
        if let Some(failure) = ripples.and_then(|ripples| ripples.failure.take()) {
            return Err(failure.into());
        }
    }

    let pixels = window.pixels()?;
    save(&path, &pixels)?;
    println!("frame {FRAMES} is in {}", path.display());
    // Both colours are in the picture only if the kernel has written waves: still water has one colour.
    let [crests, troughs] = [CREST, TROUGH].map(|colour| pixels.iter().filter(|&&pixel| pixel == colour).count());
    assert!(crests.min(troughs) > 100, "{crests} pixels show crests, and {troughs} troughs: there are no waves");
    Ok(())
}

fn save(path: &Path, pixels: &[[u8; 4]]) -> Result<(), Box<dyn Error>> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut encoder = png::Encoder::new(File::create(path)?, SIZE[0], SIZE[1]);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_compression(png::Compression::High);
    let bytes: Vec<u8> = pixels.iter().flat_map(|[red, green, blue, _]| [*red, *green, *blue]).collect();
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&bytes)?;
    Ok(writer.finish()?)
}
