"""The report: tables during the run, peers.csv, .json, .md and the plot."""

import csv
import json
import os
import platform
import subprocess
from pathlib import Path

import environment
import plot

COLUMNS = [
    "workload",
    "elements",
    "threads",
    "contender",
    "seconds",
    "ns_per_element",
    "gb_per_s",
    "fraction_of_ceiling",
    "max_ulp",
    "ratio_to_best_peer",
]


class Group:
    """The results of one case, the fastest first, with the ceiling and the best peer."""

    def __init__(self, results):
        self.case = results[0].case
        self.results = sorted(results, key=lambda result: result.seconds)
        self.ceiling = next((result for result in self.results if result.is_ceiling), None)
        self.best_peer = next((result for result in self.results if result.is_peer), None)

    def find(self, start):
        """Returns the fastest contender whose name begins with `start`."""
        return next((result for result in self.results if result.contender.startswith(start)), None)

    def fraction_of_ceiling(self, result):
        return result.gb_per_s / self.ceiling.gb_per_s if self.ceiling else None

    def ratio_to_best_peer(self, result):
        return result.seconds / self.best_peer.seconds if self.best_peer else None

    def rows(self):
        """Yields the rows of the CSV file."""
        for result in self.results:
            yield [
                self.case.workload,
                self.case.elements,
                self.case.threads,
                result.contender,
                f"{result.seconds:.6g}",
                f"{result.ns_per_element:.5g}",
                f"{result.gb_per_s:.5g}",
                number(self.fraction_of_ceiling(result)),
                f"{result.max_ulp:.3g}",
                number(self.ratio_to_best_peer(result)),
            ]

    def table(self):
        """Yields lines for the terminal."""
        yield f"\n{self.case}"
        yield f"  {'contender':<32}{'ns/element':>11}{'GB/s':>9}{'of ceiling':>12}{'max ULP':>9}{'/ best peer':>13}"
        for result in self.results:
            fraction, ratio = number(self.fraction_of_ceiling(result)), number(self.ratio_to_best_peer(result))
            figures = f"{result.ns_per_element:>11.4f}{result.gb_per_s:>9.2f}{fraction:>12}{result.max_ulp:>9.2f}{ratio:>13}"
            yield f"  {result.contender:<32}{figures}"


def number(value):
    """Formats a ratio; empty if there is none."""
    return "" if value is None else f"{value:.3f}"


class Report:
    """Writes into a folder; the CSV file case by case, so that an interrupted run keeps its results."""

    def __init__(self, folder):
        self.folder, self.groups = folder, []

    def __enter__(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        self.file = (self.folder / "peers.csv").open("w", newline="")
        self.csv = csv.writer(self.file, lineterminator="\n")
        self.csv.writerow(COLUMNS)
        return self

    def __exit__(self, *problem):
        self.file.close()

    def add(self, results):
        """Adds the results of a case."""
        if not results:
            return
        group = Group(results)
        self.groups.append(group)
        self.csv.writerows(group.rows())
        self.file.flush()
        print("\n".join(group.table()), flush=True)

    def finish(self, chosen, versions, left_out):
        """Writes the summary of all cases."""
        about = {
            "processor": processor(),
            "cores": os.cpu_count(),
            "system": f"{platform.system()} {platform.release()}",
            "python": platform.python_version(),
            "rust": said("rustc", "--version"),
            "commit": said("git", "-C", str(environment.ROOT), "describe", "--always", "--dirty"),
            "libraries": versions,
            "rounds": chosen.rounds,
            "gap_ms": chosen.gap,
            "threads": chosen.threads,
            "left_out": left_out,
        }
        (self.folder / "peers.json").write_text(json.dumps(about, indent=2) + "\n")
        if not self.groups:
            return
        text = "\n".join(summary(self.groups, about)) + "\n"
        (self.folder / "peers.md").write_text(text)
        print("\n" + text)
        plot.draw(self.groups, about, self.folder)
        print(f"written: {', '.join(f'peers.{end}' for end in ('csv', 'json', 'md', 'svg', 'png'))} in {self.folder}")


def summary(groups, about):
    """Yields a Markdown table of this crate against the best peer, and of formulas as text against numexpr."""
    yield f"{about['processor']}, {about['cores']} cores; medians of {about['rounds']} rounds; ns/element."
    yield "A ratio below 1 is a win for this crate. The best peer is the fastest correct contender of another library."
    yield ""
    columns = ["workload", "threads", "elements", "compiled", "text", "best peer"]
    columns += ["compiled / best", "text / best", "text / numexpr", "compiled / ceiling"]
    yield f"| {' | '.join(columns)} |"
    yield "|---|--:|--:|--:|--:|---|--:|--:|--:|--:|"
    for group in sorted(groups, key=lambda group: group.case.threads):
        compiled, text, numexpr = (group.find(name) for name in ("crossover compiled", "crossover text", "numexpr"))
        best = group.best_peer
        cells = [
            group.case.workload,
            group.case.threads,
            f"{group.case.elements:,}",
            time(compiled),
            time(text),
            f"{best.contender} {time(best)}" if best else "",
            ratio(compiled, best),
            ratio(text, best),
            ratio(text, numexpr),
            number(group.fraction_of_ceiling(compiled)) if compiled else "",
        ]
        yield f"| {' | '.join(str(cell) for cell in cells)} |"
    if about["left_out"]:
        yield ""
        yield "Left out:"
        yield ""
        yield from (f"- {what}" for what in about["left_out"])


def time(result):
    return f"{result.ns_per_element:.4f}" if result else ""


def ratio(one, other):
    return number(one.seconds / other.seconds) if one and other else ""


def processor():
    """Returns the processor's name."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def said(*command):
    """Returns a command's output; None if it fails."""
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None
