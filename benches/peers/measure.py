"""Measures a case (one workload, length and number of threads): verifies every contender, then times them interleaved."""

import random
import statistics
import time
from dataclasses import dataclass

import workloads
from process import Refused

# The duration of a contender's sample in a round, of one or more calls: long enough to hide the clock's resolution.
SAMPLE_SECONDS = 0.004
# A shorter call is made once before the sample, untimed, to wake its threads and to fill the caches.
WARM_SECONDS = 0.01


@dataclass
class Case:
    """One workload, length and number of threads."""

    workload: str
    elements: int
    threads: int

    @property
    def kind(self):
        return workloads.WORKLOADS[self.workload]

    def __str__(self):
        threads = "1 thread" if self.threads == 1 else f"{self.threads} threads"
        return f"{self.workload} ({self.kind.about}), {self.elements:,} elements, {threads}"


@dataclass
class Result:
    """A contender's median time and largest error."""

    case: Case
    contender: str
    seconds: float
    max_ulp: float

    @property
    def is_ours(self):
        return self.contender.startswith("crossover ")

    @property
    def is_ceiling(self):
        return self.contender.startswith("ceiling ")

    @property
    def is_peer(self):
        return not self.is_ours and not self.is_ceiling

    @property
    def ns_per_element(self):
        return self.seconds * 1e9 / self.case.elements

    @property
    def gb_per_s(self):
        kind = workloads.CEILINGS[self.case.kind.ceiling] if self.is_ceiling else self.case.kind
        return kind.bytes_per_element * self.case.elements / self.seconds / 1e9


@dataclass
class Turn:
    """A prepared contender and its times."""

    process: object
    name: str
    max_ulp: float
    batch: int = 1
    warm: int = 0
    times: list = None

    def calibrate(self):
        """Finds the number of calls per sample."""
        calls = 1
        while True:
            seconds = float(self.process.ask("run", self.name, 0, calls)[0])
            if seconds >= SAMPLE_SECONDS / 4 or calls >= 1 << 20:
                break
            calls *= 4
        once = max(seconds / calls, 1e-9)
        self.batch = max(1, round(SAMPLE_SECONDS / once))
        self.warm = 1 if once < WARM_SECONDS else 0
        self.times = []

    def run(self):
        self.times.append(float(self.process.ask("run", self.name, self.warm, self.batch)[0]) / self.batch)


class Measurement:
    """The settings of a measurement: data, rounds, gaps; and the function that records what is left out."""

    def __init__(self, paths, folder, rounds, gap, libraries, leave_out):
        self.paths, self.rounds, self.gap, self.leave_out = paths, rounds, gap, leave_out
        self.libraries, self.sample = libraries, folder / "result.f32"

    def measure(self, case, processes, expected):
        """Measures a case in interleaved rounds."""
        turns = [turn for process in processes.all for turn in self.prepare(case, process, processes, expected)]
        order = random.Random(0)
        for _ in range(self.rounds):
            # A random order in each round, so that no contender always follows the same one.
            order.shuffle(turns)
            for turn in turns[:]:
                time.sleep(self.gap)
                try:
                    turn.run()
                except Refused as problem:
                    turns.remove(turn)
                    self.leave_out(turn.name, f"{case}: {problem}")
        for process in processes.all:
            self.ask(process, "drop")
        return [Result(case, turn.name, statistics.median(turn.times), turn.max_ulp) for turn in turns]

    def ask(self, process, *words):
        """Sends a command to a process; returns whether it succeeded."""
        try:
            process.ask(*words)
        except Refused as problem:
            self.leave_out(process.library, str(problem))
            return False
        return True

    def prepare(self, case, process, processes, expected):
        """Yields the contenders of a process that are prepared and correct."""
        x, y = self.paths
        # A workload of one array has an empty second one.
        lengths = (case.elements, case.elements if case.kind.inputs == 2 else 0)
        if not self.ask(process, "load", *lengths, x, y):
            return
        for name in processes.names[process]:
            if not self.takes_part(name, case):
                continue
            try:
                turn = self.verified(name, case, process, expected)
                if turn:
                    turn.calibrate()
                    yield turn
            except Refused as problem:
                self.leave_out(name, f"{case.workload}: {problem}")

    def takes_part(self, name, case):
        library, *form = name.split(" ")
        if library == "ceiling":
            # The matching ceiling; with several threads also that of one thread, which is higher for short arrays.
            return case.kind.ceiling in form and (case.threads > 1 or "threads" not in form)
        return library in self.libraries or library == "crossover"

    def verified(self, name, case, process, expected):
        """Returns a contender whose results are correct; a wrong one is left out."""
        ceiling = name.startswith("ceiling ")
        process.ask("prepare", name, case.workload)
        process.ask("check", name, self.sample, workloads.stride(case.elements), workloads.TAIL)
        kind = workloads.CEILINGS[case.kind.ceiling] if ceiling else case.kind
        max_ulp = expected(ceiling).max_ulp(workloads.read_sample(self.sample))
        if max_ulp <= kind.tolerance:
            return Turn(process, name, max_ulp)
        self.leave_out(name, f"wrong on {case}: {max_ulp:.1f} ULP, but {kind.tolerance} are allowed")
        return None
