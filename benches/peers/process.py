"""The processes that compute, one per library, each with its own arrays, threads and cores."""

import os
import subprocess
import sys
from pathlib import Path

import environment


class Refused(Exception):
    """The error that a process reports, with its reason."""


def cores():
    """Returns the usable cores, one of each physical core first; none if unknown."""
    if not hasattr(os, "sched_getaffinity"):
        return []
    first, second, seen = [], [], set()
    for core in sorted(os.sched_getaffinity(0)):
        try:
            siblings = Path(f"/sys/devices/system/cpu/cpu{core}/topology/thread_siblings_list").read_text()
        except OSError:
            siblings = str(core)
        (second if siblings in seen else first).append(core)
        seen.add(siblings)
    return first + second


def settings(threads):
    """Returns the environment variables of a process with a number of threads."""
    names = ["OMP", "MKL", "OPENBLAS", "NUMEXPR", "NUMBA", "RAYON", "VECLIB"]
    counts = {f"{name}_NUM_THREADS": str(threads) for name in names}
    return {
        **os.environ,
        **counts,
        "NUMEXPR_MAX_THREADS": str(threads),
        "JAX_PLATFORMS": "cpu",
        # numpy uses huge pages for its arrays; this makes malloc do the same in every process, for a fair comparison.
        "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
        "TORCHINDUCTOR_CACHE_DIR": str(environment.CACHE / "torch"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }


class Process:
    """A process and its contenders."""

    def __init__(self, library, command, threads, log):
        self.library, self.threads = library, threads
        allowed, mine = cores(), cores()[:threads]
        if mine:
            # A child process inherits the cores of its parent.
            os.sched_setaffinity(0, mine)
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": log}
        try:
            self.child = subprocess.Popen(command, text=True, env=settings(threads), cwd=environment.HERE, **pipes)
        finally:
            if mine:
                os.sched_setaffinity(0, allowed)

    def ask(self, *words):
        """Sends a command and returns the answer, a list of words."""
        try:
            self.child.stdin.write("\t".join(str(word) for word in words) + "\n")
            self.child.stdin.flush()
            answer = self.child.stdout.readline()
        except BrokenPipeError:
            answer = ""
        status, *rest = answer.rstrip("\n").split("\t")
        if status == "ok":
            return rest
        if not answer:
            raise Refused(f"its process ended with exit status {self.child.wait()}; {log_name()} may have the reason")
        raise Refused(rest[0] if rest else status)

    def close(self):
        """Ends the process: it stops at the end of its input."""
        try:
            self.child.stdin.close()
        except BrokenPipeError:
            pass
        try:
            self.child.wait(10)
        except subprocess.TimeoutExpired:
            self.child.kill()


def log_name():
    return str((environment.CACHE / "processes.log").relative_to(environment.ROOT))


class Processes:
    """The processes for a number of threads, started together; a library whose process does not start is left out."""

    def __init__(self, server, libraries, threads, leave_out):
        self.threads, self.all, self.names, self.versions = threads, [], {}, {}
        environment.CACHE.mkdir(parents=True, exist_ok=True)
        self.log = (environment.CACHE / "processes.log").open("a")
        started = [Process("crossover", [str(server)], threads, self.log)]
        for library in libraries:
            command = [sys.executable, str(environment.HERE / "worker.py"), library, str(threads)]
            started.append(Process(library, command, threads, self.log))
        for process in started:
            try:
                self.names[process] = process.ask("contenders")
                if process.library != "crossover":
                    self.versions[process.library] = process.ask("version")[0]
                self.all.append(process)
            except Refused as problem:
                leave_out(process.library, str(problem))
                process.close()

    def close(self):
        for process in self.all:
            process.close()
        self.log.close()
