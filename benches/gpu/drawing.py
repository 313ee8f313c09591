"""The plot of gpu.json: `python3 benches/gpu/drawing.py gpu.json FOLDER` writes gpu.svg and gpu.png."""

import json
import os
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.append(str(Path(__file__).resolve().parent.parent / "peers"))

import environment
from verdict import NAMES

os.environ.setdefault("MPLCONFIGDIR", str(environment.CACHE / "matplotlib"))

import matplotlib

matplotlib.use("Agg")
# Text is stored as text, and equal numbers give equal files.
matplotlib.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "gpu", "font.size": 9})

from matplotlib import pyplot
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import LogFormatter

COLOURS = {"poly": "black", "axpy": "tab:blue", "exp": "tab:orange", "horner256": "tab:green"}
ABOUT = {"poly": "x + x² + x³", "axpy": "a·x + y", "exp": "exp(x)", "horner256": "a polynomial of degree 256"}
# Lines of different widths stay visible when they coincide.
WIDTHS = {"poly": 4.5, "axpy": 3.2, "exp": 2.1, "horner256": 1.2}
OURS = {"marker": "o", "markersize": 4}
STYLES = {"cupy": {"linestyle": "--", "marker": "s"}, "torch": {"linestyle": ":", "marker": "^"}}
THEIRS = {"linewidth": 1.2, "markersize": 3.5}
COPY = {"color": "grey", "linewidth": 5, "alpha": 0.35}
STAGES = {"upload": "#9ecae1", "compute": "#3182bd", "download": "#bcbddc"}


class Plain(LogFormatter):
    """Formats 0.6 instead of 6e-01."""

    def __call__(self, value, position=None):
        return f"{value:g}" if super().__call__(value, position) else ""


def lines(panel, rows, ours, theirs):
    """Draws a line per workload, for this crate and for each library with results; returns the libraries drawn."""
    drawn = []
    for workload, colour in COLOURS.items():
        mine = [row for row in rows if row["workload"] == workload]
        certain = [row for row in mine if not row["doubted"]]
        lengths = [row["elements"] for row in certain]
        panel.plot(lengths, [ours(row) for row in certain], color=colour, linewidth=WIDTHS[workload], **OURS)
        for library, of in theirs.items():
            points = [(row["elements"], value) for row in mine if (value := of(row)) is not None]
            if points:
                panel.plot(*zip(*points), color=colour, **THEIRS, **STYLES[library])
                drawn.append(library)
    panel.set_xscale("log")
    panel.set_yscale("log")
    panel.yaxis.set_major_formatter(Plain())
    # Labels between powers of ten, too, if there are few powers of ten.
    panel.yaxis.set_minor_formatter(Plain(minor_thresholds=(2, 0.5)))
    panel.set_xlabel("elements")
    panel.grid(alpha=0.3)
    return drawn


def resident(panel, found):
    """Draws the rates on arrays of the device."""
    theirs = {
        library: lambda row, key=f"{library}_bytes_per_second": row[key] and row[key] * 1e-9 for library in NAMES
    }
    copy = [(each["elements"], each["bytes_per_second"] * 1e-9) for each in found["rust"]["copy"]]
    panel.plot(*zip(*copy), zorder=1, **COPY)
    drawn = lines(panel, found["ratios"]["resident"], lambda row: row["bytes_per_second"] * 1e-9, theirs)
    panel.set_title("arrays on the device: higher is better")
    panel.set_ylabel("GB/s, read and written")
    return drawn


def host(panel, found):
    """Draws the times from host to host."""

    def each(key):
        return lambda row: row[key] and row[key] / row["elements"] * 1e9

    drawn = lines(panel, found["ratios"]["host"], each("seconds"), {"cupy": each("cupy_seconds")})
    panel.set_title("from host to host: lower is better")
    panel.set_ylabel("nanoseconds per element")
    return drawn


def stages(panel, found):
    """Draws the stages of this crate's longest runs, side by side because they overlap."""
    rows = found["ratios"]["host"]
    longest = max(row["elements"] for row in rows)
    rows = [row for row in rows if row["elements"] == longest and not row["doubted"]]
    # Leaves out slow workloads, as on a software rasterizer, which would make the others invisible.
    least = min((row["seconds"] for row in rows), default=0)
    rows = [row for row in rows if row["seconds"] <= 10 * least]
    for at, row in enumerate(rows):
        to_ns = 1e9 / longest
        for place, (stage, colour) in enumerate(STAGES.items()):
            panel.bar(at + 0.27 * (place - 1), row[stage] * to_ns, 0.25, color=colour)
        panel.plot([at - 0.42, at + 0.42], [row["seconds"] * to_ns] * 2, color="black", linewidth=2)
    panel.set_xticks(range(len(rows)), [row["workload"] for row in rows])
    panel.set_title(f"this crate's stages, {longest:,} elements", fontsize="medium")
    panel.set_ylabel("nanoseconds per element")
    panel.set_ylim(bottom=0)
    panel.grid(alpha=0.3, axis="y")
    handles = [Patch(color=colour, label=stage) for stage, colour in STAGES.items()]
    handles.append(Line2D([], [], color="black", linewidth=2, label="total (they overlap)"))
    return handles


def legend(found, drawn):
    """Returns the legend of colours and line styles."""
    doubted = {row["workload"] for row in found["ratios"]["resident"] if row["doubted"]}

    def label(name):
        return f"{name}: this crate's is doubtful, see gpu.md" if name in doubted else f"{name}: {ABOUT[name]}"

    handles = [Line2D([], [], color=colour, linewidth=WIDTHS[name], label=label(name)) for name, colour in COLOURS.items()]
    handles.append(Line2D([], [], color="dimgrey", label="this crate", linewidth=2.1, **OURS))
    for library in dict.fromkeys(drawn):
        handles.append(Line2D([], [], color="dimgrey", label=NAMES[library], **THEIRS, **STYLES[library]))
    return [*handles, Line2D([], [], label="the device's copy", **COPY)]


def title(found):
    """Returns the name of the device, and a note for a software rasterizer."""
    text = found["adapter"].removeprefix("gpu (").removesuffix(")")
    if found["software"]:
        text = f"{text.removesuffix(', software')}\nsoftware rasterizer on the host's own cores"
    return text


def draw(found, folder):
    """Writes gpu.svg and gpu.png."""
    shape = {"width_ratios": [3, 3, 2]}
    figure, panels = pyplot.subplots(1, 3, figsize=(14, 5.4), layout="constrained", gridspec_kw=shape)
    drawn = resident(panels[0], found) + host(panels[1], found)
    handles = stages(panels[2], found)
    figure.get_layout_engine().set(wspace=0.06)
    figure.suptitle(title(found))
    figure.legend(handles=legend(found, drawn), loc="outside lower left", ncols=4, frameon=False)
    figure.legend(handles=handles, loc="outside lower right", ncols=2, frameon=False)
    figure.savefig(folder / "gpu.svg", metadata={"Date": None})
    figure.savefig(folder / "gpu.png", dpi=110)


if __name__ == "__main__":
    draw(json.loads(Path(sys.argv[1]).read_text()), Path(sys.argv[2]))
