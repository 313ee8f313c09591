"""numexpr: `evaluate` on the text, and the compiled expression behind it, which has less overhead per call."""

import numexpr
import numpy as np

from workloads import A, GELU_CUBE, GELU_SCALE

# Fractions are passed as float32 names: literals would make everything float64.
NUMBERS = {"a": A, "half": 0.5, "scale": GELU_SCALE, "cube": GELU_CUBE}
TEXTS = {
    "poly": "x + x**2 + x**3",
    "axpy": "a*x + y",
    "exp": "exp(x)",
    "gelu": "half*x*(1 + tanh(scale*(x + cube*x**3)))",
    "damped": "exp(-x**2)*sin(x)",
    "sum": "sum(x + x**2 + x**3)",
}


def set_threads(threads):
    numexpr.set_num_threads(threads)


def version():
    vml = numexpr.get_vml_version() if numexpr.use_vml else "without VML"
    return f"{numexpr.__version__} ({vml})"


def names(arrays):
    """Returns the names that a text may use."""
    return {"x": arrays.x, "y": arrays.y, **{name: np.float32(value) for name, value in NUMBERS.items()}}


def evaluate(workload, arrays):
    """Returns the documented call."""
    known, text, out = names(arrays), TEXTS[workload], arrays.out
    if workload == "sum":
        return lambda: numexpr.evaluate(text, local_dict=known)
    return lambda: numexpr.evaluate(text, local_dict=known, out=out)


def compiled(workload, arrays):
    """Returns a call of the expression object, without the look-ups that `evaluate` does at every call."""
    known, out = names(arrays), arrays.out
    used, uses_vml = numexpr.necompiler.getExprNames(TEXTS[workload], {})
    # Python's `float` is numexpr's name for float32; `evaluate` uses the same optimization.
    expression = numexpr.NumExpr(TEXTS[workload], [(name, float) for name in used], optimization="aggressive")
    values = [known[name] for name in used]
    if workload == "sum":
        return lambda: expression(*values, ex_uses_vml=uses_vml)
    return lambda: expression(*values, out=out, ex_uses_vml=uses_vml)


CONTENDERS = {"numexpr evaluate": evaluate, "numexpr compiled": compiled}
