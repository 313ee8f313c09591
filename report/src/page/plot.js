// One panel: axes, bands, lines, markers and the labels at the lines' ends. It knows nothing of the page around it.

/** How each series looks, as in plot.rs: which colour of page.css, and a shape for those who do not see it. */
const LOOKS = {
  "loop": { color: "loop", shape: "circle" },
  "simd": { color: "simd", shape: "square" },
  "threads": { color: "threads", shape: "diamond" },
  "gpu": { color: "gpu", shape: "triangle" },
  "gpu resident": { color: "resident", shape: "ring" },
  "gpu scalar": { color: "resident", shape: "pentagon" },
  "auto": { color: "auto", shape: "funnel" },
};
/** A series without a look of its own has its backend's. Away from the host markers are hollow, and lines dashed so: */
const DASHES = { resident: "", fresh: "7 4", compute: "2 3", scalar: "10 4" };
/** The corners of each shape, around 0. */
const SHAPES = {
  circle: "M4.5 0A4.5 4.5 0 1 1-4.5 0A4.5 4.5 0 1 1 4.5 0Z",
  ring: "M4.5 0A4.5 4.5 0 1 1-4.5 0A4.5 4.5 0 1 1 4.5 0Z",
  square: "M-4.2-4.2H4.2V4.2H-4.2Z",
  diamond: "M0-6L6 0L0 6L-6 0Z",
  triangle: "M0-5.5L5.2 3.5H-5.2Z",
  funnel: "M0 5.5L5.2-3.5H-5.2Z",
  pentagon: "M0-5.5L5.2-1.7L3.2 4.4H-3.2L-5.2-1.7Z",
};

function lookOf(backend, regime) {
  const host = regime === "host";
  const known = LOOKS[host ? backend : `${backend} ${regime}`] ?? LOOKS[backend] ?? { color: "other", shape: "pentagon" };
  return { ...known, hollow: !host, dash: host ? "" : (DASHES[regime] ?? "4 4") };
}

/** An element of an SVG with its attributes and children; a child that is text becomes text, never markup. */
function make(name, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

function marker(look, x, y) {
  const kind = look.hollow ? "mark hollow" : "mark";
  return make("path", { class: kind, d: SHAPES[look.shape], transform: `translate(${x} ${y})` });
}

/** A series' line and marker alone, as in a legend; without a look, the ceiling's line. */
function swatch(look) {
  if (!look) return make("svg", { width: 28, height: 16, "aria-hidden": "true" }, make("path", { class: "ceiling", d: "M1 8H27" }));
  const line = make("path", { class: "line", d: "M1 8H27", "stroke-dasharray": look.dash });
  const style = `--color: var(--${look.color})`;
  return make("svg", { width: 28, height: 16, style, "aria-hidden": "true" }, line, marker(look, 14, 8));
}

// Numbers for people: as in table.rs and axis.rs.

function short(number) {
  const size = Math.abs(number);
  if (size === 0) return "0";
  if (size < 1e-3 || size >= 99999.5) return number.toExponential(1).replace("e+", "e");
  return number.toFixed(size < 0.9995 ? 3 : size < 9.995 ? 2 : size < 99.95 ? 1 : 0);
}

/** A number of elements to two digits, as in figure.rs. */
const about = (number) => (number < 999.5 ? number.toFixed(0) : number.toExponential(1).replace(/(\.0)?e\+/, "e"));

function time(seconds) {
  const units = [[1, "s"], [1e-3, "ms"], [1e-6, "µs"], [1e-9, "ns"]];
  const [unit, name] = units.find(([unit]) => seconds >= 0.9995 * unit) ?? units[3];
  return `${short(seconds / unit)} ${name}`;
}

/** 92 %, with a space that does not break. */
const percent = (part) => `${(100 * part).toFixed(part < 0.0095 ? 1 : 0)}\u00a0%`;

/** 34 974, with a space that is narrow and does not break. */
const grouped = (number) => String(number).replace(/\B(?=(\d{3})+$)/g, "\u202f");

/** A label of an axis has one digit that counts: `500`, `10⁵`, `2·10⁵`. */
function power(number) {
  if (number < 1e4 && number >= 1e-3) return String(Number(number.toPrecision(2)));
  const [digit, decade] = number.toExponential(0).split("e");
  const raised = raisedBy(decade.replace("+", ""));
  return digit === "1" ? `10${raised}` : `${digit}·10${raised}`;
}

const tickTime = (seconds) => time(seconds).replace(/\.0+(?= )/, "").replace(/(\.\d*?)0+(?= )/, "$1");

/** From the least to the greatest of some positive numbers, and so many times further on both sides. */
function spread(numbers, margin) {
  const positive = numbers.filter((number) => number > 0 && Number.isFinite(number));
  if (!positive.length) return [1, 10];
  // As far as there are numbers: without an end, there would be ticks without an end.
  return [Math.max(Math.min(...positive) / margin, 1e-307), Math.min(Math.max(...positive) * margin, 1e308)];
}

/** Where a logarithmic axis has labels: at powers of ten, and at more digits where those would be few. */
function ticks([from, to], few) {
  const at = (digits) => {
    const found = [];
    for (let decade = Math.floor(Math.log10(from)); decade <= Math.log10(to); decade += 1) {
      for (const digit of digits) found.push(Number(`${digit}e${decade}`));
    }
    return found.filter((each) => each >= from && each <= to);
  };
  const light = at([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  const bold = [at([1]), at([1, 2, 5]), light].find((each) => each.length >= few) ?? light;
  return { bold, light };
}

/** From values on a logarithmic axis to pixels. */
function along([from, to], [start, end]) {
  return (value) => start + (Math.log(value / from) / Math.log(to / from)) * (end - start);
}

/** Moves labels apart, so that none is nearer than `gap` to the next, within `top` and `bottom`. */
function apart(labels, top, bottom, gap) {
  labels.sort((a, b) => a.y - b.y);
  let free = top;
  for (const label of labels) {
    label.y = Math.max(label.y, free);
    free = label.y + gap;
  }
  free = bottom;
  for (const label of [...labels].reverse()) {
    label.y = Math.min(label.y, free);
    free = label.y - gap;
  }
}

/** How wide a text is, in the font of the panels. */
function widthOf(text) {
  widthOf.context ??= document.createElement("canvas").getContext("2d");
  widthOf.context.font = `12px ${getComputedStyle(document.body).fontFamily}`;
  return widthOf.context.measureText(text).width;
}

/**
 * Draws a panel. `series` are `{ label, look, points: [{ x, low, y, high, … }], ideal: [{ x, y }] }`, `crossings`
 * `{ x, low, high, y }`, `ceiling` the points of what the machine allows; `across` says what `x` is, `axis` what `y` is,
 * `format` how that is written, and `one` whether 1 is a line to look at. Returns the picture and where its points are.
 */
function draw({ series, crossings, ceiling, axis, format, across, one, width, height, name }) {
  const points = series.flatMap((each) => each.points);
  const limits = ceiling.concat(series.flatMap((each) => each.ideal)).map((each) => each.y);
  const xs = spread(points.map((each) => each.x), 1.2);
  const ys = spread(points.flatMap((each) => [each.low, each.high, each.y].concat(one ? 1 : [])).concat(limits), 1.25);
  const longest = Math.max(0, ...series.map((each) => widthOf(each.label)));
  // Beside the lines where there is room for it; else the switches alone tell which is which.
  const beside = longest + 26 < 0.34 * width ? longest + 26 : 0;
  const box = { left: 56, right: width - Math.max(beside, 14), top: 24, bottom: height - 40 };
  const x = along(xs, [box.left, box.right]);
  const y = along(ys, [box.bottom, box.top]);
  const picture = make("svg", {
    viewBox: `0 0 ${width} ${height}`, role: "application", tabindex: 0,
    "aria-label": name, "aria-roledescription": "plot",
  });
  if (!points.length) {
    const middle = { x: width / 2, y: height / 2, "text-anchor": "middle" };
    picture.append(make("text", { class: "nothing", ...middle }, "nothing to show"));
    return { picture, spots: [], box };
  }
  const marks = marksOf(across, xs, points);
  picture.append(...frame({ xs, ys, x, y, box, axis, format, one, marks, name: across.below }));
  const best = ({ ideal }) => make("path", { class: "ideal", d: path(ideal.map((at) => [x(at.x), y(at.y)])) });
  picture.append(...series.map(best));
  if (ceiling.length) picture.append(make("path", { class: "ceiling", d: path(ceiling.map((at) => [x(at.x), y(at.y)])) }));
  picture.append(...series.map((each) => bandOf(each, x, y)), ...series.map((each) => lineOf(each, x, y)));
  picture.append(...ringsOf(crossings, x, y, box, across.from));
  if (beside) picture.append(...labelsOf(series, x, y, box));
  const spots = series.flatMap((each) =>
    each.points.map((point) => ({ series: each, point, x: x(point.x), y: y(point.y) })));
  return { picture, spots, box };
}

/** Where the axis of what varies has labels, and how they are written. */
function marksOf(across, xs, points) {
  if (!across.own) return { ...ticks(xs, 3), format: power };
  const bold = [...new Set(points.map((each) => each.x))].sort((a, b) => a - b);
  return { bold, light: [], format: whole };
}

/** A number as it is: a large power of two as one. */
function whole(number) {
  const two = Math.log2(number);
  return number >= 1024 && Number.isInteger(two) ? `2${raisedBy(two)}` : String(number);
}

const raisedBy = (exponent) => [...String(exponent)].map((each) => (each === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[each])).join("");

/** The grid, the axes and what stands beside them. */
function frame({ xs, ys, x, y, box, axis, format, one, marks, name }) {
  const up = ticks(ys, 3);
  const [middle, place] = [(box.left + box.right) / 2, { x: 0, y: 12 }];
  const vertical = (kind) => (at) => make("path", { class: kind, d: `M${x(at)} ${box.top}V${box.bottom}` });
  const horizontal = (kind) => (at) => make("path", { class: kind, d: `M${box.left} ${y(at)}H${box.right}` });
  const below = (at) => make("text", { x: x(at), y: box.bottom + 17, "text-anchor": "middle" }, marks.format(at));
  const before = (at) => make("text", { x: box.left - 7, y: y(at) + 4, "text-anchor": "end" }, format(at));
  return [
    ...marks.light.map(vertical("faint")), ...up.light.map(horizontal("faint")),
    ...marks.bold.map(vertical("rule")), ...up.bold.map(horizontal("rule")),
    ...(one ? [1].map(horizontal("one")) : []),
    make("path", { class: "axis", d: `M${box.left} ${box.top}V${box.bottom}H${box.right}` }),
    ...thinned(marks.bold, x, 40).map(below), ...thinned(up.bold, y, 15).map(before),
    make("text", { x: middle, y: box.bottom + 35, "text-anchor": "middle" }, name),
    make("text", place, axis),
  ];
}

/** The values whose labels have room. */
function thinned(values, place, gap) {
  let last = -Infinity;
  return values.filter((each) => {
    const roomy = Math.abs(place(each) - last) >= gap;
    if (roomy) last = place(each);
    return roomy;
  });
}

const path = (points) => points.map(([x, y], index) => `${index ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");

function bandOf({ look, points }, x, y) {
  const low = points.map((each) => [x(each.x), y(each.low)]);
  const high = points.map((each) => [x(each.x), y(each.high)]);
  const style = `--color: var(--${look.color})`;
  return make("path", { class: "band", style, d: `${path([...low, ...high.reverse()])}Z` });
}

function lineOf({ look, points, label }, x, y) {
  const medians = path(points.map((each) => [x(each.x), y(each.y)]));
  const line = make("path", { class: "line", d: medians, "stroke-dasharray": look.dash });
  const marks = points.map((each) => marker(look, x(each.x).toFixed(1), y(each.y).toFixed(1)));
  return make("g", { style: `--color: var(--${look.color})`, "data-series": label }, line, ...marks);
}

/** How high a line is somewhere between its ends, straight on logarithmic axes. */
function heightOf(points, x) {
  const next = points.findIndex((each, index) => index > 0 && points[index - 1].x <= x && x <= each.x);
  if (next < 0) return NaN;
  const [left, right] = [points[next - 1], points[next]];
  return left.y * (right.y / left.y) ** (Math.log(x / left.x) / Math.log(right.x / left.x));
}

/**
 * Where one line overtakes another: a ring, its interval, and at the end of a thread from what value on that is. A number
 * that would stand in the one before stands in the row above it.
 */
function ringsOf(crossings, x, y, box, from) {
  const width = 42;
  let [before, row] = [-Infinity, 0];
  return [...crossings].sort((a, b) => a.x - b.x).map(({ x: at, low, high, y: height }) => {
    const right = x(at) + width <= box.right;
    row = x(at) - before < (right ? width : 2 * width) ? row + 1 : 0;
    before = x(at);
    const [across, up, foot] = [before.toFixed(1), y(height).toFixed(1), box.bottom - 5 - 15 * row];
    return make("g", { class: "crossing" },
      make("path", { class: "thread", d: `M${across} ${up}V${Math.max(foot, up)}` }),
      make("path", { d: `M${x(low).toFixed(1)} ${up}H${x(high).toFixed(1)}` }),
      make("circle", { cx: across, cy: up, r: 8 }),
      make("text", { x: before + (right ? 5 : -5), y: foot, "text-anchor": right ? "start" : "end" }, from(at)));
  });
}

/** The names at the lines' ends. */
function labelsOf(series, x, y, box) {
  const labels = series.filter((each) => each.points.length).map(({ label, points }) => {
    const last = points[points.length - 1];
    return { label, x: x(last.x), from: y(last.y), y: y(last.y) };
  });
  apart(labels, box.top, box.bottom, 15);
  return labels.flatMap(({ label, x: end, from, y: at }) => [
    make("path", { class: "lead", d: `M${end + 8} ${from}L${box.right + 6} ${at}` }),
    make("text", { class: "label", x: box.right + 10, y: at + 4 }, label),
  ]);
}
