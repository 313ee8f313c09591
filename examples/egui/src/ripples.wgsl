// Draws the surface as one line per row, from back to front. An instance is the segment of a line between two neighbouring
// points, with a curtain below it that hides the lines behind.

override ROWS: u32;
override COLUMNS: u32;
// In pixels.
override THICKNESS: f32;
// Red, green, blue and opacity, a byte each.
override GROUND: u32;
override CREST: u32;
override TROUGH: u32;

const SLOPE = vec3f(0.16, 0.60, 0.86);

struct Corner {
    @builtin(position) position: vec4f,
    // The distance below the line, in clip space.
    @location(0) below: f32,
    @location(1) height: f32,
    // 0 where the surface ends in the mist, 1 where it is near.
    @location(2) near: f32,
}

@vertex
fn corner(
    @builtin(vertex_index) index: u32,
    @builtin(instance_index) piece: u32,
    @location(0) left: f32,
    @location(1) right: f32,
) -> Corner {
    let row = piece / COLUMNS;
    let column = piece % COLUMNS + index % 2u;
    // Between the last point of a row and the first of the next there is no line: all four corners coincide outside the view.
    if piece % COLUMNS == COLUMNS - 1u {
        return Corner(vec4f(2.0, 2.0, 0.0, 1.0), 0.0, 0.0, 0.0);
    }
    let height = select(left, right, index % 2u == 1u);
    // Both from 0 to 1: from left to right, and from the back to the front.
    let across = f32(column) / f32(COLUMNS - 1u);
    let front = f32(row) / f32(ROWS - 1u);

    // A cheap perspective: nearer rows are wider, higher, and further apart.
    let scale = mix(0.6, 1.0, front);
    let middle = mix(0.66, -0.80, front * mix(0.7, 1.0, front));
    let below = f32(index / 2u) * 0.26;
    let x = (across * 2.0 - 1.0) * 0.97 * scale;
    let y = middle + height * 0.27 * scale - below;

    let margin = smoothstep(0.0, 0.16, across) * smoothstep(0.0, 0.16, 1.0 - across);
    let near = margin * mix(0.25, 1.0, smoothstep(0.0, 0.45, front));
    return Corner(vec4f(x, y, 0.0, 1.0), below, height, near);
}

@fragment
fn colour(in: Corner) -> @location(0) vec4f {
    // `below` is linear over the segment, so this is the distance perpendicular to the line, at any slope.
    let pixels = in.below / length(vec2f(dpdx(in.below), dpdy(in.below)));
    let line = 1.0 - smoothstep(THICKNESS - 0.5, THICKNESS + 0.5, pixels);
    let glow = 0.22 * exp(-pixels / 12.0);
    let low = mix(unpack4x8unorm(TROUGH).rgb, SLOPE, smoothstep(-0.5, 0.1, in.height));
    let paint = mix(low, unpack4x8unorm(CREST).rgb, smoothstep(0.1, 0.5, in.height));
    let ground = unpack4x8unorm(GROUND).rgb;
    return vec4f(mix(ground, paint, in.near * max(line, glow)), 1.0);
}
