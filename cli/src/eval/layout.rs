//! Shapes and orders of the result and the inputs.
//!
//! Elements are numbered in the order in which the result is stored: by rows (C), or by columns (Fortran) where every array
//! of the result's shape is stored so. Arrays of the same shape and order as the result are streamed; the others are read
//! whole into memory.

use std::fmt;

use crossover::message::shortened;
use npyz::Order;

use crate::Stop;

/// The shape of an array and how it is stored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Layout {
    pub shape: Vec<u64>,
    pub order: Order,
}

impl Layout {
    /// Returns the number of elements; `None` if it overflows.
    pub fn elements(&self) -> Option<u64> {
        if self.shape.contains(&0) {
            return Some(0);
        }
        self.shape.iter().try_fold(1u64, |product, &extent| product.checked_mul(extent))
    }

    /// Returns whether both orders are the same: at most one dimension has more than one element.
    fn is_line(&self) -> bool {
        self.shape.iter().filter(|&&extent| extent != 1).count() <= 1
    }

    /// Returns whether the elements are in the order of the result's.
    pub fn is_stored_as(&self, result: &Layout) -> bool {
        self.shape == result.shape && (self.order == result.order || self.is_line())
    }

    /// Returns the layout of the result: the shapes of these arrays broadcast as in numpy.
    ///
    /// # Errors
    ///
    /// If two shapes do not match, or the result's number of elements overflows.
    pub fn of_result(arrays: &[(&str, &Layout)]) -> Result<Layout, Stop> {
        let mut result = Layout { shape: Vec::new(), order: Order::C };
        for (name, array) in arrays {
            let Some(shape) = broadcast(&result.shape, &array.shape) else {
                return Err(Stop::mistake(misfit(arrays, name, array)));
            };
            result.shape = shape;
        }
        let mut whole = arrays.iter().filter(|(_, array)| array.shape == result.shape && !array.is_line()).peekable();
        if whole.peek().is_some() && whole.all(|(_, array)| array.order == Order::Fortran) {
            result.order = Order::Fortran;
        }
        if result.elements().is_none_or(|elements| elements > u64::MAX / 8) {
            return Err(Stop::mistake(format_args!("the result would have shape {result}, whose size overflows")));
        }
        Ok(result)
    }
}

/// Python's notation.
impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.shape[..] {
            [one] => write!(f, "({one},)"),
            shape => write!(f, "({})", shape.iter().map(u64::to_string).collect::<Vec<_>>().join(", ")),
        }
    }
}

/// Broadcasts two shapes: aligned at their ends, an extent of 1 matches any other.
fn broadcast(a: &[u64], b: &[u64]) -> Option<Vec<u64>> {
    let (longer, shorter) = if a.len() >= b.len() { (a, b) } else { (b, a) };
    let mut shape = longer.to_vec();
    for (extent, &other) in shape.iter_mut().rev().zip(shorter.iter().rev()) {
        match (*extent, other) {
            (one, other) if one == other => {}
            (_, 1) => {}
            (1, other) => *extent = other,
            _ => return None,
        }
    }
    Some(shape)
}

/// Returns the message for an array that does not match the earlier ones. If every two shapes match, all do.
fn misfit(arrays: &[(&str, &Layout)], name: &str, array: &Layout) -> String {
    let misfits = |(_, other): &(&str, &Layout)| broadcast(&other.shape, &array.shape).is_none();
    let (other, shape) = arrays.iter().copied().find(misfits).unwrap_or((name, array));
    let (name, other) = (shortened(name), shortened(other));
    format!(
        "`{name}` of shape {array} does not fit `{other}` of shape {shape}; give arrays of one shape, or with extents of 1 \
         where they differ, or a number"
    )
}

/// An array in memory, read in the result's order.
pub struct Whole {
    data: Vec<f32>,
    /// The extent and the stride in `data` of each dimension of the result, the contiguous one last.
    walk: Vec<(usize, usize)>,
}

impl Whole {
    /// Creates an array from `data` of a `layout` that broadcasts to `result`.
    pub fn new(data: Vec<f32>, layout: &Layout, result: &Layout) -> Whole {
        let missing = result.shape.len() - layout.shape.len();
        let mut strides = vec![0; result.shape.len()];
        let mut stride = 1;
        let mut place = |dimension: usize| {
            let extent = layout.shape[dimension] as usize;
            // The single element along an extent of 1 is repeated.
            if extent != 1 {
                strides[missing + dimension] = stride;
            }
            stride *= extent;
        };
        match layout.order {
            Order::C => (0..layout.shape.len()).rev().for_each(&mut place),
            Order::Fortran => (0..layout.shape.len()).for_each(&mut place),
        }
        let extents = result.shape.iter().map(|&extent| extent as usize);
        let mut walk: Vec<_> = extents.zip(strides).filter(|(extent, _)| *extent != 1).collect();
        if result.order == Order::Fortran {
            walk.reverse();
        }
        Whole { data, walk }
    }

    /// Copies the elements for the result's elements, starting at number `from`.
    pub fn look_up(&self, from: u64, mut out: &mut [f32]) {
        let Some(&(row, step)) = self.walk.last() else {
            return out.fill(self.data[0]);
        };
        let mut at = from as usize;
        while !out.is_empty() {
            let column = at % row;
            let mut rest = at / row;
            let mut place = column * step;
            for &(extent, stride) in self.walk[..self.walk.len() - 1].iter().rev() {
                place += rest % extent * stride;
                rest /= extent;
            }
            let (now, later) = out.split_at_mut(out.len().min(row - column));
            match step {
                0 => now.fill(self.data[place]),
                1 => now.copy_from_slice(&self.data[place..place + now.len()]),
                _ => now.iter_mut().zip(self.data[place..].iter().step_by(step)).for_each(|(to, from)| *to = *from),
            }
            at += now.len();
            out = later;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(shape: &[u64], order: Order) -> Layout {
        Layout { shape: shape.to_vec(), order }
    }

    #[test]
    fn shapes_broadcast_as_numpys() {
        let cases = [
            (&[3, 1][..], &[4][..], Some(&[3, 4][..])),
            (&[], &[2], Some(&[2])),
            (&[1], &[0], Some(&[0])),
            (&[2, 3], &[2, 3], Some(&[2, 3])),
            (&[5, 1, 7], &[6, 1], Some(&[5, 6, 7])),
            (&[2], &[3], None),
            (&[2, 3], &[2], None),
            (&[0], &[2], None),
        ];
        for (a, b, expected) in cases {
            assert_eq!(broadcast(a, b).as_deref(), expected, "{a:?} {b:?}");
            assert_eq!(broadcast(b, a).as_deref(), expected, "{b:?} {a:?}");
        }
    }

    #[test]
    fn the_result_is_in_fortran_order_only_if_all_arrays_of_its_shape_are() {
        let (c, f) = (layout(&[2, 3], Order::C), layout(&[2, 3], Order::Fortran));
        let (row, point) = (layout(&[3], Order::C), layout(&[], Order::C));
        let order = |arrays: &[&Layout]| {
            let named: Vec<_> = arrays.iter().map(|layout| ("x", *layout)).collect();
            Layout::of_result(&named).map_err(|stop| stop.message).unwrap().order
        };
        assert_eq!(order(&[&f, &f, &row, &point]), Order::Fortran);
        assert_eq!(order(&[&f, &c]), Order::C);
        assert_eq!(order(&[&row]), Order::C);
        assert_eq!(order(&[]), Order::C);
    }

    #[test]
    fn a_shape_beyond_counting_is_refused() {
        let (tall, wide) = (layout(&[1 << 40, 1], Order::C), layout(&[1 << 40], Order::C));
        let refused = Layout::of_result(&[("x", &tall), ("y", &wide)]).unwrap_err().message;
        assert!(refused.contains("(1099511627776, 1099511627776)"), "{refused}");
    }

    /// Every order and broadcast of a small array, against indices counted one by one.
    #[test]
    fn an_array_is_looked_up_in_any_order() {
        let shapes: [&[u64]; 7] = [&[2, 3, 4], &[1, 3, 4], &[2, 1, 1], &[3, 1], &[4], &[1], &[]];
        for order in [Order::C, Order::Fortran] {
            for (shape, of_result) in shapes.iter().flat_map(|shape| [(shape, Order::C), (shape, Order::Fortran)]) {
                let (array, result) = (layout(shape, order), layout(&[2, 3, 4], of_result));
                let count = array.elements().unwrap() as usize;
                let whole = Whole::new((0..count).map(|value| value as f32).collect(), &array, &result);
                let number = |index: [u64; 3]| {
                    let own =
                        index[3 - shape.len()..].iter().zip(shape.iter()).map(|(i, extent)| (i % extent, *extent));
                    let rank = |place: u64, (i, extent): (u64, u64)| place * extent + i;
                    if order == Order::C { own.fold(0, rank) } else { own.rev().fold(0, rank) }
                };
                let expected: Vec<f32> = (0..24)
                    .map(|n| match of_result {
                        Order::C => [n / 12, n / 4 % 3, n % 4],
                        Order::Fortran => [n % 2, n / 2 % 3, n / 6],
                    })
                    .map(|index| number(index) as f32)
                    .collect();
                for step in [24, 5, 1] {
                    let mut found = vec![f32::NAN; 24];
                    for (part, out) in found.chunks_mut(step).enumerate() {
                        whole.look_up((part * step) as u64, out);
                    }
                    assert_eq!(found, expected, "{shape:?} {order:?} {of_result:?} {step}");
                }
            }
        }
    }
}
