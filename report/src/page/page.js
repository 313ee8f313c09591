// Shows and hides parts of the plots, points at their markers, and sorts the table. Everything that is shown is in the page
// already: a marker's `data-row` is the row of the table with its values.

const byId = (id) => document.getElementById(id);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const form = byId("switches");
const table = byId("measurements");
/** The rows by their measurement's index, whatever the table is sorted by. */
const rows = [...table.tBodies[0].rows];
const heads = [...table.tHead.rows[0].cells];
const names = heads.map((head) => head.textContent);
const whole = table.caption.textContent;

/** An element with attributes and children; a child that is text becomes text, never markup. */
function made(element, attributes = {}, ...children) {
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}
const html = (name, ...rest) => made(document.createElement(name), ...rest);
const svg = (name, ...rest) => made(document.createElementNS("http://www.w3.org/2000/svg", name), ...rest);

// The switches.

/** The names of the series that are switched off. */
const hidden = () => new Set(all("[name=line]:not(:checked)", form).map((each) => each.value));
const workload = () => form.elements.workload?.value ?? "";

function render() {
  forget();
  const [off, only, scale] = [hidden(), workload(), form.elements.scale.value];
  const show = (each, on) => (on ? each.removeAttribute("display") : each.setAttribute("display", "none"));
  for (const each of all("#plot .scale")) show(each, each.dataset.scale === scale);
  for (const each of all("#plot svg [data-series]")) show(each, !each.dataset.series.split(" ").some((key) => off.has(key)));
  for (const each of all("#plot .panel")) show(each, !only || each.dataset.workload === only);
  all("#plot .plot").forEach(crop);
  for (const row of rows) row.hidden = off.has(row.dataset.series) || (only !== "" && row.dataset.workload !== only);
  const shown = rows.filter((row) => !row.hidden).length;
  table.caption.textContent = shown === rows.length ? whole : `${shown} of ${rows.length} measurements: those plotted`;
}

/** Leaves of a plot the panels that are shown: its head is in the page and the switches. */
function crop(plot) {
  const boxes = all(".panel:not([display])", plot).map((each) => each.dataset.box.split(" ").map(Number));
  const [left, top] = [0, 1].map((at) => Math.min(...boxes.map((box) => box[at])));
  const [width, height] = [0, 1].map((at) => Math.max(...boxes.map((box) => box[at] + box[at + 2])) - [left, top][at]);
  plot.querySelector(".head").setAttribute("display", "none");
  plot.setAttribute("viewBox", `${left} ${top} ${width} ${height}`);
  plot.setAttribute("width", width);
  plot.setAttribute("height", height);
  plot.style.maxWidth = `${1.4 * width}px`;
}

// What the pointer, a finger or the keys are at.

/** The markers of a panel that are shown, and where they are in it. */
function spotsOf(panel) {
  return all(".scale:not([display]) .series:not([display]) [data-row]", panel).map((mark) => {
    const { e: x, f: y } = mark.transform.baseVal.getItem(0).matrix;
    return { row: rows[mark.dataset.row], line: mark.closest(".series"), x, y };
  });
}

/** Marks a point of a panel and says what was measured there. */
function mark(panel, { row, x, y }) {
  forget();
  const { y: top, height } = panel.querySelector(".scale:not([display]) .axis").getBBox();
  const line = svg("line", { x1: x, x2: x, y1: top, y2: top + height });
  panel.append(svg("g", { class: "spot" }, line, svg("circle", { cx: x, cy: y, r: 9 })));
  const tip = byId("tip");
  tip.replaceChildren(...facts(row));
  tip.hidden = false;
  const place = new DOMPoint(x, y).matrixTransform(panel.getScreenCTM());
  beside(tip, place.x, place.y);
}

/** What a row says, with the names of its columns. */
function facts(row) {
  const [name, label, , ...cells] = [...row.cells].map((cell) => cell.textContent);
  const known = cells.map((value, at) => [names[at + 3], value]).filter(([, value]) => value !== "–");
  const list = known.flatMap(([name, value]) => [html("dt", {}, name), html("dd", {}, value)]);
  const swatch = all("[name=line]", form).find((each) => each.value === row.dataset.series).nextElementSibling;
  const title = html("strong", {}, swatch.cloneNode(true), label);
  return [title, html("p", {}, `${name} · ${row.dataset.place}`), html("dl", {}, ...list)];
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

function forget() {
  byId("tip").hidden = true;
  for (const each of all(".spot")) each.remove();
}

/** Lets a panel be read with a pointer, a finger and the keys. */
function heed(panel) {
  const [, , width, height] = panel.dataset.box.split(" ");
  panel.prepend(svg("rect", { width, height, fill: "none", "pointer-events": "all" }));
  const name = `${panel.dataset.name}. The arrow keys go from point to point.`;
  const told = { tabindex: 0, role: "application", "aria-roledescription": "plot", "aria-label": name };
  for (const [key, value] of Object.entries(told)) panel.setAttribute(key, value);
  let current = null;
  const to = (spot) => {
    current = spot?.row ?? current;
    if (spot) mark(panel, spot);
  };
  const nearest = (event) => {
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(panel.getScreenCTM().inverse());
    const far = (spot) => Math.hypot(spot.x - at.x, spot.y - at.y);
    to(spotsOf(panel).reduce((best, each) => (best && far(best) <= far(each) ? best : each), null));
  };
  const begin = (spots) => spots.find((each) => each.row === current) ?? spots[0];
  panel.addEventListener("pointermove", nearest);
  panel.addEventListener("pointerdown", nearest);
  panel.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && forget());
  panel.addEventListener("blur", forget);
  panel.addEventListener("focus", () => panel.matches(":focus-visible") && to(begin(spotsOf(panel))));
  panel.addEventListener("keydown", (event) => {
    if (event.key === "Escape") forget();
    const spots = spotsOf(panel);
    const next = step(spots, begin(spots), event.key);
    if (!next) return;
    event.preventDefault();
    to(next);
    byId("spoken").textContent = byId("tip").innerText;
  });
}

/** The point that a key leads to: along a line, or to the line above or below at the same place. */
function step(spots, from, key) {
  if (!from) return null;
  const line = spots.filter((each) => each.line === from.line);
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

// The table.

/** Makes the columns' names buttons that sort by them: first from the least, then from the greatest. */
function sortable() {
  heads.forEach((head, column) => {
    const button = html("button", { type: "button" }, head.textContent);
    button.addEventListener("click", () => sort(head, column));
    head.replaceChildren(button);
  });
}

function sort(head, column) {
  const down = head.getAttribute("aria-sort") === "ascending";
  for (const each of heads) each.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", down ? "descending" : "ascending");
  const value = (row) => row.cells[column].dataset.value;
  // A measurement without a number comes last in both orders.
  const order = (a, b) => {
    const [x, y] = [value(a), value(b)];
    if (x === undefined || y === undefined) return (x === undefined) - (y === undefined);
    const by = head.dataset.kind === "text" ? x.localeCompare(y) : x - y;
    return down ? -by : by;
  };
  table.tBodies[0].append(...[...table.tBodies[0].rows].sort(order));
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

if (rows.length) {
  // The tip says what the titles say, and more.
  for (const each of all("#plot svg title")) each.remove();
  for (const each of all("#plot .plot")) each.removeAttribute("role");
  all("#plot .panel").forEach(heed);
  sortable();
  form.addEventListener("change", render);
  form.addEventListener("submit", (event) => event.preventDefault());
  addEventListener("resize", forget);
  render();
  for (const id of ["switches", "keys"]) byId(id).hidden = false;
}
theme();
