"""The Python environment with the other libraries, made once in a folder under target/. Standard library only."""

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

# What each library needs, pinned. One that cannot be installed is named and left out.
PINS = {
    "numpy": ["numpy==2.4.6"],
    "matplotlib": ["matplotlib==3.11.2"],
    "numexpr": ["numexpr==2.14.2"],
    "numba": ["numba==0.68.1"],
    "jax": ["jax[cpu]==0.10.2"],
    "torch": ["torch==2.15.0"],
}
# Without these there is nothing to measure with, or to draw.
NEEDED = ["numpy", "matplotlib"]


def python():
    """The environment's interpreter."""
    return VENV / "bin/python"


def inside():
    """Whether this process runs in the environment."""
    return Path(sys.prefix).resolve() == VENV.resolve()


def enter(wanted):
    """Makes the environment with the wanted libraries and goes on in it; comes back at once if this is it.

    The environment that is there is used again: a library is installed once, and tried again if it was missing."""
    if inside():
        return
    if not python().exists():
        print(f"making a Python environment in {VENV.relative_to(ROOT)}", flush=True)
        made = subprocess.run([sys.executable, "-m", "venv", str(VENV)], capture_output=True, text=True)
        if made.returncode != 0:
            sys.exit(f"no Python environment: {reason(made)}\nInstall Python's venv (Debian: python3-venv) and try again.")
    missing = {}
    for library in [*NEEDED, *wanted]:
        problem = install(library)
        if problem and library in NEEDED:
            sys.exit(f"{library} is needed and cannot be installed: {problem}")
        if problem:
            missing[library] = problem
            print(f"left out: {library} cannot be installed: {problem}", flush=True)
    os.environ["CROSSOVER_PEERS_MISSING"] = json.dumps(missing)
    os.execv(python(), [str(python()), *sys.argv])


def missing():
    """The libraries that could not be installed, each with the reason."""
    return json.loads(os.environ.get("CROSSOVER_PEERS_MISSING", "{}"))


def install(library):
    """Installs a library's pins if they are not there; the reason if that fails."""
    done = VENV / f"installed-{library}.txt"
    pins = "\n".join(PINS[library])
    if done.exists() and done.read_text() == pins:
        return None
    large = " (several GB, with libraries for GPUs that are not used here)" if library == "torch" else ""
    print(f"installing {' '.join(PINS[library])}{large}", flush=True)
    options = ["--quiet", "--disable-pip-version-check", "--no-cache-dir"]
    command = [str(python()), "-m", "pip", "install", *options, *PINS[library]]
    installed = subprocess.run(command, capture_output=True, text=True)
    if installed.returncode != 0:
        return reason(installed)
    done.write_text(pins)
    return None


def reason(finished):
    """The last thing that a failed command said, without addresses of the network: they say nothing to a reader."""
    lines = (finished.stderr or finished.stdout).strip().splitlines() or [f"exit status {finished.returncode}"]
    return " ".join(word for word in lines[-1].split() if "://" not in word)


def build_server():
    """Builds the Rust side with cargo; the path of the program."""
    folder = TARGET / "peers"
    command = ["cargo", "build", "--release", "--quiet", "--manifest-path", str(HERE / "Cargo.toml")]
    try:
        built = subprocess.run([*command, "--target-dir", str(folder)])
    except FileNotFoundError:
        sys.exit("cargo is not there: install the Rust toolchain and try again")
    if built.returncode != 0:
        sys.exit("the Rust side does not build: see above")
    return folder / "release" / "peers"
