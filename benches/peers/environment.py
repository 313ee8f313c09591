"""The Python environment with the other libraries, created once in a folder under target/. Standard library only."""

import json
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TARGET = ROOT / "target"
VENV = TARGET / "peers-venv"

CACHE = TARGET / "peers-cache"

# The pinned requirements of each library. One that cannot be installed is listed as left out.
PINS = {
    "numpy": ["numpy==2.4.6"],
    "matplotlib": ["matplotlib==3.11.2"],
    "numexpr": ["numexpr==2.14.2"],
    "numba": ["numba==0.68.1"],
    "jax": ["jax[cpu]==0.10.2"],
    "torch": ["torch==2.15.0"],
}
# Required for measuring and plotting.
NEEDED = ["numpy", "matplotlib"]


def python():
    """Returns the environment's interpreter."""
    return VENV / "bin/python"


def inside():
    """Returns whether this process runs in the environment."""
    return Path(sys.prefix).resolve() == VENV.resolve()


def enter(wanted):
    """Creates the environment with the wanted libraries and restarts this program in it; does nothing within it.

    An existing environment is reused: a library is installed once, and tried again if it was missing."""
    if inside():
        return
    if not python().exists():
        print(f"creating a Python environment in {VENV.relative_to(ROOT)}", flush=True)
        made = subprocess.run([sys.executable, "-m", "venv", str(VENV)], capture_output=True, text=True)
        if made.returncode != 0:
            sys.exit(f"no Python environment: {reason(made)}\nInstall Python's venv (Debian: python3-venv) and try again.")
    missing = {}
    for library in [*NEEDED, *wanted]:
        problem = install(library)
        if problem and library in NEEDED:
            sys.exit(f"{library} is required and cannot be installed: {problem}")
        if problem:
            missing[library] = problem
            print(f"left out: {library} cannot be installed: {problem}", flush=True)
    os.environ["CROSSOVER_PEERS_MISSING"] = json.dumps(missing)
    os.execv(python(), [str(python()), *sys.argv])


def missing():
    """Returns the libraries that could not be installed, with the reasons."""
    return json.loads(os.environ.get("CROSSOVER_PEERS_MISSING", "{}"))


def install(library):
    """Installs a library's requirements if they are missing; returns the reason if that fails."""
    done = VENV / f"installed-{library}.txt"
    pins = "\n".join(PINS[library])
    if done.exists() and done.read_text() == pins:
        return None
    large = " (several GB, including unused libraries for GPUs)" if library == "torch" else ""
    print(f"installing {' '.join(PINS[library])}{large}", flush=True)
    options = ["--quiet", "--disable-pip-version-check", "--no-cache-dir"]
    command = [str(python()), "-m", "pip", "install", *options, *PINS[library]]
    installed = subprocess.run(command, capture_output=True, text=True)
    if installed.returncode != 0:
        return reason(installed)
    done.write_text(pins)
    return None


def reason(finished):
    """Returns the last line of a failed command's output, without URLs."""
    lines = (finished.stderr or finished.stdout).strip().splitlines() or [f"exit status {finished.returncode}"]
    return " ".join(word for word in lines[-1].split() if "://" not in word)


def build_server():
    """Builds the Rust program with cargo; returns its path."""
    folder = TARGET / "peers"
    command = ["cargo", "build", "--release", "--quiet", "--manifest-path", str(HERE / "Cargo.toml")]
    try:
        built = subprocess.run([*command, "--target-dir", str(folder)])
    except FileNotFoundError:
        sys.exit("cargo is not installed: install the Rust toolchain and try again")
    if built.returncode != 0:
        sys.exit("the Rust program does not build: see above")
    return folder / "release" / "peers"
