"""numpy: ufuncs that write into existing arrays (`out=`), and the plain formula."""

from functools import partial

import numpy as np

from workloads import A, GELU_CUBE, GELU_SCALE

# numpy's scalars of float32 keep the arithmetic in float32.
a, half, one, scale, cube = (np.float32(value) for value in (A, 0.5, 1, GELU_SCALE, GELU_CUBE))


def set_threads(threads):
    """Does nothing: numpy uses one thread."""


def version():
    return np.__version__


def into_out(workload, arrays):
    """Returns a call with `out=` and at most one intermediate array, which does not allocate."""
    x, y, out = arrays.x, arrays.y, arrays.out

    def poly():
        np.multiply(x, x, out=out)
        np.multiply(out, x, out=step)
        np.add(out, x, out=out)
        np.add(out, step, out=out)

    def axpy():
        np.multiply(x, a, out=out)
        np.add(out, y, out=out)

    def gelu():
        np.multiply(x, x, out=out)
        np.multiply(out, cube, out=out)
        np.add(out, one, out=out)
        np.multiply(out, x, out=out)
        np.multiply(out, scale, out=out)
        np.tanh(out, out=out)
        np.add(out, one, out=out)
        np.multiply(out, x, out=out)
        np.multiply(out, half, out=out)

    def damped():
        np.multiply(x, x, out=out)
        np.negative(out, out=out)
        np.exp(out, out=out)
        np.sin(x, out=step)
        np.multiply(out, step, out=out)

    def total():
        poly()
        return np.add.reduce(out)

    if workload == "exp":
        # No wrapper function, whose call would take noticeable time for short arrays.
        return partial(np.exp, x, out=out)
    step = arrays.step if workload in ("poly", "damped", "sum") else None
    return {"poly": poly, "axpy": axpy, "gelu": gelu, "damped": damped, "sum": total}[workload]


def plain(workload, arrays):
    """Returns the plain formula, which allocates at every step. It has products: numpy's powers of 3 or more are slow."""
    x, y = arrays.x, arrays.y
    return {
        "poly": lambda: x + x * x + x * x * x,
        "axpy": lambda: a * x + y,
        "exp": lambda: np.exp(x),
        "gelu": lambda: half * x * (one + np.tanh(scale * (x + cube * x * x * x))),
        "damped": lambda: np.exp(-x * x) * np.sin(x),
        "sum": lambda: np.sum(x + x * x + x * x * x),
    }[workload]


CONTENDERS = {"numpy out=": into_out, "numpy plain": plain}
