use super::*;

fn exact(value: f32) -> Bounded<Ieee> {
    Bounded::new(value)
}

#[test]
fn one_operation_admits_its_rounding_and_nothing_else() {
    let third = (exact(1.0) / exact(3.0)).get();
    let right = 1.0_f32 / 3.0;
    assert!(third.admits(right));
    assert!(!third.admits(right.next_up()) && !third.admits(right.next_down()));
}

#[test]
fn overflow_is_the_infinity_that_ieee_asks_for() {
    let square = (exact(1e20) * exact(1e20)).get();
    assert!(square.admits(f32::INFINITY) && !square.admits(f32::MAX));
    let nothing = (exact(f32::INFINITY) - exact(f32::INFINITY)).get();
    assert!(nothing.admits(f32::NAN) && !nothing.admits(0.0));
}

#[test]
fn cancellation_widens_the_bound() {
    let close = exact(1.0) / exact(3.0) - exact(0.333_333_34);
    assert!(close.get().bound > close.get().value.abs() / 2.0);
}

#[test]
fn an_uncertain_choice_admits_both_sides() {
    let third = exact(1.0) / exact(3.0);
    let mask = Num::lt(third * exact(3.0), exact(1.0));
    let picked = Num::select(mask, exact(-5.0), exact(7.0)).get();
    assert!(picked.admits(-5.0) && picked.admits(7.0));
    let certain = Num::select(Num::lt(third, exact(1.0)), exact(-5.0), exact(7.0)).get();
    assert!(certain.admits(-5.0) && !certain.admits(7.0));
}

#[test]
fn wgsl_may_flush_subnormals_and_ieee_may_not() {
    let tiny = f32::MIN_POSITIVE / 4.0;
    assert!((Bounded::<Wgsl>::new(tiny) + Bounded::new(0.0)).get().admits(0.0));
    assert!(!(exact(tiny) + exact(0.0)).get().admits(0.0));
}

#[test]
fn a_shader_keeps_nan_infinities_and_zeros_that_it_is_given() {
    let of = Bounded::<Wgsl>::new;
    let certain = |x: Bounded<Wgsl>| x.get().bound == 0.0;
    let (nan, infinity, third) = (of(f32::NAN), of(f32::INFINITY), of(1.0) / of(3.0));
    for nan in [nan + third, nan * of(0.0), nan.exp(), of(0.5).hypot(nan), Num::max(nan, third), nan.sqrt()] {
        assert!(certain(nan) && nan.get().admits(f32::NAN) && !nan.get().admits(0.0));
    }
    assert!(!Num::eq(nan, third).holds && Num::eq(nan, third).certain && Num::ne(nan, third).holds);
    for infinite in [infinity + third, infinity * of(2.0), infinity.exp(), infinity.hypot(nan), infinity.sqrt()] {
        assert!(infinite.get().is_infinite());
    }
    // Special results of finite operands are not certain, nor is the sign of a zero from arithmetic.
    let either = (infinity + of(1.0)) - infinity;
    for arisen in [
        nan.powf(either),
        infinity - infinity,
        of(0.0) / of(0.0),
        of(1.0) / of(0.0),
        infinity / of(0.0),
        of(-1.0).sqrt(),
    ] {
        assert!(arisen.get().admits(7.0));
    }
    assert!((of(0.0) * of(-1.0)).get().admits(0.0) && !of(-0.0).sin().get().admits(0.0));
    assert!(!Num::min(of(0.0), of(-0.0)).get().admits(0.0) && !of(-0.5).ceil().get().admits(0.0));
}
