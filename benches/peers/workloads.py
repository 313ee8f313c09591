"""The workloads: their float64 reference, and the tolerance of a float32 result."""

from dataclasses import dataclass
from typing import Callable

import numpy as np

A = 2.5
GELU_SCALE = 0.79788456
GELU_CUBE = 0.044715
# The number of elements of a long array that are compared, evenly spread, in addition to its last ones.
COMPARED = 1_000_000
TAIL = 4096


@dataclass
class Workload:
    """A formula, its float64 reference, and the absolute value of its largest intermediate, in whose ULP errors are given.

    In ULP of the result, errors would be unbounded for every library where terms cancel."""

    about: str
    exact: Callable
    scale: Callable
    tolerance: float
    inputs: int = 1
    fold: bool = False

    @property
    def bytes_per_element(self):
        """The minimum memory traffic: each input is read once, the output is written once."""
        return 4 * (self.inputs + (0 if self.fold else 1))

    @property
    def ceiling(self):
        """The kind of its ceiling."""
        return "read" if self.fold else "copy"


def poly(x, y):
    return x + x**2 + x**3


def poly_scale(x, y):
    return np.abs(x) + x**2 + np.abs(x) ** 3


def gelu(x, y):
    return 0.5 * x * (1 + np.tanh(GELU_SCALE * (x + GELU_CUBE * x**3)))


def damped(x, y):
    return np.exp(-(x**2)) * np.sin(x)


WORKLOADS = {
    "poly": Workload("x + x² + x³", poly, poly_scale, 4),
    "axpy": Workload("2.5·x + y", lambda x, y: A * x + y, lambda x, y: np.abs(A * x) + np.abs(y), 4, inputs=2),
    "exp": Workload("exp(x)", lambda x, y: np.exp(x), lambda x, y: np.exp(x), 4),
    "gelu": Workload("0.5·x·(1 + tanh(0.79788456·(x + 0.044715·x³)))", gelu, lambda x, y: np.abs(x), 8),
    # The rounding of x² alone changes the result by x²/2 ULP: 15 ULP at the ends of the data.
    "damped": Workload("exp(−x²)·sin(x)", damped, damped, 40),
    "sum": Workload("Σ x + x² + x³", poly, poly_scale, 256, fold=True),
}
# The ceilings' computations, which are verified, too.
CEILINGS = {
    "copy": Workload("x", lambda x, y: x, lambda x, y: np.abs(x), 0),
    "read": Workload("Σ x", lambda x, y: x, lambda x, y: np.abs(x), 256, fold=True),
}


def stride(elements):
    """Returns the distance between compared elements."""
    return -(-elements // COMPARED)


class Expected:
    """The float64 results of a workload for one length, shared by all contenders."""

    def __init__(self, workload, x, y):
        if workload.fold:
            self.exact, self.scale = np.zeros(1), np.zeros(1)
            for at in range(0, len(x), COMPARED):
                part = [array[at : at + COMPARED].astype(np.float64) for array in (x, y)]
                self.exact += workload.exact(*part).sum()
                self.scale += workload.scale(*part).sum()
        else:
            step = stride(len(x))
            some = [np.concatenate([array[::step], array[-TAIL:]]).astype(np.float64) for array in (x, y)]
            self.exact, self.scale = workload.exact(*some), workload.scale(*some)

    def max_ulp(self, result):
        """Returns the largest error of a result, in ULP of the scale."""
        if len(result) != len(self.exact):
            return float("inf")
        ulp = np.spacing(np.abs(self.scale).astype(np.float32)).astype(np.float64)
        error = np.abs(result.astype(np.float64) - self.exact) / ulp
        return float("inf") if np.isnan(error).any() else float(error.max())


def expected(name, x, y):
    """Returns a function for the expected results of a workload or of its ceiling, computed on first use."""
    found = {}

    def ask(ceiling):
        if ceiling not in found:
            found[ceiling] = Expected(CEILINGS[WORKLOADS[name].ceiling] if ceiling else WORKLOADS[name], x, y)
        return found[ceiling]

    return ask


def write_data(folder, elements):
    """Writes two files of standard normal numbers for all contenders; shorter arrays are prefixes of them."""
    paths = []
    for seed, name in enumerate(("x", "y")):
        path = folder / f"{name}.f32"
        random = np.random.default_rng(seed)
        with path.open("wb") as file:
            for at in range(0, elements, COMPARED):
                numbers = random.standard_normal(min(COMPARED, elements - at), dtype=np.float32)
                file.write(numbers.astype("<f4").tobytes())
        paths.append(path)
    return paths


def read_sample(path):
    """Reads the sample of a contender's result."""
    return np.fromfile(path, "<f4")
