"""The plot: time per element against the number of elements, one panel per workload and number of threads."""

import os

import environment

os.environ.setdefault("MPLCONFIGDIR", str(environment.CACHE / "matplotlib"))

import matplotlib

matplotlib.use("Agg")
# Text is stored as text, and equal numbers give equal files.
matplotlib.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "peers", "font.size": 8})

from matplotlib import pyplot

COLOURS = {
    "crossover": "black",
    "numpy": "tab:blue",
    "numexpr": "tab:orange",
    "numba": "tab:green",
    "jax": "tab:red",
    "torch": "tab:purple",
    "ndarray": "tab:brown",
}
# The line styles of a library's contenders, in order.
STYLES = ["-", "--", ":", "-."]


def draw(groups, about, folder):
    """Writes peers.svg and peers.png."""
    workloads = unique(group.case.workload for group in groups)
    threads = unique(group.case.threads for group in groups)
    size = (5.2 * len(threads) + 2.2, 2.9 * len(workloads) + 0.8)
    figure, panels = pyplot.subplots(len(workloads), len(threads), figsize=size, squeeze=False, layout="constrained")
    styles = line_styles(groups)
    lines = {}
    for row, workload in zip(panels, workloads):
        for panel, count in zip(row, threads):
            mine = [group for group in groups if (group.case.workload, group.case.threads) == (workload, count)]
            fill(panel, mine, styles, lines)
            panel.set_title(f"{mine[0].case.kind.about}, {count} thread{'s' if count > 1 else ''}" if mine else "")
    figure.supxlabel("elements")
    figure.supylabel("nanoseconds per element")
    figure.suptitle(f"{about['processor']}, medians of {about['rounds']} rounds")
    in_order = [name for name in [*styles, "ceiling"] if name in lines]
    figure.legend([lines[name] for name in in_order], in_order, loc="outside right center", frameon=False)
    figure.savefig(folder / "peers.svg", metadata={"Date": None})
    figure.savefig(folder / "peers.png", dpi=110)


def fill(panel, groups, styles, lines):
    """Draws the lines of a panel, and stores one line per name for the legend."""
    for name, style in styles.items():
        points = [(group.case.elements, found.ns_per_element) for group in groups if (found := exact(group, name))]
        if points:
            (lines[name],) = panel.plot(*zip(*points), marker=".", markersize=3, **style)
    points = [(group.case.elements, at_ceiling(group)) for group in groups if group.ceiling]
    if points:
        (lines["ceiling"],) = panel.plot(*zip(*points), color="grey", linewidth=4, alpha=0.3)
    panel.set_xscale("log")
    panel.set_yscale("log")
    panel.grid(alpha=0.3)


def at_ceiling(group):
    """Returns the nanoseconds per element at the ceiling's rate."""
    return group.case.kind.bytes_per_element / group.ceiling.gb_per_s


def exact(group, name):
    return next((result for result in group.results if result.contender == name), None)


def line_styles(groups):
    """Returns the line style of each contender: its library's colour and its own pattern; wide for this crate."""
    found = unique(result.contender for group in groups for result in group.results if not result.is_ceiling)
    styles = {}
    for library, colour in COLOURS.items():
        forms = sorted(name for name in found if name.split(" ")[0] == library)
        for form, pattern in zip(forms, STYLES):
            styles[form] = {"color": colour, "linestyle": pattern, "linewidth": 2 if library == "crossover" else 1}
    return styles


def unique(values):
    """Returns the distinct values in order."""
    return list(dict.fromkeys(values))
