"""JAX: `jit` on its CPU backend. It has no `out=`: every call allocates its result."""

import jax
import jax.numpy as jnp

from workloads import A, GELU_CUBE, GELU_SCALE


def set_threads(threads):
    """Does nothing: JAX uses the cores of the process."""


def version():
    return jax.__version__


BODIES = {
    "poly": lambda x: x + x * x + x * x * x,
    "axpy": lambda x, y: A * x + y,
    "exp": jnp.exp,
    "gelu": lambda x: 0.5 * x * (1 + jnp.tanh(GELU_SCALE * (x + GELU_CUBE * x * x * x))),
    "damped": lambda x: jnp.exp(-x * x) * jnp.sin(x),
    "sum": lambda x: jnp.sum(x + x * x + x * x * x),
}


def jitted(workload, arrays):
    inputs = [jnp.array(array) for array in (arrays.x, arrays.y)[: 2 if workload == "axpy" else 1]]
    body = jax.jit(BODIES[workload]).lower(*inputs).compile()
    # A call returns before the work is done.
    return lambda: body(*inputs).block_until_ready()


CONTENDERS = {"jax jit": jitted}
