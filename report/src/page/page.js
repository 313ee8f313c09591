// The page comes alive: plots in place of the still picture, switches, and a table that can be sorted. Without this
// script, or if it fails, the picture and the table stay as they are.

const report = JSON.parse(document.getElementById("report").textContent);
const byId = (id) => document.getElementById(id);

/** What can be plotted: `of` makes it from a point and a time, `axis` names it, `format` writes an axis' labels. */
const SCALES = {
  time: { name: "time of a run", axis: "time of a run", format: tickTime, of: (_, time) => time },
  ns: { name: "ns per element", axis: "ns per element", format: power, of: (at, time) => (time * 1e9) / at.elements },
  rate: { name: "GB/s", axis: "GB/s read and written", format: power, of: (at, time) => (at.rate * at.median) / time },
  faster: { name: "speed-up", axis: "times as fast as the loop", format: power, of: (at, time) => at.loop / time },
};
/**
 * What may vary: `below` names the axis, `at` says where on it something is, `from` where something begins between two of its
 * values, and `own` that its values are labels.
 */
const AXES = {
  elements: { below: "elements", at: (x) => `${grouped(x)} elements`, from: about, own: false },
  chunk: { below: "elements of a chunk", at: (x) => `a chunk of ${grouped(x)} elements`, from: about, own: true },
  threads: { below: "threads", at: (x) => `${x} thread${x === 1 ? "" : "s"}`, from: Math.ceil, own: true },
  intensity: { below: "degree", at: (x) => `degree ${x}`, from: Math.ceil, own: true },
};
const axisName = report.axis ?? "elements";
const AXIS = AXES[axisName] ?? { below: axisName, at: (x) => `${axisName} ${x}`, from: about, own: true };
/** Threads are compared with one of them, and chunks with nothing. */
const alone = axisName === "threads";
if (alone) SCALES.faster = { ...SCALES.faster, axis: "times as fast as one thread", of: (at, time) => at.alone / time };
if (axisName === "chunk") delete SCALES.faster;
const BACKENDS = ["loop", "simd", "threads", "gpu", "auto"];
/** What hides the ceiling, among the keys of series. */
const CEILING = "the ceiling";
const REGIMES = ["host", "fresh", "compute", "resident", "scalar"];

/** A series' name in this script: its backend, and where its arrays are if not on the host. */
const keyOf = ({ backend = "", regime = "host" }) => (regime === "host" ? backend : `${backend} ${regime}`);

const points = read(report);
const series = seriesOf(points);
const workloads = [...new Set(points.map((each) => each.workload))];
const chosen = { scale: "time", workload: "", hidden: new Set() };

/** An element with its attributes and children; a child that is text becomes text, never markup. */
function html(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

function positive(number) {
  return typeof number === "number" && number > 0 && Number.isFinite(number);
}

/** The measurements, each with all that the page says of it. What lacks a size or a time is left out. */
function read({ measurements, environment }) {
  const usable = (each) => positive(each?.elements) && positive(each?.seconds?.q50);
  const found = (measurements ?? []).filter(usable).map((each) => {
    const { workload = "", backend = "", regime = "host", elements, seconds } = each;
    const software = backend === "gpu" && environment?.software === true ? " (software)" : "";
    const key = keyOf(each);
    const [low, high] = [seconds.q05, seconds.q95].map((each) => (positive(each) ? each : seconds.q50));
    const rate = positive(each.gb_per_s) ? each.gb_per_s : NaN;
    const { q50: median } = seconds;
    const value = Object.values(each.varied ?? {})[0];
    const x = positive(value) ? value : elements;
    const told = { x, rate, ulp: each.max_ulp, first: each.first_seconds, part: each.of_ceiling };
    return { workload, backend, regime, elements, key, label: key + software, low, median, high, ...told };
  });
  for (const each of found) {
    const place = (at) => at.workload === each.workload && at.elements === each.elements;
    each.loop = found.find((at) => at.key === "loop" && place(at) && at.x === each.x)?.median ?? NaN;
    const one = (at) => alone && at.key === each.key && place(at) && at.x === 1;
    each.alone = found.find(one)?.median ?? NaN;
  }
  return found.sort((a, b) => a.x - b.x);
}

/** What is measured, each once, from the plainest on. */
function seriesOf(points) {
  const found = new Map(points.map((each) => [each.key, each]));
  const rank = ({ backend }) => (BACKENDS.includes(backend) ? BACKENDS.indexOf(backend) : BACKENDS.length);
  const away = ({ regime }) => (REGIMES.includes(regime) ? REGIMES.indexOf(regime) : REGIMES.length);
  const order = (a, b) => rank(a) - rank(b) || away(a) - away(b) || a.key.localeCompare(b.key);
  const sorted = [...found.values()].sort(order);
  return sorted.map(({ key, label, backend, regime }) => ({ key, label, look: lookOf(backend, regime) }));
}

// The panels.

/** A workload's lines on the chosen scale. */
function linesOf(workload) {
  const { of } = SCALES[chosen.scale];
  const shown = series.filter((each) => !chosen.hidden.has(each.key));
  return shown.map((each) => {
    const ours = points.filter((at) => at.workload === workload && at.key === each.key);
    // The slowest run is the least rate: which end of the band is lower depends on the scale.
    const placed = ours.map((at) => {
      const ends = [of(at, at.low), of(at, at.high)];
      return { at, x: at.x, y: of(at, at.median), low: Math.min(...ends), high: Math.max(...ends) };
    });
    // What n threads would do if they were n times as fast as one.
    const ideal = ours.map((at) => ({ x: at.x, y: of(at, at.alone / at.x) }));
    return { ...each, points: placed.filter((at) => positive(at.y)), ideal: ideal.filter((at) => positive(at.y)) };
  });
}

/** Where one of these lines overtakes another beyond noise, on the chosen scale. */
function crossingsOf(workload, lines) {
  const ours = (report.crossovers ?? []).filter((each) => each?.workload === workload && each.found === "overtakes");
  return ours.flatMap(({ faster, slower, at }) => {
    const both = [faster, slower].map((side) => lines.find((line) => line.key === keyOf(side ?? {})));
    const y = both.every(Boolean) ? heightOf(both[0].points, at?.middle) : NaN;
    return [y, at?.low, at?.high].every(positive) ? [{ x: at.middle, low: at.low, high: at.high, y }] : [];
  });
}

/** What the machine allows a workload on the chosen scale, for the series whose ceiling is drawn. */
function ceilingOf(workload) {
  const { of } = SCALES[chosen.scale];
  const ours = (at) => at.workload === workload && at.key === report.ceiling?.series && positive(at.part);
  const shown = chosen.hidden.has(CEILING) ? [] : points.filter(ours);
  return shown.map((at) => ({ x: at.x, y: of(at, at.part * at.median) })).filter(({ y }) => positive(y));
}

function panel(workload, only) {
  const scale = SCALES[chosen.scale];
  const about = report.about?.[workload];
  const width = Math.max(280, Math.floor(columnOf(byId("panels"), only)));
  const height = Math.round(Math.min(only ? 520 : 400, Math.max(300, 0.66 * width)));
  const name = `${workload}: ${scale.axis} against ${AXIS.below}. The arrow keys go from point to point.`;
  const lines = linesOf(workload);
  const shown = { series: lines, crossings: crossingsOf(workload, lines), ceiling: ceilingOf(workload), across: AXIS };
  const drawn = draw({ ...scale, ...shown, one: chosen.scale === "faster", width, height, name });
  const caption = html("figcaption", {}, workload, ...(about ? [html("span", {}, ` ${about}`)] : []));
  heed(drawn);
  return html("figure", { class: "panel" }, caption, drawn.picture);
}

/** How wide page.css makes a panel. */
function columnOf(panels, only) {
  const columns = getComputedStyle(panels).gridTemplateColumns.split(" ").map(parseFloat);
  return only ? panels.clientWidth : columns[0];
}

function render() {
  forget();
  const shown = workloads.filter((each) => !chosen.workload || each === chosen.workload);
  byId("panels").replaceChildren(...shown.map((each) => panel(each, shown.length === 1)));
  filterTable();
}

// What the pointer, a finger or the keys are at.

/** Marks a point of a panel and says what was measured there. */
function mark({ picture, box }, spot) {
  forget();
  const line = make("line", { x1: spot.x, x2: spot.x, y1: box.top, y2: box.bottom });
  picture.append(make("g", { class: "spot" }, line, make("circle", { cx: spot.x, cy: spot.y, r: 9 })));
  const tip = byId("tip");
  tip.replaceChildren(...told(spot));
  tip.hidden = false;
  const place = picture.getBoundingClientRect();
  const scale = place.width / picture.viewBox.baseVal.width;
  beside(tip, place.left + spot.x * scale, place.top + spot.y * scale);
}

/** Puts the tip to the right of a place in the window, or to the left; above or below where the window is narrow. */
function beside(tip, x, y) {
  const { width, height } = tip.getBoundingClientRect();
  const { clientWidth, clientHeight } = document.documentElement;
  const [gap, edge] = [20, 8];
  const within = (at, most) => Math.max(edge, Math.min(most - edge, at));
  const side = [x + gap, x - gap - width].find((left) => left >= edge && left + width <= clientWidth - edge);
  const above = y - gap - height;
  const left = side ?? within(x - width / 2, clientWidth - width);
  const top = side === undefined ? (above >= edge ? above : y + gap) : within(y - height / 2, clientHeight - height);
  tip.style.left = `${scrollX + left}px`;
  tip.style.top = `${scrollY + top}px`;
}

function told({ series: { label, look }, point: { at } }) {
  const facts = [
    ["median", time(at.median)],
    ["5–95 %", `${time(at.low)} – ${time(at.high)}`],
    ["per element", `${short((at.median * 1e9) / at.elements)} ns`],
    ["rate", positive(at.rate) ? `${short(at.rate)} GB/s` : ""],
    ["of ceiling", positive(at.part) ? percent(at.part) : ""],
    ["efficiency", positive(at.alone) ? percent(at.alone / (at.x * at.median)) : ""],
    ["speed-up", positive(at.loop) ? `${short(at.loop / at.median)} × loop` : ""],
    ["first call", positive(at.first) ? time(at.first) : ""],
    ["worst error", typeof at.ulp === "number" ? `${short(at.ulp)} ULP` : ""],
  ];
  const known = facts.filter(([, value]) => value);
  const list = known.flatMap(([name, value]) => [html("dt", {}, name), html("dd", {}, value)]);
  const size = axisName === "elements" ? "" : ` · ${grouped(at.elements)} elements`;
  const where = `${at.workload} · ${AXIS.at(at.x)}${size}`;
  return [html("strong", {}, swatch(look), label), html("p", {}, where), html("dl", {}, ...list)];
}

function forget() {
  byId("tip").hidden = true;
  for (const each of document.querySelectorAll(".spot")) each.remove();
}

/** Lets a panel be read with a pointer, a finger and the keys. */
function heed(drawn) {
  const { picture, spots } = drawn;
  let current = null;
  const to = (spot) => {
    current = spot ?? current;
    if (current) mark(drawn, current);
  };
  const nearest = (event) => {
    const place = picture.getBoundingClientRect();
    const scale = picture.viewBox.baseVal.width / place.width;
    const [x, y] = [(event.clientX - place.left) * scale, (event.clientY - place.top) * scale];
    const far = (spot) => Math.hypot(spot.x - x, spot.y - y);
    to(spots.reduce((best, each) => (best && far(best) <= far(each) ? best : each), null));
  };
  picture.addEventListener("pointermove", nearest);
  picture.addEventListener("pointerdown", nearest);
  picture.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && forget());
  picture.addEventListener("blur", forget);
  picture.addEventListener("focus", () => picture.matches(":focus-visible") && to(current ?? spots[0]));
  picture.addEventListener("keydown", (event) => {
    const next = step(spots, current, event.key);
    if (event.key === "Escape") forget();
    if (!next) return;
    event.preventDefault();
    to(next);
    byId("spoken").textContent = byId("tip").innerText;
  });
}

/** The point that a key leads to: along a line, or to the line above or below at the same place. */
function step(spots, current, key) {
  const from = current ?? spots[0];
  if (!from) return null;
  const line = spots.filter((each) => each.series === from.series);
  const stack = spots.filter((each) => each.x === from.x).sort((a, b) => a.y - b.y);
  const at = (list, by) => list[list.indexOf(from) + by] ?? from;
  switch (key) {
    case "ArrowLeft": return at(line, -1);
    case "ArrowRight": return at(line, 1);
    case "ArrowUp": return at(stack, -1);
    case "ArrowDown": return at(stack, 1);
    case "Home": return line[0];
    case "End": return line[line.length - 1];
    default: return null;
  }
}

// The switches.

function chip(type, group, checked, change, ...content) {
  const input = html("input", { type, name: group });
  input.checked = checked;
  input.addEventListener("change", () => {
    change(input.checked);
    render();
  });
  return html("label", { class: "chip" }, input, ...content);
}

function choices(name, legend, ...chips) {
  return html("fieldset", { class: name }, html("legend", {}, legend), html("div", { class: "chips" }, ...chips));
}

function switches() {
  const scales = Object.entries(SCALES).map(([key, { name }]) =>
    chip("radio", "scale", key === chosen.scale, () => (chosen.scale = key), name));
  const show = (key) => (on) => (on ? chosen.hidden.delete(key) : chosen.hidden.add(key));
  const lines = series.map(({ key, label, look }) => chip("checkbox", key, true, show(key), swatch(look), label));
  const { label } = report.ceiling ?? {};
  if (label) lines.push(chip("checkbox", CEILING, true, show(CEILING), swatch(null), label));
  const parts = [choices("scales", "Scale", ...scales), choices("lines", "Lines", ...lines)];
  if (workloads.length > 1) {
    const select = html("select", { name: "workload" }, html("option", { value: "" }, `all ${workloads.length}`));
    select.append(...workloads.map((each) => html("option", { value: each }, each)));
    select.addEventListener("change", () => {
      chosen.workload = select.value;
      render();
    });
    parts.unshift(html("div", {}, html("label", {}, html("span", { class: "caption" }, "Workload"), select)));
  }
  const form = byId("switches");
  form.replaceChildren(...parts);
  form.addEventListener("submit", (event) => event.preventDefault());
}

/** Light or dark: the reader's system decides until the button is pressed. */
function theme() {
  const [button, root] = [byId("theme"), document.documentElement];
  const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  const other = () => ((root.style.colorScheme || system) === "dark" ? "light" : "dark");
  const name = () => (button.textContent = other());
  button.addEventListener("click", () => {
    root.style.colorScheme = other();
    name();
  });
  name();
  button.hidden = false;
}

// The table.

/** Shows the rows of what is plotted. */
function filterTable() {
  const table = document.querySelector("#measurements");
  if (!table) return;
  const rows = [...table.tBodies[0].rows];
  for (const row of rows) {
    const { workload, series: key } = row.dataset;
    row.hidden = chosen.hidden.has(key) || (chosen.workload !== "" && workload !== chosen.workload);
  }
  const shown = rows.filter((row) => !row.hidden).length;
  const all = shown === rows.length;
  table.caption.textContent = all ? table.dataset.caption : `${shown} of ${rows.length} measurements: those plotted`;
}

/** Makes the columns' names buttons that sort by them: first from the least on, then from the greatest. */
function sortable() {
  const table = document.querySelector("#measurements");
  if (!table) return;
  table.dataset.caption = table.caption.textContent;
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    const button = html("button", { type: "button" }, head.textContent);
    button.addEventListener("click", () => sort(table, head, column));
    head.replaceChildren(button);
  });
}

function sort(table, head, column) {
  const down = head.getAttribute("aria-sort") === "ascending";
  for (const each of table.tHead.rows[0].cells) each.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", down ? "descending" : "ascending");
  const value = (row) => row.cells[column].dataset.value;
  // A measurement without a number comes last, whichever way.
  const order = (a, b) => {
    const [x, y] = [value(a), value(b)];
    if (x === undefined || y === undefined) return (x === undefined) - (y === undefined);
    const by = head.dataset.kind === "text" ? x.localeCompare(y) : x - y;
    return down ? -by : by;
  };
  table.tBodies[0].append(...[...table.tBodies[0].rows].sort(order));
}

if (points.length) {
  switches();
  sortable();
  for (const id of ["switches", "panels", "keys"]) byId(id).hidden = false;
  render();
  byId("still").hidden = true;
  let width = byId("panels").clientWidth;
  addEventListener("resize", () => {
    // A phone's bars come and go without a change of width.
    if (byId("panels").clientWidth !== width) render();
    width = byId("panels").clientWidth;
  });
}
theme();
