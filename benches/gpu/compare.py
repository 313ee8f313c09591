#!/usr/bin/env python3
"""Compares this crate on the available GPU with CuPy and PyTorch, where those can be imported.

    python3 benches/gpu/compare.py                        # builds the bench with cargo
    python3 benches/gpu/compare.py --binary PATH          # uses an existing bench
    python3 benches/gpu/compare.py --from gpu.json        # rewrites tables and plot, without measuring

It runs the bench in this folder, then each library in its own process with the same lengths, and writes gpu.json, gpu.md,
gpu.svg and gpu.png into the folder of --out. Results are first compared with float64; a wrong library gets no time. A library
that cannot be imported, or finds no device, is listed as left out, with the reason. This crate is measured in any case, also
on a software rasterizer.

Measuring this crate needs only Python. The libraries need numpy, the plot needs matplotlib: that of this Python, or of the
environment that benches/peers/compare.py creates.
"""

import argparse
import json
import os
import platform
import shlex
import subprocess
import sys
import tempfile
from datetime import datetime, timezone
from pathlib import Path

# Nothing is written beside the sources.
sys.dont_write_bytecode = True

HERE = Path(__file__).resolve().parent
# After this folder, which has precedence.
sys.path.append(str(HERE.parent / "peers"))

import environment
import tables
import verdict

LIBRARIES = ["cupy", "torch"]
# The log of the libraries' processes.
LOG = environment.CACHE / "gpu-libraries.log"


def count(text):
    """Parses an argument: a number of elements, such as 1000 or 1e6."""
    try:
        found = int(float(text))
    except (ValueError, OverflowError):
        found = 0
    if found < 1000:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of 1000 or more, the shortest length that is measured")
    return found


def arguments():
    """Parses the command line."""
    about, _, rest = __doc__.partition("\n\n")
    parser = argparse.ArgumentParser(description=about, epilog=rest, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=Path, help="an existing bench (default: built by cargo)")
    parser.add_argument("--largest", type=count, metavar="ELEMENTS", help="the longest array (default: the bench's)")
    parser.add_argument("--out", type=Path, help="folder (target/gpu-results, or that of --from)")
    parser.add_argument("--from", type=Path, dest="earlier", metavar="JSON", help="an earlier gpu.json; nothing is measured")
    chosen = parser.parse_args()
    chosen.out = chosen.out or (chosen.earlier.parent if chosen.earlier else environment.TARGET / "gpu-results")
    return chosen


def run_bench(chosen, file):
    """Runs the bench, which prints its own text, and returns its results."""
    command = [str(chosen.binary.resolve())] if chosen.binary else ["cargo", "bench", "--bench", "gpu", "--"]
    command += ["--json", str(file)]
    if chosen.largest:
        command += ["--largest", str(chosen.largest)]
    try:
        done = subprocess.run(command, cwd=environment.ROOT)
    except OSError as problem:
        sys.exit(f"{chosen.binary or 'cargo'} does not start: {problem.strerror}")
    if done.returncode != 0:
        sys.exit("the bench failed: see above")
    return json.loads(file.read_text())


def run_library(library, lengths, file):
    """Measures a library at these lengths, in its own process, so that a crash does not affect the others."""
    settings = {
        **os.environ,
        # Keeps compiled code in this project's cache, not in the user's home.
        "CUPY_CACHE_DIR": str(environment.CACHE / "cupy"),
        "TORCHINDUCTOR_CACHE_DIR": str(environment.CACHE / "torch"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    command = [sys.executable, str(HERE / "contenders.py"), library, str(file), *map(str, lengths)]
    environment.CACHE.mkdir(parents=True, exist_ok=True)
    # PyTorch's compiler reports a failure in hundreds of lines.
    with LOG.open("a") as log:
        done = subprocess.run(command, env=settings, stderr=log)
    found = json.loads(file.read_text()) if file.exists() else {"cases": [], "problems": []}
    if done.returncode != 0:
        where = LOG.relative_to(environment.ROOT)
        found["problems"].append(f"its process ended early, with exit status {done.returncode}; {where} may have the reason")
        if not found["cases"]:
            found["left_out"] = found["problems"].pop()
    return found


def measure(chosen):
    """Measures everything and returns the results."""
    started = datetime.now(timezone.utc).isoformat(timespec="seconds")
    with tempfile.TemporaryDirectory(prefix="gpu-") as folder:
        folder = Path(folder)
        rust = run_bench(chosen, folder / "rust.json")
        lengths = sorted({case["elements"] for case in rust["resident"]})
        libraries = {}
        for library in LIBRARIES:
            print(f"\n{verdict.NAMES[library]}", flush=True)
            libraries[library] = run_library(library, lengths, folder / f"{library}.json")
    script = Path(__file__).resolve().relative_to(environment.ROOT)
    return {
        "adapter": rust["adapter"],
        "software": rust["software"],
        "command": shlex.join(["python3", str(script), *sys.argv[1:]]),
        "started": started,
        "commit": commit(),
        "system": f"{platform.system()} {platform.release()}, {platform.machine()}, {os.cpu_count()} cores",
        "versions": versions(libraries),
        "rust": rust,
        "libraries": libraries,
    }


def commit():
    """Returns the commit of the sources; None without git."""
    command = ["git", "-C", str(environment.ROOT), "describe", "--always", "--dirty"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None


def versions(libraries):
    """Returns the versions of the libraries and of their dependencies."""
    found = {"python": platform.python_version()}
    for library in libraries.values():
        found.update(library.get("versions", {}))
    return found


def draw(file, folder):
    """Draws the plot with a Python that has matplotlib, if there is one."""
    for python in [sys.executable, str(environment.python())]:
        try:
            able = subprocess.run([python, "-c", "import matplotlib"], capture_output=True).returncode == 0
        except OSError:
            able = False
        if able:
            return subprocess.run([python, str(HERE / "drawing.py"), str(file), str(folder)]).returncode == 0
    print(f"no plot: matplotlib is not installed. Install it, and draw the plot with --from {file.name}")
    return False


def read(file):
    """Reads the results of an earlier run."""
    try:
        return json.loads(file.read_text())
    except (OSError, ValueError) as problem:
        sys.exit(f"{file} cannot be read: {problem}")


def main():
    chosen = arguments()
    found = read(chosen.earlier) if chosen.earlier else measure(chosen)
    # Evaluated again, so that the present rules apply to an earlier file.
    found.update(verdict.judge(found["rust"], found["libraries"]))
    chosen.out.mkdir(parents=True, exist_ok=True)
    file = chosen.out / "gpu.json"
    file.write_text(json.dumps(found, indent=2) + "\n")
    (chosen.out / "gpu.md").write_text(tables.markdown(found))
    print("\n" + tables.terminal(found))
    drawn = draw(file, chosen.out)
    print(f"written: {', '.join(f'gpu.{end}' for end in ['json', 'md'] + ['svg', 'png'] * drawn)} in {chosen.out}")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("stopped; nothing was written")
