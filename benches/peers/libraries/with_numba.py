"""Numba: a loop with `njit`, also with `parallel=True`, and `@vectorize` for one thread and for several."""

import math
from functools import cache, partial

import numba
import numpy as np
from numba import float32, njit, prange, vectorize

from workloads import A, GELU_CUBE, GELU_SCALE

a, half, one, scale, cube = (np.float32(value) for value in (A, 0.5, 1, GELU_SCALE, GELU_CUBE))


LONGEST_FLOAT32_SUM = 1_000_000


def set_threads(threads):
    numba.set_num_threads(threads)


def version():
    # Intel's vector functions, available in Numba's conda builds only.
    svml = "with" if numba.core.config.USING_SVML else "without"
    return f"{numba.__version__} ({svml} SVML)"


def poly(x):
    return x + x * x + x * x * x


def axpy(x, y):
    return a * x + y


def exp(x):
    return math.exp(x)


def gelu(x):
    return half * x * (one + math.tanh(scale * (x + cube * x * x * x)))


def damped(x):
    return math.exp(-x * x) * math.sin(x)


BODIES = {"poly": poly, "axpy": axpy, "exp": exp, "gelu": gelu, "damped": damped}


@cache
def loop(workload, parallel):
    """Compiles the loop of a workload for any length, with the usual options for speed: sums in any order, and fused
    multiplication and addition elsewhere."""
    if workload == "sum":
        body = njit(inline="always")(poly)

        @njit(fastmath=True, parallel=parallel)
        def total(x, result):
            for index in prange(len(x)):
                result += body(x[index])
            return result

        return total
    body = njit(fastmath={"contract"})(BODIES[workload])
    options = {"fastmath": {"contract"}, "parallel": parallel, "error_model": "numpy"}
    if workload == "axpy":

        @njit(**options)
        def two(x, y, out):
            for index in prange(len(out)):
                out[index] = body(x[index], y[index])

        return two

    @njit(**options)
    def single(x, out):
        for index in prange(len(out)):
            out[index] = body(x[index])

    return single


@cache
def ufunc(workload, target):
    """Compiles the workload as a ufunc of float32."""
    inputs = 2 if workload == "axpy" else 1
    return vectorize([float32(*[float32] * inputs)], target=target)(BODIES[workload])


def looped(parallel, workload, arrays):
    compiled = loop(workload, parallel)
    if workload == "sum":
        # float32 would be wrong for long arrays; float64 costs nothing there, because memory is the limit.
        return partial(compiled, arrays.x, np.float32(0) if len(arrays.x) <= LONGEST_FLOAT32_SUM else 0.0)
    inputs = [arrays.x, arrays.y][: 2 if workload == "axpy" else 1]
    return partial(compiled, *inputs, arrays.out)


def vectorized(target, workload, arrays):
    if workload == "sum":
        raise ValueError("a ufunc of one element cannot sum")
    inputs = [arrays.x, arrays.y][: 2 if workload == "axpy" else 1]
    return partial(ufunc(workload, target), *inputs, out=arrays.out)


CONTENDERS = {
    "numba njit": partial(looped, False),
    "numba njit parallel": partial(looped, True),
    "numba vectorize": partial(vectorized, "cpu"),
    "numba vectorize parallel": partial(vectorized, "parallel"),
}
