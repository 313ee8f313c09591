"""PyTorch: eager calls that write into existing tensors (`out=`), and `torch.compile`."""

import torch

from workloads import A, GELU_CUBE, GELU_SCALE


def set_threads(threads):
    torch.set_num_threads(threads)
    torch.set_grad_enabled(False)


def version():
    return torch.__version__


def forget():
    """Discards the code compiled for earlier arrays, which would reach the limit of recompilations."""
    torch.compiler.reset()


def eager(workload, arrays):
    """Returns a call with `out=` and at most one intermediate tensor, which does not allocate."""
    x, y, out = (torch.from_numpy(array) for array in (arrays.x, arrays.y, arrays.out))
    step = torch.from_numpy(arrays.step) if workload == "damped" else None

    def poly():
        # (x² + x)·x + x: the minimum number of passes, each writing one tensor.
        torch.addcmul(x, x, x, out=out)
        torch.addcmul(x, out, x, out=out)

    def axpy():
        torch.add(y, x, alpha=A, out=out)

    def exp():
        torch.exp(x, out=out)

    def gelu():
        torch.ops.aten.gelu.out(x, approximate="tanh", out=out)

    def damped():
        torch.mul(x, x, out=out)
        out.neg_()
        out.exp_()
        torch.sin(x, out=step)
        out.mul_(step)

    def total():
        poly()
        return out.sum()

    return {"poly": poly, "axpy": axpy, "exp": exp, "gelu": gelu, "damped": damped, "sum": total}[workload]


def compiled(workload, arrays):
    """Returns a fused loop that writes into the output, compiled for this length."""
    x, y, out = (torch.from_numpy(array) for array in (arrays.x, arrays.y, arrays.out))
    bodies = {
        "poly": lambda x, y, out: out.copy_(x + x * x + x * x * x),
        "axpy": lambda x, y, out: out.copy_(A * x + y),
        "exp": lambda x, y, out: out.copy_(torch.exp(x)),
        "gelu": lambda x, y, out: out.copy_(0.5 * x * (1 + torch.tanh(GELU_SCALE * (x + GELU_CUBE * x * x * x)))),
        "damped": lambda x, y, out: out.copy_(torch.exp(-x * x) * torch.sin(x)),
        "sum": lambda x, y, out: (x + x * x + x * x * x).sum(),
    }
    body = torch.compile(bodies[workload], dynamic=False, fullgraph=True)
    return lambda: body(x, y, out)


CONTENDERS = {"torch out=": eager, "torch compile": compiled}
