// NaN and the signs of zeros, computed from bits: WGSL lets an implementation assume that there is no NaN and ignore the sign
// of zero.

// Returns the bits that turn any number into NaN if x is NaN, else 0.
fn special_nan(x: f32) -> u32 {
    return select(0u, 0x7fc00000u, (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u);
}

// Returns x, or NaN if any of the bits is set.
fn special_or(x: f32, nan: u32) -> f32 {
    return bitcast<f32>(bitcast<u32>(x) | nan);
}

// Returns one number with the sign of another.
fn special_signed(size: f32, sign: f32) -> f32 {
    return bitcast<f32>((bitcast<u32>(size) & 0x7fffffffu) | (bitcast<u32>(sign) & 0x80000000u));
}

// Returns whether neither number is NaN.
fn special_ordered(x: f32, y: f32) -> bool {
    return (special_nan(x) | special_nan(y)) == 0u;
}

// Equal numbers differ at most in the sign of a zero.
fn special_min(x: f32, y: f32) -> f32 {
    let least = select(bitcast<u32>(min(x, y)), bitcast<u32>(x) | bitcast<u32>(y), x == y);
    return bitcast<f32>(least | special_nan(x) | special_nan(y));
}

fn special_max(x: f32, y: f32) -> f32 {
    let greatest = select(bitcast<u32>(max(x, y)), bitcast<u32>(x) & bitcast<u32>(y), x == y);
    return bitcast<f32>(greatest | special_nan(x) | special_nan(y));
}

fn special_sign(x: f32) -> f32 {
    let bits = bitcast<u32>(x);
    let one = select((bits & 0x80000000u) | 0x3f800000u, 0u, (bits & 0x7fffffffu) == 0u);
    return bitcast<f32>(one | special_nan(x));
}

fn special_heaviside(x: f32, at_zero: f32) -> f32 {
    let bits = bitcast<u32>(x);
    let step = select(0u, 0x3f800000u, (bits & 0x80000000u) == 0u);
    let all = select(step, bitcast<u32>(at_zero), (bits & 0x7fffffffu) == 0u);
    return bitcast<f32>(all | special_nan(x));
}
