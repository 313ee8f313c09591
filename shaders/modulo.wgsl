// The exact remainder of x / y with the sign of x. Computed on integers, because a shader's own % may round: a long division
// by eight bits of the quotient at a time.

// The absolute value of a number is `significand · 2^(exponent − 150)`, with the significand below 2²⁴.
fn exact_exponent(bits: u32) -> u32 {
    return max(bits >> 23u, 1u);
}

fn exact_significand(bits: u32) -> u32 {
    return select(bits & 0x7fffffu, (bits & 0x7fffffu) | 0x800000u, bits >= 0x800000u);
}

fn exact_modulo(x: f32, y: f32) -> f32 {
    let a = bitcast<u32>(x) & 0x7fffffffu;
    let b = bitcast<u32>(y) & 0x7fffffffu;
    if b == 0u || a >= 0x7f800000u || b > 0x7f800000u {
        // NaN, computed at run time: it cannot be written in WGSL.
        return bitcast<f32>(a | 0x7fc00000u);
    }
    if a < b {
        return x;
    }
    let divisor = exact_significand(b);
    var rest = exact_significand(a) % divisor;
    var left = exact_exponent(a) - exact_exponent(b);
    while left > 0u && rest != 0u {
        let step = min(left, 8u);
        rest = (rest << step) % divisor;
        left -= step;
    }
    // The remainder has the divisor's exponent: normalised, or shifted until the exponent is the smallest.
    let room = exact_exponent(b) - 1u;
    let shift = min(countLeadingZeros(rest | 1u) - 8u, room);
    let shifted = rest << shift;
    let exponent = select(0u, exact_exponent(b) - shift, shifted >= 0x800000u);
    let size = select((exponent << 23u) | (shifted & 0x7fffffu), 0u, rest == 0u);
    return bitcast<f32>(size | (bitcast<u32>(x) & 0x80000000u));
}
