#!/usr/bin/env python3
"""This crate on the GPU that is there, side by side with CuPy and PyTorch where those can be imported.

    python3 benches/gpu/compare.py                        # builds the bench with cargo
    python3 benches/gpu/compare.py --binary PATH          # takes a bench that is built already
    python3 benches/gpu/compare.py --from gpu.json        # tables and plot once more, without measuring

It runs the bench in this folder, then each library in a process of its own on the same lengths, and writes gpu.json, gpu.md,
gpu.svg and gpu.png into the folder of --out. What a library gives is compared with float64 first: one that is wrong gets no
time. A library that cannot be imported, or finds no device, is named with the reason and left out; with none of them, and
on a program that plays a GPU, the rest is measured all the same.

To measure this crate needs nothing but Python. The libraries need numpy beside them, the plot needs matplotlib: this
Python's, or that of the environment which benches/peers/compare.py makes.
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
# After this folder, so that what is here comes first.
sys.path.append(str(HERE.parent / "peers"))

import environment
import tables
import verdict

LIBRARIES = ["cupy", "torch"]
# What the libraries' processes say beside their results.
LOG = environment.CACHE / "gpu-libraries.log"


def count(text):
    """An argument's type: a whole number of elements, such as 1000 or 1e6."""
    try:
        found = int(float(text))
    except (ValueError, OverflowError):
        found = 0
    if found < 1000:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1000 on, the least length that is measured")
    return found


def arguments():
    """The command line."""
    about, _, rest = __doc__.partition("\n\n")
    parser = argparse.ArgumentParser(description=about, epilog=rest, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=Path, help="the bench, built already (cargo builds it)")
    parser.add_argument("--largest", type=count, metavar="ELEMENTS", help="the longest array (as the bench says)")
    parser.add_argument("--out", type=Path, help="folder (target/gpu-results, or that of --from)")
    parser.add_argument("--from", type=Path, dest="earlier", metavar="JSON", help="an earlier gpu.json; nothing is measured")
    chosen = parser.parse_args()
    chosen.out = chosen.out or (chosen.earlier.parent if chosen.earlier else environment.TARGET / "gpu-results")
    return chosen


def run_bench(chosen, file):
    """What the bench finds; it prints its own text meanwhile."""
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
    """What a library does at those lengths, in a process of its own: if that crashes, the others are still measured."""
    settings = {
        **os.environ,
        # What they compile is kept with our own, not in the user's home.
        "CUPY_CACHE_DIR": str(environment.CACHE / "cupy"),
        "TORCHINDUCTOR_CACHE_DIR": str(environment.CACHE / "torch"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    command = [sys.executable, str(HERE / "contenders.py"), library, str(file), *map(str, lengths)]
    environment.CACHE.mkdir(parents=True, exist_ok=True)
    # PyTorch's compiler tells of a failure in hundreds of lines.
    with LOG.open("a") as log:
        done = subprocess.run(command, env=settings, stderr=log)
    found = json.loads(file.read_text()) if file.exists() else {"cases": [], "problems": []}
    if done.returncode != 0:
        where = LOG.relative_to(environment.ROOT)
        found["problems"].append(f"its process ended early, with exit status {done.returncode}; {where} may tell why")
        if not found["cases"]:
            found["left_out"] = found["problems"].pop()
    return found


def measure(chosen):
    """Measures everything; all that is known afterwards."""
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
    """The commit of the sources; nothing where there is no git."""
    command = ["git", "-C", str(environment.ROOT), "describe", "--always", "--dirty"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None


def versions(libraries):
    """What was compared with: each library's version, and that of what it stands on."""
    found = {"python": platform.python_version()}
    for library in libraries.values():
        found.update(library.get("versions", {}))
    return found


def draw(file, folder):
    """Has the plot drawn by a Python that has matplotlib: none if there is no such Python."""
    for python in [sys.executable, str(environment.python())]:
        try:
            able = subprocess.run([python, "-c", "import matplotlib"], capture_output=True).returncode == 0
        except OSError:
            able = False
        if able:
            return subprocess.run([python, str(HERE / "drawing.py"), str(file), str(folder)]).returncode == 0
    print(f"no plot: matplotlib is not there. Where it is, draw it with --from {file.name}")
    return False


def read(file):
    """What an earlier run wrote."""
    try:
        return json.loads(file.read_text())
    except (OSError, ValueError) as problem:
        sys.exit(f"{file} cannot be read: {problem}")


def main():
    chosen = arguments()
    found = read(chosen.earlier) if chosen.earlier else measure(chosen)
    # Judged anew, so that an earlier file is told by the rules of now.
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
