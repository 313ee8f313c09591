#!/usr/bin/env python3
"""Compares this crate with numpy, numexpr, Numba, JAX, PyTorch and ndarray on the CPU.

    python3 benches/peers/compare.py            # everything, nearly an hour
    python3 benches/peers/compare.py --quick    # poly, a few sizes, about a minute

It creates a Python environment and builds a Rust program, both under target/, verifies every contender against float64,
measures them interleaved, prints tables, and writes peers.csv, .json, .md, .svg and .png into the folder of --out. A wrong
contender gets no time; a library that cannot be installed is listed as left out.

Each library runs in its own process, on its own arrays, which are aligned to 64 bytes and reused. With one thread all
processes are bound to the same core, with two to the same two. A time is the median of the rounds; in a round every
contender runs after a gap in which the threads of the previous one stop spinning. The ceiling is the fastest of copies with
plain and with streaming stores, or of sums that only read, in the same rounds on the same machine.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

# Nothing is written beside the sources.
sys.dont_write_bytecode = True

import environment

LIBRARIES = ["numpy", "numexpr", "numba", "jax", "torch"]
# ndarray is part of the Rust program.
CHOICES = [*LIBRARIES, "ndarray"]
WORKLOADS = ["poly", "axpy", "exp", "gelu", "damped", "sum"]
SIZES = "1e3,3e3,1e4,3e4,1e5,3e5,1e6,3e6,1e7,3e7,1e8"
QUICK_SIZES = "1e3,1e4,1e5,1e6,1e7"


def names(known):
    """Returns an argument type: names of `known`, separated by commas."""

    def read(text):
        found = text.split(",")
        for name in found:
            if name not in known:
                raise argparse.ArgumentTypeError(f"unknown name {name!r}; known: {', '.join(known)}")
        return [name for name in known if name in found]

    return read


def numbers(text):
    """Parses an argument: integers above 0, separated by commas, such as 1000,1e6."""
    try:
        found = [int(float(word)) for word in text.split(",")]
    except (ValueError, OverflowError):
        found = []
    if not found or min(found) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a list of integers of 1 or more, separated by commas")
    return sorted(set(found))


def arguments():
    """Parses the command line."""
    about, _, rest = __doc__.partition("\n\n")
    parser = argparse.ArgumentParser(description=about, epilog=rest, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="poly, a few sizes, 5 rounds, unless given otherwise")
    parser.add_argument("--workloads", type=names(WORKLOADS), help=f"any of {','.join(WORKLOADS)} (default: all)")
    parser.add_argument("--sizes", type=numbers, help=f"numbers of elements ({SIZES})")
    parser.add_argument("--threads", type=numbers, default=[1, 2], help="numbers of threads (1,2)")
    parser.add_argument("--only", type=names(CHOICES), default=CHOICES, help=f"peers, any of {','.join(CHOICES)} (default: all)")
    parser.add_argument("--rounds", type=int, help="number of rounds (15)")
    parser.add_argument("--gap", type=float, default=30, help="milliseconds before each run (30)")
    parser.add_argument("--out", type=Path, default=environment.TARGET / "peers-results", help="folder (target/peers-results)")
    chosen = parser.parse_args()
    chosen.workloads = chosen.workloads or (["poly"] if chosen.quick else WORKLOADS)
    chosen.sizes = chosen.sizes or numbers(QUICK_SIZES if chosen.quick else SIZES)
    chosen.rounds = max(1, chosen.rounds or (5 if chosen.quick else 15))
    return chosen


class LeftOut:
    """The contenders and cases that are left out, with the reasons; prints each once."""

    def __init__(self, known):
        self.reasons = dict(known)

    def __call__(self, what, why):
        key = f"{what}: {why}"
        if key not in self.reasons.values():
            self.reasons[key] = key
            print(f"left out: {key}", flush=True)


def available_bytes():
    """Returns the available memory; None if unknown."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable"))
    except (OSError, StopIteration):
        return None


def needed_bytes(elements, inputs, libraries):
    """Returns the size of the arrays of a case in all processes together."""
    each = inputs + 1
    arrays = each  # The Rust program's.
    for library in libraries:
        # Intermediate arrays of numpy and PyTorch; JAX's copies.
        arrays += each + {"numpy": 3, "torch": 1, "jax": each}.get(library, 0)
    return arrays * 4 * elements


def run(chosen):
    """Measures the chosen cases, and writes the results."""
    import measure
    import process
    import report
    import workloads

    import numpy as np

    server = environment.build_server()
    left_out = LeftOut({library: f"{library}: {why}" for library, why in environment.missing().items()})
    libraries = [library for library in chosen.only if library in LIBRARIES and library not in environment.missing()]
    cores = len(process.cores()) or os.cpu_count()
    for threads in [threads for threads in chosen.threads if threads > cores]:
        chosen.threads.remove(threads)
        left_out(f"{threads} threads", f"there are {cores} cores")
    sizes = []
    for elements in chosen.sizes:
        inputs = max(workloads.WORKLOADS[name].inputs for name in chosen.workloads)
        needed, free = needed_bytes(elements, inputs, libraries), available_bytes()
        if free and needed > free / 2:
            left_out(f"{elements:,} elements", f"needs {needed / 1e9:.1f} GB, more than half of {free / 1e9:.1f} GB free")
        else:
            sizes.append(elements)
    if not sizes or not chosen.threads:
        sys.exit("nothing to measure")

    every = [process.Processes(server, libraries, threads, left_out) for threads in chosen.threads]
    with tempfile.TemporaryDirectory(dir=environment.CACHE, prefix="data-") as folder, report.Report(chosen.out) as written:
        paths = workloads.write_data(Path(folder), max(sizes))
        data = [np.memmap(path, "<f4", "r") for path in paths]
        how = measure.Measurement(paths, Path(folder), chosen.rounds, chosen.gap / 1000, chosen.only, left_out)
        try:
            for name in chosen.workloads:
                for elements in sizes:
                    expected = workloads.expected(name, *(array[:elements] for array in data))
                    for processes in every:
                        case = measure.Case(name, elements, processes.threads)
                        written.add(how.measure(case, processes, expected))
        finally:
            for processes in every:
                processes.close()
            written.finish(chosen, every[0].versions, list(left_out.reasons.values()))


def main():
    chosen = arguments()
    environment.enter([library for library in chosen.only if library in LIBRARIES])
    try:
        run(chosen)
    except KeyboardInterrupt:
        sys.exit("stopped; the results so far are written")


if __name__ == "__main__":
    main()
