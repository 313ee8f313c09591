"""The process of one Python library, with the protocol of the Rust program (see src/main.rs).

`worker.py LIBRARY THREADS`; LIBRARY is a module of the folder `libraries`."""

import importlib
import itertools
import sys
from time import perf_counter

import numpy as np

ALIGNMENT = 64


def aligned(elements):
    """Returns an array of float32 that is aligned to 64 bytes."""
    everything = np.zeros(elements * 4 + ALIGNMENT, np.uint8)
    start = -everything.ctypes.data % ALIGNMENT
    return everything[start : start + elements * 4].view(np.float32)


class Arrays:
    """Two inputs, an output, and an intermediate array of the same length for the libraries that need it."""

    def __init__(self, x_elements, y_elements, x_path, y_path):
        self.x, self.y, self.out = aligned(x_elements), aligned(y_elements), aligned(x_elements)
        for array, path in ((self.x, x_path), (self.y, y_path)):
            if len(array):
                array[:] = np.memmap(path, "<f4", "r", shape=array.shape)
        self._step = None

    @property
    def step(self):
        """The intermediate array, created on first use."""
        if self._step is None:
            self._step = aligned(len(self.out))
        return self._step


class Worker:
    """The loaded arrays, the prepared contenders, and the commands on them."""

    def __init__(self, library, threads):
        self.module = importlib.import_module(f"libraries.with_{library}")
        self.module.set_threads(threads)
        self.arrays, self.calls = None, {}

    def contenders(self):
        return "\t".join(self.module.CONTENDERS)

    def version(self):
        return self.module.version()

    def load(self, x_elements, y_elements, x_path, y_path):
        self.drop()
        self.arrays = Arrays(int(x_elements), int(y_elements), x_path, y_path)

    def prepare(self, name, workload):
        """Creates a contender, a call without arguments, and calls it once to compile it."""
        call = self.module.CONTENDERS[name](workload, self.arrays)
        call()
        self.calls[name] = call

    def check(self, name, path, stride, tail):
        """Clears the output, runs a contender, and writes a sample of its result."""
        self.arrays.out.fill(np.nan)
        result = self.calls[name]()
        # A call returns its result, or None if it is in `out`.
        result = np.atleast_1d(np.asarray(self.arrays.out if result is None else result, dtype=np.float32))
        np.concatenate([result[:: int(stride)], result[-int(tail) :]] if len(result) > 1 else [result]).tofile(path)

    def run(self, name, warm, times):
        call = self.calls[name]
        for _ in range(int(warm)):
            call()
        repeat = itertools.repeat(None, int(times))
        start = perf_counter()
        for _ in repeat:
            call()
        return repr(perf_counter() - start)

    def drop(self):
        self.calls, self.arrays = {}, None
        getattr(self.module, "forget", lambda: None)()


COMMANDS = {"contenders", "version", "load", "prepare", "check", "run", "drop"}


def reason(error):
    """Formats an error on one line."""
    text = " ".join(str(error).split())[:300]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def main():
    library, threads = sys.argv[1], int(sys.argv[2])
    # Keeps a library's own output apart from the answers.
    answers, sys.stdout = sys.stdout, sys.stderr
    try:
        worker, problem = Worker(library, threads), None
    except Exception as error:  # An import may raise anything; every command is then answered with the reason.
        worker, problem = None, reason(error)
    for line in sys.stdin:
        command, *arguments = line.rstrip("\n").split("\t")
        try:
            if problem:
                raise RuntimeError(problem)
            if command not in COMMANDS:
                raise ValueError(f"no command {command}")
            result = getattr(worker, command)(*arguments)
            answer = "ok" if result is None else f"ok\t{result}"
        except Exception as error:
            answer = f"error\t{reason(error)}"
        print(answer, file=answers, flush=True)


if __name__ == "__main__":
    main()
