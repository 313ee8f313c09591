// Put into a page of a sweep by tests/page.rs: uses the page as a reader would, and leaves what is wrong in the attribute
// `data-outcome` of the document, or the word `right`.

const wrong = [];
addEventListener("error", (event) => wrong.push(`error: ${event.message} (line ${event.lineno})`));
addEventListener("unhandledrejection", (event) => wrong.push(`rejected: ${event.reason}`));
addEventListener("securitypolicyviolation", (event) => wrong.push(`the page reached for ${event.blockedURI}`));

const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const one = (selector, within = document) => within.querySelector(selector);
const tip = () => one("#tip");
/** Those of the elements that are drawn: neither they nor what they are in is hidden. */
const visible = (selector, within) => all(selector, within).filter((each) => each.getClientRects().length > 0);
const panels = () => visible("#plot .panel");
const panel = () => panels()[0];
const plot = () => visible("#plot .plot")[0];

function expect(holds, what) {
  if (!holds) wrong.push(what);
}

/** Every panel is drawn with numbers, and no text is cut off or lies on another. */
function drawn(where) {
  expect(panels().length > 0, `${where}: no panels`);
  for (const panel of panels()) {
    const [, , width, height] = panel.dataset.box.split(" ").map(Number);
    const shapes = all("path, g, text", panel).flatMap((each) => [...each.attributes]).map((each) => each.value);
    expect(!shapes.some((value) => /NaN|Infinity|undefined/i.test(value)), `${where}: a shape without a number`);
    const boxes = visible("text", panel).map((each) => [each.textContent, each.getBBox()]);
    for (const [text, box] of boxes) {
      const inside = box.x >= -1 && box.y >= -1 && box.x + box.width <= width + 1 && box.y + box.height <= height + 1;
      expect(inside, `${where}: “${text}” is cut off`);
      const on = ([, at]) => at !== box && at.x < box.x + box.width - 1 && box.x < at.x + at.width - 1 &&
        at.y < box.y + box.height - 4 && box.y < at.y + at.height - 4;
      expect(!boxes.some(on), `${where}: “${text}” lies on another text`);
    }
    const [outer, own] = [document.body.getBoundingClientRect(), plot().getBoundingClientRect()];
    expect(own.right <= outer.right + 1 && own.left >= outer.left - 1, `${where}: a plot is wider than the page`);
    const letter = visible("text", panel)[0].getBoundingClientRect().height;
    // A scaled height may be rounded down a little.
    expect(letter > 10.999, `${where}: a line of text is only ${letter} pixels high`);
  }
}

/** The tip is there, within the window, and says what the table says of some measurement. */
function told(where) {
  expect(!tip().hidden, `${where}: no tip`);
  const { left, right } = tip().getBoundingClientRect();
  expect(left >= 0 && right <= innerWidth, `${where}: the tip is beyond the window`);
  const [workload, at] = one("p", tip())?.textContent.split(" · ") ?? [];
  const value = at?.replace(/[^\d\u202f]/g, "");
  const series = one("strong", tip())?.textContent;
  const row = all("#measurements tbody tr").find(({ cells, dataset }) =>
    dataset.workload === workload && cells[1].textContent === series && value === cells[2].textContent);
  const median = one("dd", tip())?.textContent;
  expect(row && row.cells[3].textContent === median, `${where}: ${series}, ${workload}, ${at}, ${median} is no row`);
}

function point() {
  const panel = panels()[0];
  for (const mark of visible("g[data-series] [data-row]", panel)) {
    const { left, top, width, height } = mark.getBoundingClientRect();
    const at = { clientX: left + width / 2, clientY: top + height / 2, pointerType: "mouse" };
    panel.dispatchEvent(new PointerEvent("pointermove", at));
    told("pointing");
    const circle = one(".spot circle", panel)?.getBoundingClientRect();
    expect(circle && Math.abs(circle.left + circle.width / 2 - at.clientX) < 2, "pointing: another point is marked");
  }
  panel.dispatchEvent(new PointerEvent("pointerleave", { pointerType: "mouse" }));
  expect(tip().hidden, "the tip stays when the pointer has left");
}

function keys() {
  const panel = panels()[0];
  const press = (key) => panel.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
  const seen = new Set();
  for (const key of ["Home", "ArrowRight", "ArrowDown", "ArrowUp", "End", "ArrowLeft"]) {
    press(key);
    told(`the key ${key}`);
    seen.add(tip().textContent);
  }
  expect(seen.size >= 2, "the keys lead nowhere");
  expect(one("#spoken").textContent.includes("elements"), "nothing is said to those who do not see");
  press("Escape");
  expect(tip().hidden, "Escape leaves the tip");
}

function scales() {
  const named = new Set();
  for (const radio of all("[name=scale]").reverse()) {
    radio.click();
    drawn(`scale ${radio.parentElement.textContent}`);
    named.add(visible("#plot .panel text").map((each) => each.textContent).join());
  }
  expect(named.size === all("[name=scale]").length && named.size >= 3, "the scales draw the same");
}

function lines() {
  const count = () => visible("#plot .panel .line").length;
  const shown = () => all("#measurements tbody tr").filter((row) => !row.hidden).length;
  const [before, rows] = [count(), shown()];
  const box = one("#switches [type=checkbox]");
  box.click();
  expect(count() < before && shown() < rows, "a line that is switched off stays");
  for (const each of all("#switches [type=checkbox]")) if (each.checked) each.click();
  expect(count() === 0 && shown() === 0, "all lines are switched off, and some stay");
  for (const each of all("#switches [type=checkbox]")) each.click();
  expect(count() === before && shown() === rows, "a line that is switched on again is not there");
}

/** What the machine allows is a line of its own below the others, which its switch takes away, and each tip tells a part. */
function ceiling() {
  const lines = () => visible("#plot .panel .ceiling").length;
  // Between one thread and all of them there is none.
  if (one("#plot-title").textContent.includes("against threads")) return expect(lines() === 0, "a ceiling over threads");
  const count = panels().length;
  expect(lines() === count, `${lines()} ceilings in ${count} panels`);
  const parts = all("#measurements tbody tr").map((row) => row.cells[7].textContent);
  expect(parts.every((part) => /^\d+(\.\d)?\u00a0%$/.test(part)), `a part of the ceiling is ${parts}`);
  panel().dispatchEvent(new KeyboardEvent("keydown", { key: "Home", bubbles: true }));
  const facts = all("#tip dt").map((name) => name.textContent);
  expect(facts.includes("of ceiling"), `the tip has no part of the ceiling: ${facts}`);
  one("#tip").hidden = true;
  const box = all("#switches [type=checkbox]").find((each) => each.parentElement.textContent.trim().startsWith("ceiling ("));
  expect(box !== undefined, "the ceiling has no switch");
  box?.click();
  expect(lines() === 0, "the ceiling stays when it is switched off");
  box?.click();
  expect(lines() === count, "the ceiling does not come back");
  const roofs = visible("#roofline svg");
  expect(roofs.length === 1 && roofs[0].getBoundingClientRect().width > 300, "the roofline is not shown");
  expect(one("#ceilings table tbody tr") !== null, "the ceilings are not told");
}

function workload() {
  const select = one("#switches select");
  const choose = (value) => {
    select.value = value;
    select.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const names = [...select.options].map((each) => each.value);
  choose(names[1]);
  const alone = panels().length === 1 && one(".caption", panel()).textContent.startsWith(names[1]);
  expect(alone, "one workload is not alone");
  drawn("one workload");
  const rows = all("#measurements tbody tr").filter((row) => !row.hidden);
  expect(rows.length && rows.every((row) => row.dataset.workload === names[1]), "the table has another workload");
  choose("");
  expect(panels().length === names.length - 1, "not all workloads are back");
}

function sorting() {
  const button = all("#measurements th button").find((each) => each.textContent === "time");
  const times = () => all("#measurements tbody tr").map((row) => Number(row.cells[3].dataset.value));
  const rising = (list) => list.every((each, index) => index === 0 || list[index - 1] <= each);
  button.click();
  expect(rising(times()) && button.parentElement.ariaSort === "ascending", "the table is not sorted");
  button.click();
  expect(rising(times().reverse()) && button.parentElement.ariaSort === "descending", "the table is not sorted back");
}

function theme() {
  const paper = () => getComputedStyle(document.body).backgroundColor;
  const before = paper();
  one("#theme").click();
  expect(paper() !== before, "the page has the same colour in the dark");
  one("#theme").click();
  expect(paper() === before, "the light does not come back");
}

/** The button lies on no line of the header. */
function header(where) {
  const button = one("#theme").getBoundingClientRect();
  expect(button.width > 0, `${where}: there is no button`);
  for (const each of all("h1, .machine, .finding, .basis", one("header"))) {
    const range = document.createRange();
    range.selectNodeContents(each);
    const on = (line) => line.left < button.right && button.left < line.right && line.top < button.bottom &&
      button.top < line.bottom;
    expect(![...range.getClientRects()].some(on), `${where}: the button lies on “${each.textContent.slice(0, 40)}”`);
  }
  // Every workload of the title has its finding.
  const names = [...new Set(all("#measurements tbody tr").map((row) => row.dataset.workload))];
  const found = all("header .finding").map((each) => each.textContent).join(" ");
  expect(names.every((name) => found.includes(`On ${name}`)), `${where}: the finding is about others than ${names}`);
}

function narrow() {
  const wide = plot().viewBox.baseVal.width;
  header("wide");
  // A phone, and whatever is between.
  for (let width = 340; width <= 700; width += 10) {
    document.body.style.maxWidth = `${width}px`;
    header(`${width} pixels`);
  }
  for (const width of [340, 390, 560, 700, 760, 900]) {
    document.body.style.maxWidth = `${width}px`;
    drawn(`${width} pixels`);
  }
  document.body.style.maxWidth = "360px";
  dispatchEvent(new Event("resize"));
  expect(plot().viewBox.baseVal.width < wide, "the plots do not heed the width");
  scales();
  point();
}

addEventListener("load", () => {
  try {
    expect(!one("#switches").hidden && panel().tabIndex === 0, "the plots do not answer");
    expect(visible("#plot .head").length === 0, "the legend stays beside the switches");
    drawn("at first");
    for (const use of [point, keys, scales, lines, ceiling, workload, sorting, theme, narrow]) use();
  } catch (error) {
    wrong.push(String(error.stack));
  }
  document.documentElement.dataset.outcome = [...new Set(wrong)].join("; ") || "right";
});
