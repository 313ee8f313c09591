"""The results as tables: Markdown that is readable on a terminal, too."""

from verdict import NAMES

STRICT = "the targets for a GPU are not evaluated on a software rasterizer, which runs on the host's own cores"


def table(columns, rows):
    """Yields a table; columns whose name begins with `<` are left-aligned, and empty columns are omitted."""
    kept = [at for at in range(len(columns)) if any(row[at] for row in rows)]
    names = [columns[at].lstrip("<") for at in kept]
    left = [columns[at].startswith("<") for at in kept]
    rows = [[row[at] for at in kept] for row in rows]
    widths = [max(len(cell) for cell in cells) for cells in zip(names, *rows)]

    def line(cells):
        each = zip(cells, widths, left)
        return f"| {' | '.join(cell.ljust(width) if to_left else cell.rjust(width) for cell, width, to_left in each)} |"

    yield line(names)
    yield f"|{'|'.join('-' * (width + 2) if to_left else '-' * (width + 1) + ':' for width, to_left in zip(widths, left))}|"
    for row in rows:
        yield line(row)
    yield ""


def time(seconds):
    """Formats a time; empty if there is none."""
    if seconds is None:
        return ""
    for unit, size in (("s", 1), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.2f} {unit}"
    return f"{seconds * 1e6:.1f} us"


def ratio(value):
    return "" if value is None else f"{value:.2f}"


def rate(value):
    return "" if value is None else f"{value * 1e-9:.1f}"


def head(found):
    """Yields the adapter, the versions and the command."""
    yield f"{found['adapter']}{', a software rasterizer' if found['software'] else ''}"
    yield ""
    for library, about in found["libraries"].items():
        if about.get("device"):
            yield f"- {NAMES[library]} on {about['device']}"
    yield f"- {', '.join(f'{name} {version}' for name, version in found['versions'].items())}"
    yield f"- {found['system']}; commit {found['commit'] or 'unknown'}; {found['started']}"
    yield f"- `{found['command']}`"
    yield ""


def resident(found):
    """Yields the kernels on arrays of the device."""
    yield "## Resident: arrays on the device"
    yield ""
    yield "GB/s count every array once. `of the copy` is relative to the device's own copy of the same length, in bytes read"
    yield "and written; a ratio to a library above 1 is a win for this crate."
    yield ""
    columns = ["<workload", "elements", "time", "GB/s", "of the copy"]
    columns += ["CuPy GB/s", "of CuPy", "PyTorch GB/s", "of PyTorch"]
    rows = []
    for row in found["ratios"]["resident"]:
        cells = [row["workload"], f"{row['elements']:,}", time(row["seconds"]) + ("*" if row["clock"] == "host" else "")]
        cells += [rate(row["bytes_per_second"]), ratio(row["of_copy"])]
        for library in NAMES:
            cells += [rate(row[f"{library}_bytes_per_second"]), ratio(row[f"of_{library}"])]
        rows.append(cells)
    yield from table(columns, rows)
    if any(row["clock"] == "host" for row in found["ratios"]["resident"]):
        yield "\\* the device has no clock: from the submission until the host is notified of the end."
        yield ""
    yield from methods(found)
    copies = ((f"{each['elements']:,}", rate(each["bytes_per_second"])) for each in found["rust"]["copy"])
    yield from table(["elements", "the device's copy, GB/s"], list(copies))


def methods(found):
    """Yields the method of each library."""
    for library, about in found["libraries"].items():
        each = {case["workload"]: case["how"] for case in about.get("cases", []) if case["kind"] == "resident"}
        for how in dict.fromkeys(each.values()):
            yield f"- {NAMES[library]}, {', '.join(name for name in each if each[name] == how)}: {how}"
    if any(about.get("cases") for about in found["libraries"].values()):
        yield ""


def host(found):
    """Yields the times from arrays of the host to arrays of the host."""
    yield "## Host to host"
    yield ""
    yield "Upload, compute and download overlap on long arrays, so their sum exceeds the time. `over the minimum` is relative to"
    yield "the kernel (resident or here, the faster one) and two copies on the host. CuPy's `get()` allocates the result, the"
    yield "usual case; `reused` is `get(out=)` into the same array, as in this crate. A ratio above 1 is a win for this crate."
    yield ""
    columns = ["<workload", "elements", "time", "ns/element", "upload", "compute", "download", "over the minimum"]
    columns += ["CuPy", "CuPy / ours", "reused", "reused / ours"]
    rows = []
    for row in found["ratios"]["host"]:
        cells = [row["workload"], f"{row['elements']:,}", time(row["seconds"]), f"{row['seconds'] / row['elements'] * 1e9:.3f}"]
        cells += [time(row[stage]) for stage in ("upload", "compute", "download")] + [ratio(row["over_least"])]
        for key in ("cupy", "cupy_reused"):
            cells += [time(row[f"{key}_seconds"]), ratio(row[f"{key}_over_ours"])]
        rows.append(cells)
    yield from table(columns, rows)


def short(found):
    """Yields the warm run of a short array."""
    row = found["ratios"]["short"]
    yield f"## poly of {row['elements']:,} elements, host to host, warm"
    yield ""
    rows = [["this crate", time(row["seconds"]), ""], ["bare wgpu calls", time(row["bare_seconds"]), ratio(row["over_bare"])]]
    if row["cupy_seconds"]:
        rows.append(["CuPy", time(row["cupy_seconds"]), ratio(row["seconds"] / row["cupy_seconds"])])
    yield from table(["<", "time", "this crate over it"], rows)


def aims(found):
    """Yields the targets, and whether they are met."""
    yield "## Targets"
    yield ""
    if found["software"]:
        yield f"{STRICT[0].upper()}{STRICT[1:]}."
        yield ""
    rows = []
    for aim in found["aims"]:
        elements = f"{aim['elements']:,}" if aim["elements"] else ""
        value = aim["found"]
        shown = time(value) if aim["aim"].endswith(" us") else ratio(value)
        verdict = f"not evaluated: {aim['not_judged']}" if aim["met"] is None else "met" if aim["met"] else "missed"
        rows.append([aim["aim"], aim["workload"] or "", elements, shown, verdict])
    yield from table(["<target", "<workload", "elements", "found", "<"], rows)


def remarks(found):
    """Yields what is left out, and what is doubtful."""
    for title, lines in (("Left out", found["left_out"]), ("Doubtful", found["doubts"])):
        if lines:
            yield f"## {title}"
            yield ""
            yield from (f"- {line}" for line in lines)
            yield ""


def markdown(found):
    """Returns the whole report."""
    parts = (head, resident, host, short, aims, remarks)
    return "# On a GPU\n\n" + "\n".join(line for part in parts for line in part(found)).rstrip() + "\n"


def terminal(found):
    """Returns what the bench has not printed itself: comparisons, if any, targets, and what is left out."""
    compared = any(about.get("cases") for about in found["libraries"].values())
    parts = (resident, host, short, aims, remarks) if compared else (aims, remarks)
    return "\n".join(line for part in parts for line in part(found))
