"""Ratios and targets: this crate against the libraries, the device's own copy, and the minimum cost of a run."""

NAMES = {"cupy": "CuPy", "torch": "PyTorch"}

# The memory traffic of a workload, in bytes per element.
MOVED = {"poly": 8, "axpy": 12, "exp": 8, "horner256": 8}
# The workloads that are compared with the rate of a copy.
BOUND_BY_MEMORY = ["poly", "axpy", "exp"]
# The minimum number of elements of a long array.
LONG_ELEMENTS = 1_000_000


def judge(rust, libraries):
    """Returns the ratios, the targets and whether they are met, what is doubtful, and what is left out."""
    doubts = doubtful(rust)
    resident = [resident_row(case, rust, libraries, doubts) for case in rust["resident"]]
    kernels = {(row["workload"], row["elements"]): row["seconds"] for row in resident}
    host = [host_row(case, kernels, libraries, doubts) for case in rust["host"]]
    short = short_row(rust["short"], libraries)
    if rust["software"]:
        aims = software_aims(host, short)
    else:
        aims = [*resident_aims(resident, libraries), *host_aims(host, libraries), short_aim(short)]
    return {
        "ratios": {"resident": resident, "host": host, "short": short},
        "aims": aims,
        "doubts": [f"{name}: {why}" for name, why in doubts.items()],
        "left_out": left_out(libraries),
    }


def doubtful(rust):
    """Returns the workloads whose memory traffic does not match the formula, with the reason."""
    found = {}
    for case in rust["resident"]:
        name, moved = case["workload"], case["bytes"] / case["elements"]
        if moved != MOVED.get(name, moved):
            found[name] = f"the bench moved {moved:g} bytes per element, the formula needs {MOVED[name]}: not evaluated"
    return found


def left_out(libraries):
    """Returns the libraries and cases that are left out, with the reasons."""
    found = []
    for library, about in libraries.items():
        if "left_out" in about:
            found.append(f"{NAMES[library]}: {about['left_out']}")
        found += [f"{NAMES[library]}: {problem}" for problem in about.get("problems", [])]
    return found


def seconds(libraries, library, kind, workload, elements):
    """Returns a library's time; None if it has none."""
    for case in libraries.get(library, {}).get("cases", []):
        if (case["kind"], case["workload"], case["elements"]) == (kind, workload, elements):
            return case["seconds"]
    return None


def quotient(one, other):
    return one / other if one is not None and other else None


def resident_row(case, rust, libraries, doubts):
    """Returns the rates on arrays of the device, in bytes per second."""
    name, elements = case["workload"], case["elements"]
    # Without a device clock: from the submission until the host is notified of the end.
    mine = case["kernel_seconds"] or case["wall_seconds"]
    # At the same length: short arrays stay in the device's cache, where a copy is faster than memory.
    copy = next((each["bytes_per_second"] for each in rust["copy"] if each["elements"] == elements), None)
    row = {"workload": name, "elements": elements, "doubted": name in doubts}
    row.update({"seconds": mine, "clock": "device" if case["kernel_seconds"] else "host"})
    row["bytes_per_second"] = case["bytes"] / mine
    row["of_copy"] = quotient(row["bytes_per_second"], copy)
    for library in NAMES:
        theirs = seconds(libraries, library, "resident", name, elements)
        row[f"{library}_bytes_per_second"] = quotient(MOVED[name] * elements, theirs)
        row[f"of_{library}"] = None if name in doubts else quotient(theirs, mine)
    return row


def host_row(case, kernels, libraries, doubts):
    """Returns the times from arrays of the host to arrays of the host."""
    name, elements, total = case["workload"], case["elements"], case["total_seconds"]
    row = {"workload": name, "elements": elements, "doubted": name in doubts, "seconds": total}
    row.update({stage: case[f"{stage}_seconds"] for stage in ("upload", "compute", "download")})
    # The chunks of a run overlap on the device, so the sum of their times may exceed the whole.
    kernel = min(case["compute_seconds"], kernels.get((name, elements), case["compute_seconds"]))
    row["over_least"] = total / (kernel + case["host_copies_seconds"])
    for key, kind in (("cupy", "host"), ("cupy_reused", "host, result reused")):
        theirs = seconds(libraries, "cupy", kind, name, elements)
        row[f"{key}_seconds"] = theirs
        row[f"{key}_over_ours"] = None if name in doubts else quotient(theirs, total)
    return row


def short_row(short, libraries):
    """Returns the warm run of poly on a short array."""
    theirs = seconds(libraries, "cupy", "host", "poly", short["elements"])
    mine, bare = short["ours_seconds"], short["bare_seconds"]
    found = {"workload": "poly", "elements": short["elements"], "doubted": False}
    return {**found, "seconds": mine, "bare_seconds": bare, "over_bare": mine / bare, "cupy_seconds": theirs}


def aim(text, row, key, least=None, most=None, why="not measured"):
    """Returns a target with the measured value, and whether it is met, or why that cannot be evaluated."""
    row = row or {"workload": None, "elements": None, "doubted": False, key: None}
    found = {"aim": text, "workload": row["workload"], "elements": row["elements"]}
    found.update({"least": least, "most": most, "found": row[key]})
    if row["doubted"]:
        return {**found, "met": None, "not_judged": "doubtful, see below"}
    if row[key] is None:
        return {**found, "met": None, "not_judged": why}
    return {**found, "met": row[key] >= least if most is None else row[key] <= most}


def no_cupy(libraries):
    """Returns why there is no comparison with CuPy."""
    return "CuPy is left out" if "left_out" in libraries.get("cupy", {"left_out": ""}) else "not comparable: see below"


def resident_aims(rows, libraries):
    """Yields the targets for the longest arrays: shorter ones stay in the device's cache, or are too short for a rate."""
    longest = max(row["elements"] for row in rows)
    for row in rows:
        if row["elements"] == longest:
            yield aim("resident: at least 0.95 of CuPy's rate", row, "of_cupy", least=0.95, why=no_cupy(libraries))
            if row["workload"] in BOUND_BY_MEMORY:
                yield aim("resident: at least 0.90 of the rate of the device's copy", row, "of_copy", least=0.9)


def host_aims(rows, libraries):
    text = "host to host: at least 1.5 times as fast as CuPy"
    long = [row for row in rows if row["elements"] >= LONG_ELEMENTS]
    if not long:
        yield aim(text, None, "", least=1.5, why=f"no array of {LONG_ELEMENTS:,} elements or more was measured")
    for row in long:
        yield aim(text, row, "cupy_over_ours", least=1.5, why=no_cupy(libraries))


def short_aim(row):
    return aim("a warm run of 1,000 elements: at most 100 us", row, "seconds", most=100e-6)


def software_aims(host, short):
    """Returns the targets for a software rasterizer, which cover only what this crate adds to the device's work."""
    text = "host to host at 1,000,000: at most 1.3 of the kernel and two copies on the host"
    rows = [row for row in host if row["elements"] == LONG_ELEMENTS]
    found = [aim(text, row, "over_least", most=1.3) for row in rows]
    found = found or [aim(text, None, "", most=1.3, why=f"no array of {LONG_ELEMENTS:,} elements was measured")]
    text = "a warm run of 1,000 elements: at most 1.5 of the bare wgpu calls"
    return [*found, aim(text, short, "over_bare", most=1.5)]
