"""Measures CuPy or PyTorch on the workloads of the bench, and writes the results into a JSON file.

    python3 benches/gpu/contenders.py LIBRARY FILE ELEMENTS...

Started by compare.py. The file is written after every length, so that a crash keeps earlier results."""

import json
import sys
import time
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.append(str(Path(__file__).resolve().parent.parent / "peers"))

# As in the bench: the number of runs per median, and the time limit of a case in seconds.
WARM, RUNS, PATIENCE = 3, 21, 4
# Ticks of the device's clock, about half a millisecond: longer than any library takes to queue a kernel.
HOLD = 1_000_000
DEGREE = 256


class LeftOut(Exception):
    """The reason why a library is left out."""


def median(run):
    """Returns the median of the times that `run` returns, after warm runs."""
    for _ in range(WARM):
        run()
    begin, times = time.perf_counter(), []
    while len(times) < RUNS and (len(times) < 3 or time.perf_counter() - begin < PATIENCE):
        times.append(run())
    return sorted(times)[len(times) // 2]


def on_the_clock(action):
    """Returns a function that runs an action and returns its wall time."""

    def run():
        begin = time.perf_counter()
        action()
        return time.perf_counter() - begin

    return run


def coefficients():
    """Returns the polynomial's coefficients, highest degree first: 1/(k + 1), as float32."""
    import numpy as np

    return [float(np.float32(1) / np.float32(k + 1)) for k in range(DEGREE, -1, -1)]


def horner(x):
    """Computes the polynomial of degree 256 by Horner's rule."""
    total = 0 * x
    for coefficient in coefficients():
        total = total * x + coefficient
    return total


class Data:
    """The inputs and expected results of the workloads, with the references and tolerances of benches/peers."""

    def __init__(self, largest):
        import numpy as np
        import workloads

        random = [np.random.default_rng(seed) for seed in range(3)]
        self.x, self.y = (each.standard_normal(largest, dtype=np.float32) for each in random[:2])
        self.even = 2 * random[2].random(largest, dtype=np.float32) - 1
        self.stride, self.tail, self.expected_of = workloads.stride, workloads.TAIL, workloads.Expected
        self.kinds = {name: workloads.WORKLOADS[name] for name in ("poly", "axpy", "exp")}
        # 256 roundings; without fma, twice as many.
        exact, scale = lambda x, y: horner(x), lambda x, y: horner(abs(x))
        self.kinds["horner256"] = workloads.Workload("a polynomial of degree 256", exact, scale, 8)
        self.a = workloads.A

    def inputs(self, name, elements):
        """Returns the arrays of a workload."""
        if name == "horner256":
            return [self.even[:elements]]
        return [self.x[:elements], self.y[:elements]][: self.kinds[name].inputs]

    def check(self, name, elements, result):
        """Returns the largest error of a result, in ULP; raises an error if it is too large."""
        import numpy as np

        if result.shape != (elements,) or result.dtype != np.float32:
            raise ValueError(f"gave {result.dtype} of the shape {result.shape}")
        inputs = self.inputs(name, elements)
        expected = self.expected_of(self.kinds[name], inputs[0], inputs[-1])
        found = expected.max_ulp(np.concatenate([result[:: self.stride(elements)], result[-self.tail :]]))
        if not found <= self.kinds[name].tolerance:
            raise ValueError(f"wrong by {found:.3g} ULP")
        return found


class Cupy:
    """CuPy: `ElementwiseKernel`, which makes one kernel of a formula."""

    def __init__(self, largest):
        import cupy
        import numpy as np

        try:
            devices = cupy.cuda.runtime.getDeviceCount()
        except Exception as problem:
            raise LeftOut(f"no device: {reason(problem)}") from problem
        if devices == 0:
            raise LeftOut("no device")
        self.cupy, self.data = cupy, Data(largest)
        runtime = cupy.cuda.runtime
        name = runtime.getDeviceProperties(0)["name"]
        self.device = name.decode() if isinstance(name, bytes) else name
        self.versions = {
            "cupy": cupy.__version__,
            "cupy's CUDA": runtime.runtimeGetVersion(),
            "the driver's CUDA": runtime.driverGetVersion(),
        }
        steps = " ".join(f"total = fmaf(total, x, {coefficient!r}f);" for coefficient in coefficients())
        one = "float32 x"
        self.kernels = {
            "poly": cupy.ElementwiseKernel(one, "float32 z", "z = x + x * x + x * x * x", "poly"),
            "axpy": cupy.ElementwiseKernel("float32 a, float32 x, float32 y", "float32 z", "z = a * x + y", "axpy"),
            "exp": cupy.ElementwiseKernel(one, "float32 z", "z = exp(x)", "exp_of"),
            "horner256": cupy.ElementwiseKernel(one, "float32 z", f"float total = 0.0f; {steps} z = total", "horner256"),
        }
        self.before = {"axpy": [np.float32(self.data.a)]}
        wait = 'extern "C" __global__ void hold(long long t) { long long from = clock64(); while (clock64() - from < t) {} }'
        self.wait, self.ticks = cupy.RawKernel(wait, "hold"), np.int64(HOLD)

    def cases(self, name, elements):
        """Yields the cases: kind, method, a function for the result to check, and one for the time."""
        import numpy as np

        cupy, kernel = self.cupy, self.kernels[name]
        before, inputs = self.before.get(name, []), self.data.inputs(name, elements)
        arrays, out = [cupy.asarray(array) for array in inputs], cupy.empty(elements, np.float32)
        reused = np.empty(elements, np.float32)

        def resident():
            kernel(*before, *arrays, out)

        def host(**options):
            return kernel(*before, *(cupy.asarray(array) for array in inputs)).get(**options)

        def again():
            return host(out=reused)

        yield "resident", "ElementwiseKernel", lambda: (resident(), out.get())[1], lambda: self.timed(resident)
        yield "host", "asarray, ElementwiseKernel, get()", host, on_the_clock(host)
        yield "host, result reused", "asarray, ElementwiseKernel, get(out=)", again, on_the_clock(again)

    def timed(self, run):
        """Returns the device time of a run. The device is kept busy first, so it does not wait for Python between the events."""
        cuda = self.cupy.cuda
        begin, end = cuda.Event(), cuda.Event()
        self.wait((1,), (1,), (self.ticks,))
        begin.record()
        run()
        end.record()
        end.synchronize()
        return cuda.get_elapsed_time(begin, end) / 1000

    def clear(self):
        """Frees the memory of a length."""
        self.cupy.get_default_memory_pool().free_all_blocks()


class Torch:
    """PyTorch: a single operation where there is one, else torch.compile to fuse several into one kernel."""

    place = "cuda"

    def __init__(self, largest):
        import torch

        if not torch.cuda.is_available():
            built = torch.version.cuda or torch.version.hip
            raise LeftOut("no CUDA device that it can use" if built else "built without CUDA")
        self.torch, self.data, self.device = torch, Data(largest), torch.cuda.get_device_name(0)
        self.versions = {"torch": torch.__version__, "torch's CUDA": torch.version.cuda or torch.version.hip}
        a = self.data.a

        def poly(out, x):
            out.copy_(x + x * x + x * x * x)

        # Compiled for each length, as by the other libraries that can.
        self.runs = {
            "poly": ("torch.compile", torch.compile(poly, dynamic=False)),
            "axpy": ("torch.add(out=)", lambda out, x, y: torch.add(y, x, alpha=a, out=out)),
            "exp": ("torch.exp(out=)", lambda out, x: torch.exp(x, out=out)),
        }

    def cases(self, name, elements):
        """Yields the cases, as for CuPy. The polynomial of degree 256 is left out: it compiles to several kernels."""
        if name not in self.runs:
            return
        how, run = self.runs[name]
        arrays = [self.torch.from_numpy(array).to(self.place) for array in self.data.inputs(name, elements)]
        out = self.torch.empty(elements, dtype=self.torch.float32, device=self.place)

        def resident():
            run(out, *arrays)

        yield "resident", how, lambda: (resident(), out.cpu().numpy())[1], lambda: self.timed(resident)

    def timed(self, run):
        """Returns the device time of a run, as for CuPy."""
        cuda = self.torch.cuda
        begin, end = cuda.Event(enable_timing=True), cuda.Event(enable_timing=True)
        # PyTorch's own waiting kernel, an undocumented function; without it, short times include some of Python's.
        if hasattr(cuda, "_sleep"):
            cuda._sleep(HOLD)
        begin.record()
        run()
        end.record()
        end.synchronize()
        return begin.elapsed_time(end) / 1000

    def clear(self):
        self.torch.cuda.empty_cache()


def reason(problem):
    """Formats a problem on one line."""
    lines = [line.strip() for line in str(problem).splitlines() if line.strip()]
    return f"{type(problem).__name__}: {lines[0][:200]}" if lines else type(problem).__name__


def measure(library, name, elements, found):
    """Measures a workload at a length; an error is recorded as a problem, without a time."""
    where = f"{name} of {elements:,}"
    try:
        for kind, how, result, run in library.cases(name, elements):
            where = f"{kind}, {name} of {elements:,}"
            ulp = library.data.check(name, elements, result())
            case = {"kind": kind, "workload": name, "elements": elements, "how": how}
            found["cases"].append({**case, "seconds": median(run), "max_ulp": ulp})
    except Exception as problem:  # Other libraries may raise anything.
        found["problems"].append(f"{where}: {reason(problem)}")
        print(f"  {found['problems'][-1]}", flush=True)


def main():
    name, file, *lengths = sys.argv[1:]
    file, lengths = Path(file), [int(length) for length in lengths]
    found = {"cases": [], "problems": []}
    try:
        import numpy

        found["versions"] = {"numpy": numpy.__version__}
        library = {"cupy": Cupy, "torch": Torch}[name](max(lengths))
    except Exception as problem:
        found["left_out"] = str(problem) if isinstance(problem, (LeftOut, ImportError)) else reason(problem)
        found["left_out"] = found["left_out"].strip().splitlines()[0]
        print(f"  left out: {found['left_out']}", flush=True)
        file.write_text(json.dumps(found))
        return
    found["device"] = library.device
    found["versions"].update(library.versions)
    print(f"  {found['versions'][name]} on {library.device}", flush=True)
    for elements in lengths:
        for workload in library.data.kinds:
            measure(library, workload, elements, found)
            library.clear()
        file.write_text(json.dumps(found))
        print(f"  {elements:,} elements: done", flush=True)


if __name__ == "__main__":
    main()
