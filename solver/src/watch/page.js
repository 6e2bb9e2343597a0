"use strict";
(() => {
const story = JSON.parse(document.getElementById("story").textContent);
const steps = story.steps, $ = id => document.getElementById(id);
const make = (tag, text, cls) => { const e = document.createElement(tag); if (text !== undefined) e.textContent = text; if (cls) e.className = cls; return e; };
const svgNS = "http://www.w3.org/2000/svg";
const draw = (tag, at) => { const e = document.createElementNS(svgNS, tag); for (const k in at) e.setAttribute(k, at[k]); return e; };
const COLOURS = ["#2a6fdb", "#d9730d", "#0f8a6d", "#a23bb8", "#b8960b", "#d63b4b", "#4f8f1d", "#5a5fc7"];
const colour = q => q === undefined || q === null ? "#8a8a94" : COLOURS[q % COLOURS.length];

// Numbers are shown rounded outward; the doubles themselves are in the title.
function rounded(x, up) {
  if (!isFinite(x)) return x < 0 ? "−∞" : "∞";
  let shown = +x.toPrecision(5);
  if (up ? shown < x : shown > x) shown += (up ? 1 : -1) * 10 ** (Math.floor(Math.log10(Math.abs(x))) - 4);
  return String(+shown.toPrecision(5)).replace(/-/g, "−");
}
function interval(x, cls) {
  const e = make("span", x ? `[${rounded(x[0], false)}, ${rounded(x[1], true)}]` : "nothing", "iv " + (cls || ""));
  if (x) { e.dataset.lo = x[0]; e.dataset.hi = x[1]; e.title = `${x[0]} to ${x[1]}`; }
  return e;
}
const same = (a, b) => a === b || (a && b && a[0] === b[0] && a[1] === b[1]);

// What the solver had at every step: boxes by number, and the variables' intervals after each step.
const after = [], entered = [];
const chapters = story.chapters.map(c => ({ ...c, boxes: new Map(), first: -1, last: -1 }));
(() => {
  let held = [], at = -1, chapter = -1;
  steps.forEach((step, i) => {
    const c = chapters[step.c];
    if (step.c !== chapter) { chapter = step.c; c.first = i; held = c.variables.map(v => v[1]); at = -1; }
    c.last = i;
    if (step.k === "start" || step.k === "box") { if (step.v) held = step.v; at = step.k === "box" ? i : -1; }
    if (step.k === "found" && step.v) held = step.v;
    if (step.x) { held = held.slice(); held[step.x[0]] = step.x[2]; }
    after.push(held);
    entered.push(at);
    if (step.b === undefined) return;
    let box = c.boxes.get(step.b);
    if (!box) c.boxes.set(step.b, box = { id: step.b, parent: null, parts: null, entry: i, fate: null });
    if (step.k === "box") box.entry = i;
    if (["refute", "prune", "split", "stuck", "found"].includes(step.k)) box.fate = i;
    if (step.t) {
      box.parts = [step.t[2], step.t[3]];
      for (const part of box.parts) if (!c.boxes.has(part)) c.boxes.set(part, { id: part, parent: step.b, parts: null, entry: null, fate: null });
        else c.boxes.get(part).parent = step.b;
    }
  });
})();

// Values of the expressions: what went up, and what came down since.
function valuesAt(k) {
  const up = new Map(), down = new Map(), changed = new Set();
  for (let i = entered[k] < 0 ? k : entered[k]; i <= k; i++) {
    for (const [slot, v] of steps[i].u || []) { up.set(slot, v); down.delete(slot); if (i === k) changed.add(slot); }
    for (const [slot, v] of steps[i].d || []) { down.set(slot, v); if (i === k) changed.add(slot); }
  }
  return { up, down, changed };
}

let now = 0, drawn = -1, timer = null, zoom = 1, centre = null, asked = null;
let axis = [0, 1], shapes = [], chosen = new Set();
const slices = [];

function frame(c) {
  const map = c.map, of = v => { const d = c.variables[v] ? c.variables[v][1] : [0, 1]; let [lo, hi] = d;
    if (!isFinite(lo)) lo = Math.min(-10, isFinite(hi) ? hi - 20 : -10); if (!isFinite(hi)) hi = Math.max(10, lo + 20); return lo < hi ? [lo, hi] : [lo - .5, hi + .5]; };
  let x = map && axis[0] === 0 ? [map.frame[0], map.frame[1]] : of(axis[0]), y = map && axis[1] === 1 ? [map.frame[2], map.frame[3]] : of(axis[1]);
  if (c.variables.length < 2) y = [0, 1];
  const whole = [x, y];
  if (zoom > 1) {
    const [cx, cy] = centre || [(x[0] + x[1]) / 2, (y[0] + y[1]) / 2], w = (x[1] - x[0]) / zoom / 2, h = (y[1] - y[0]) / zoom / 2;
    x = [cx - w, cx + w]; y = [cy - h, cy + h];
  }
  return { x, y, whole };
}
const SIZE = 400;
let view = null;
const px = v => SIZE * (Math.max(-1e6, Math.min(1e6, v)) - view.x[0]) / (view.x[1] - view.x[0]);
const py = v => SIZE * (1 - (Math.max(-1e6, Math.min(1e6, v)) - view.y[0]) / (view.y[1] - view.y[0]));
const dot = (at, r, cls) => at && isFinite(at[axis[0]]) ? draw("circle", { cx: px(at[axis[0]]), cy: py(at.length > 1 ? at[axis[1]] : .5), r, class: cls }) : "";
function rect(vars, at) {
  const a = vars[axis[0]], b = vars.length > 1 ? vars[axis[1]] : [0, 1];
  if (!a || !b) return null;
  const x0 = px(a[0]), x1 = px(a[1]), y0 = py(b[1]), y1 = py(b[0]);
  return draw("rect", { x: x0, y: y0, width: Math.max(.5, x1 - x0), height: Math.max(.5, y1 - y0), ...at });
}
// what a step adds to the plane
function shape(i) {
  const step = steps[i], held = i > 0 && steps[i - 1].c === step.c ? after[i - 1] : after[i], g = [];
  if (step.x) {
    const [v, b, a] = step.x;
    if (v === axis[0] || v === axis[1]) for (const lost of [[b[0], a[0]], [a[1], b[1]]]) if (lost[1] > lost[0]) {
      const vars = held.slice(); vars[v] = lost; g.push(rect(vars, { class: "cut", fill: colour(step.q) }));
    }
  } else if (step.k === "refute" || step.k === "prune") g.push(rect(after[i], { class: "gone", fill: step.k === "prune" ? "#8a8a94" : colour(step.q) }));
  else if (step.k === "split") {
    g.push(rect(after[i], { class: "open" }));
    const [v, at] = step.t, box = after[i];
    if (v === axis[0] && box[axis[0]]) { const b = box.length > 1 ? box[axis[1]] : [0, 1]; g.push(draw("line", { x1: px(at), x2: px(at), y1: py(b[0]), y2: py(b[1]), class: "seam" })); }
    if (v === axis[1] && box[axis[1]]) { const a = box[axis[0]]; g.push(draw("line", { x1: px(a[0]), x2: px(a[1]), y1: py(at), y2: py(at), class: "seam" })); }
  }
  if (step.p && (step.k === "found" || step.k === "end")) g.push(dot(step.p[0], 5, "point"));
  const group = draw("g", {});
  g.filter(Boolean).forEach(e => group.append(e));
  return group;
}
function paintCells(c) {
  const canvas = $("cells"), n = 2 * SIZE;
  canvas.width = canvas.height = n;
  const p = canvas.getContext("2d"), map = c.map;
  if (!map || axis[0] !== 0 || (axis[1] !== 1 && c.variables.length > 1)) return;
  const cw = (map.frame[1] - map.frame[0]) / map.count, ch = (map.frame[3] - map.frame[2]) / map.count;
  map.cells.forEach((cells, q) => {
    if (c.constraints[q][3] || (c.objective && q === c.constraints.length - 1)) return;
    let at = 0;
    for (const [, times, what] of cells.matchAll(/(\d+)(\w)/g)) for (let k = 0; k < +times; k++, at++) {
      if (what === "f") continue;
      const i = at % map.count, j = Math.floor(at / map.count);
      p.globalAlpha = what === "t" ? .1 : .55;
      p.fillStyle = colour(q);
      const x = 2 * px(map.frame[0] + i * cw), y = 2 * py(map.frame[3] - j * ch);
      p.fillRect(x, y, 2 * px(map.frame[0] + (i + 1) * cw) - x, 2 * py(map.frame[3] - (j + 1) * ch) - y);
    }
  });
}
function paint(c) {
  view = frame(c);
  paintCells(c);
  const root = $("boxes");
  root.setAttribute("viewBox", `0 0 ${SIZE} ${SIZE}`);
  root.replaceChildren();
  shapes = [];
  for (let i = c.first; i <= c.last; i++) { const g = shape(i); g.style.display = i <= now ? "" : "none"; shapes[i] = g; root.append(g); }
  root.append(draw("g", { id: "overlay" }));
  const names = c.variables.map(v => v[0]);
  root.append(Object.assign(draw("text", { x: SIZE - 6, y: SIZE - 6, "text-anchor": "end" }), { textContent: `${names[axis[0]] || ""} from ${rounded(view.x[0], false)} to ${rounded(view.x[1], true)}` }));
  if (names.length > 1) root.append(Object.assign(draw("text", { x: 6, y: 14 }), { textContent: `${names[axis[1]]} from ${rounded(view.y[0], false)} to ${rounded(view.y[1], true)}` }));
}
function overlay(c) {
  const g = $("overlay");
  if (!g) return;
  g.replaceChildren();
  const r = rect(after[now], { class: "now" });
  if (r) g.append(r);
  const step = steps[now];
  if (step.k === "try" && step.p) g.append(dot(step.p[0], 4, "asked"));
  if (asked) g.append(dot(asked, 6, "asked"));
}

// A constraint's value on a line with 0 and δ on it.
function ruler(c, value, relation) {
  const d = c.delta || 0, w = 300, e = draw("svg", { viewBox: `0 0 ${w} 30`, class: "small", role: "img" });
  e.setAttribute("aria-label", `the value against 0${d ? " and δ" : ""}`);
  const reach = Math.max(2 * d, ...(value || [0]).filter(isFinite).map(Math.abs), 1e-300) * 1.15, at = v => w / 2 + w / 2 * Math.max(-1, Math.min(1, v / reach));
  e.append(draw("line", { x1: 0, x2: w, y1: 15, y2: 15, stroke: "var(--line)" }));
  if (value) e.append(draw("rect", { x: at(value[0]), width: Math.max(2, at(value[1]) - at(value[0])), y: 10, height: 10, fill: "var(--now)", "fill-opacity": .5 }));
  const marks = [[0, "0"]];
  if (d) { if (relation === "≤" || relation === "<" || relation === "=") marks.push([d, "δ"]); if (relation === "≥" || relation === ">" || relation === "=") marks.push([-d, "−δ"]); }
  marks.forEach(([v, name], i) => { e.append(draw("line", { x1: at(v), x2: at(v), y1: 5, y2: 25, stroke: "var(--ink)" })); e.append(Object.assign(draw("text", { x: at(v) + 2, y: i ? 29 : 8 }), { textContent: name })); });
  return e;
}
// What a value says of a constraint: a comparison with 0 and δ, nothing more.
function says(value, relation, delta) {
  if (!value) return "no value: it does not hold";
  const [lo, hi] = value, weak = (l, h) => ({ "≤": h <= delta, "<": h < delta || h <= delta, "≥": l >= -delta, ">": l >= -delta, "=": h <= delta && l >= -delta, "≠": true })[relation];
  const yes = ({ "≤": hi <= 0, "<": hi < 0, "≥": lo >= 0, ">": lo > 0, "=": lo === 0 && hi === 0, "≠": lo > 0 || hi < 0 })[relation];
  const no = ({ "≤": lo > 0, "<": lo >= 0, "≥": hi < 0, ">": hi <= 0, "=": lo > 0 || hi < 0, "≠": lo === 0 && hi === 0 })[relation];
  if (yes) return "holds";
  if (no) return weak(lo, hi) ? "fails, but by no more than δ" : "fails by more than δ";
  return weak(lo, hi) ? "not decided by its enclosure, but within δ" : "not decided";
}
function reason(c, step) {
  const { up, down, changed } = valuesAt(now), table = $("values");
  table.replaceChildren();
  if (c.constraints.length) {
    const t = make("table"), head = make("tr");
    ["constraint", step.p ? "at the point" : "over the box", step.p ? "so it" : ""].forEach(h => head.append(make("th", h)));
    t.append(head);
    c.constraints.forEach(([text, slot, relation, implied], q) => {
      if (implied && step.q !== q) return;
      const row = make("tr"), name = make("td"), swatch = make("span", "", "swatch");
      swatch.style.background = colour(q);
      name.append(swatch, text);
      if (step.q === q) name.className = "changed";
      const value = step.p ? step.p[1][q] : down.has(slot) ? down.get(slot) : up.get(slot), cell = make("td");
      if (value !== undefined) { cell.append(interval(value)); if (step.q === q || step.p) cell.append(ruler(c, value, relation)); }
      const objective = c.objective && q === c.constraints.length - 1;
      row.append(name, cell, make("td", step.p && !objective ? says(value, relation, c.delta) : ""));
      t.append(row);
    });
    table.append(t);
  }
  const line = $("line");
  line.replaceChildren();
  if (step.l) {
    line.append(make("p", "Linear bound: " + step.l.text));
    for (const curve of step.l.curves) line.append(lineOver(curve));
  }
  expressions(c, up, down, changed);
}
function lineOver(curve) {
  const w = 300, h = 130, e = draw("svg", { viewBox: `0 0 ${w} ${h}`, class: "small", role: "img" });
  e.setAttribute("aria-label", `${curve.text} and the line ${curve.upper ? "above" : "below"} it`);
  const [lo, hi] = curve.over, ends = [lo, hi].map(x => curve.slope * x + curve.offset), all = curve.samples.concat(ends).filter(isFinite);
  const min = Math.min(...all), max = Math.max(...all), X = x => 10 + (w - 20) * (x - lo) / (hi - lo), Y = y => h - 22 - (h - 34) * (y - min) / Math.max(max - min, 1e-300);
  e.append(draw("polyline", { fill: "none", stroke: "var(--ink)", "stroke-width": 2, points: curve.samples.map((y, i) => `${X(lo + (hi - lo) * i / (curve.samples.length - 1))},${Y(y)}`).join(" ") }));
  e.append(draw("line", { x1: X(lo), y1: Y(ends[0]), x2: X(hi), y2: Y(ends[1]), stroke: "var(--now)", "stroke-width": 2 }));
  e.append(Object.assign(draw("text", { x: 10, y: h - 5 }), { textContent: `${curve.text} over [${rounded(lo, false)}, ${rounded(hi, true)}], its line ${curve.upper ? "above" : "below"}` }));
  return e;
}
function expressions(c, up, down, changed) {
  const host = $("expressions"), nodes = new Map(c.nodes.map(n => [n[0], n]));
  host.replaceChildren();
  if (!c.nodes.length) { if (c.constraints.length) host.append(make("p", "The expressions are too many to be shown.")); return; }
  const seen = new Set();
  const item = slot => {
    const [, text, operands] = nodes.get(slot), li = make("li");
    li.dataset.slot = slot;
    li.append(make("span", text), " ");
    if (up.has(slot)) li.append(interval(up.get(slot), "up" + (changed.has(slot) && !down.has(slot) ? " changed" : "")));
    if (down.has(slot) && !same(down.get(slot), up.get(slot))) li.append(" ", interval(down.get(slot), "down" + (changed.has(slot) ? " changed" : "")));
    if (operands.length && !seen.has(slot)) { seen.add(slot); const ul = make("ul", undefined, "expr"); operands.filter(o => nodes.has(o) && nodes.get(o)[2].length + (o < c.variables.length ? 1 : 0) > 0).forEach(o => ul.append(item(o))); li.append(ul); }
    return li;
  };
  const ul = make("ul", undefined, "expr");
  [...new Set(c.constraints.filter(q => !q[3]).map(q => q[1]))].filter(s => nodes.has(s)).forEach(s => ul.append(item(s)));
  host.append(ul);
}
function boundsChart(c) {
  $("bounds-section").hidden = !(c.objective && c.bounds.length > 1);
  if ($("bounds-section").hidden) return;
  const w = 600, h = 150, all = c.bounds.flatMap(b => [b[1], b[2]]).filter(isFinite), min = Math.min(...all), max = Math.max(...all), end = c.last + 1;
  const X = k => w * (k - c.first) / Math.max(1, end - c.first), Y = v => h - 15 - (h - 30) * ((isFinite(v) ? v : v < 0 ? min : max) - min) / Math.max(max - min, 1e-300);
  const e = draw("svg", { viewBox: `0 0 ${w} ${h}`, class: "small", role: "img", "aria-label": "proved lower and upper bound of the maximum after each step" });
  for (const [side, stroke] of [[1, "var(--good)"], [2, "var(--now)"]]) {
    const points = []; let last = null;
    for (const b of c.bounds) { if (last !== null) points.push(`${X(b[0])},${Y(last)}`); points.push(`${X(b[0])},${Y(b[side])}`); last = b[side]; }
    points.push(`${X(end)},${Y(last)}`);
    e.append(draw("polyline", { points: points.join(" "), fill: "none", stroke, "stroke-width": 2 }));
  }
  e.append(draw("line", { x1: X(now + 1), x2: X(now + 1), y1: 0, y2: h, stroke: "var(--ink)", "stroke-dasharray": "2 3" }));
  const told = c.bounds.filter(b => b[0] <= now + 1).pop();
  $("bounds").replaceChildren(make("p", told ? `Now: at least ${rounded(told[1], false)}, at most ${rounded(told[2], true)}.` : ""), e);
}
function fateOf(c, box) {
  if (box.fate === null) return box.parts ? "split" : story.left ? "not told on this page" : "open";
  const step = steps[box.fate], q = step.q !== undefined && c.constraints[step.q] ? ` by ${c.constraints[step.q][0]}` : "";
  return { refute: "refuted" + q, prune: "pruned", split: "split", stuck: "undecided", found: "δ-sat" }[step.k];
}
function tree(c) {
  const host = $("tree");
  host.replaceChildren();
  const item = id => {
    const box = c.boxes.get(id), li = make("li"), jump = make("button", `box ${id}`);
    li.dataset.box = id;
    jump.onclick = event => { event.preventDefault(); go(box.fate ?? box.entry ?? now); };
    const label = ` ${fateOf(c, box)}`;
    if (box.parts) {
      const d = make("details"), s = make("summary");
      s.append(jump, label);
      d.append(s);
      d.ontoggle = () => { if (d.open && d.children.length === 1) { const ul = make("ul"); box.parts.forEach(p => ul.append(item(p))); d.append(ul); here(c); } };
      li.append(d);
    } else li.append(jump, label);
    return li;
  };
  const ul = make("ul");
  [...c.boxes.values()].filter(b => b.parent === null).forEach(b => ul.append(item(b.id)));
  host.append(ul);
}
function here() {
  document.querySelectorAll("#tree .here").forEach(e => e.classList.remove("here"));
  const id = steps[now].b, li = id === undefined ? null : document.querySelector(`#tree li[data-box="${id}"]`);
  if (li) li.classList.add("here");
}

// Which step excluded a point: the boxes that hold it are followed from the root.
function whyNot(point, c = chapters[steps[now].c]) {
  const outside = c.variables.findIndex(([, d], v) => !d || point[v] < d[0] || point[v] > d[1]);
  if (outside >= 0) return { step: null, fate: "outside", text: `${c.variables[outside][0]} is outside its domain there.` };
  const holding = new Set([0]), known = new Set([0]);
  let excluded = null, found = null;
  for (let i = c.first; i <= c.last; i++) {
    const step = steps[i];
    if (step.b === undefined || !holding.has(step.b)) continue;
    if (step.x) { const [v, , a] = step.x; if (!a || point[v] < a[0] || point[v] > a[1]) { holding.delete(step.b); excluded = i; } }
    else if (step.k === "refute" || step.k === "prune") { holding.delete(step.b); excluded = i; }
    else if (step.k === "split") {
      const [v, at, a, b] = step.t;
      holding.delete(step.b);
      if (v === null || point[v] <= at) { holding.add(a); known.add(a); }
      if (v === null || point[v] >= at) { holding.add(b); known.add(b); }
    } else if (step.k === "found") found = i;
  }
  if (found !== null) return { step: found, fate: "delta-sat", text: `Its box is where the search stopped: ${steps[found].s} What the point itself is, nobody looked at; the box was not refuted.` };
  if (holding.size) {
    const id = [...holding][0], box = c.boxes.get(id);
    return { step: box ? box.entry : null, fate: "open", text: story.left && (!box || box.entry === null) ? `It is in box ${id}, which is not told on this page.` : `Nothing excludes it: it is in box ${id}, which is still open.` };
  }
  const q = steps[excluded].q, by = q !== undefined && c.constraints[q] ? c.constraints[q][0] : null;
  return { step: excluded, fate: "excluded", by, text: `Step ${excluded} excludes it${by ? ", by " + by : ""}. ${steps[excluded].s}` };
}
function ask(point) {
  asked = point;
  const found = whyNot(point), p = $("why"), c = chapters[steps[now].c];
  p.textContent = `(${point.slice(0, 4).map(x => String(+x.toPrecision(4))).join(", ")}): ${found.text}`;
  if (found.step !== null) { const b = make("button", "show the step"); b.onclick = () => go(found.step); p.append(b); }
  c.variables.forEach((_, v) => { if (slices[v]) slices[v].value = point[v]; });
  overlay(c);
  return found;
}
function askFields(c) {
  const host = $("coordinates");
  host.replaceChildren();
  slices.length = 0;
  const middle = d => d && isFinite(d[0]) && isFinite(d[1]) ? (d[0] + d[1]) / 2 : 0;
  c.variables.slice(0, 12).forEach(([name, d], v) => {
    const label = make("label", name + " "), input = make("input");
    input.type = "number"; input.step = "any";
    input.value = c.map && c.map.others[v] !== undefined ? c.map.others[v] : middle(d);
    slices[v] = input;
    label.append(input, " ");
    host.append(label);
  });
}
function pointFromFields(c) { return c.variables.map(([, d], v) => slices[v] ? +slices[v].value : d && isFinite(d[0]) ? (d[0] + d[1]) / 2 : 0); }
function axesFields(c) {
  const host = $("axes");
  host.replaceChildren();
  if (c.variables.length < 3) return;
  ["across", "up"].forEach((name, side) => {
    const label = make("label", name + " "), select = make("select");
    c.variables.forEach(([v], i) => { const o = make("option", v); o.value = i; o.selected = axis[side] === i; select.append(o); });
    select.onchange = () => { axis[side] = +select.value; paint(c); overlay(c); };
    label.append(select, " ");
    host.append(label);
  });
  if (c.map) host.append(make("p", "The coloured regions are the slice in which the other variables have the values below; boxes are seen from the side."));
}
function legend(c) {
  const host = $("legend"), stops = $("break");
  host.replaceChildren();
  stops.replaceChildren(Object.assign(make("option", "no breakpoint"), { value: "" }));
  c.constraints.forEach(([text, , , implied], q) => {
    if (implied) return;
    const span = make("span"), i = make("i");
    i.style.background = colour(q);
    span.append(i, text.length > 60 ? `constraint ${q + 1}: ${text}` : text);
    host.append(span);
    stops.append(Object.assign(make("option", text), { value: "q" + q }));
  });
  c.variables.forEach(([name], v) => stops.append(Object.assign(make("option", "a cut of " + name), { value: "x" + v })));
}
function verdict(c) {
  const end = steps[c.last], host = $("verdict");
  $("end").hidden = false;
  host.replaceChildren(make("p", end.s));
  if (!end.p) return;
  const t = make("table"), head = make("tr");
  ["constraint", "its left side minus its right side at the point", "so it"].forEach(h => head.append(make("th", h)));
  t.append(head);
  c.constraints.forEach(([text, , relation, implied], q) => {
    if (implied || (c.objective && q === c.constraints.length - 1)) return;
    const row = make("tr"), cell = make("td");
    cell.append(interval(end.p[1][q]));
    row.append(make("td", text), cell, make("td", says(end.p[1][q], relation, c.delta)));
    t.append(row);
  });
  host.append(t);
}
function openChapter(c) {
  axis = [0, Math.min(1, c.variables.length - 1)];
  zoom = 1; centre = null; asked = null;
  legend(c); axesFields(c); askFields(c); paint(c); tree(c); verdict(c);
}
function go(k) {
  k = Math.max(0, Math.min(steps.length - 1, k | 0));
  const before = drawn < 0 ? -1 : steps[drawn].c, c = chapters[steps[k].c], previous = now;
  now = k;
  if (steps[k].c !== before) openChapter(c);
  else for (let i = Math.min(previous, k); i <= Math.max(previous, k); i++) if (shapes[i]) shapes[i].style.display = i <= k ? "" : "none";
  drawn = k;
  overlay(c);
  const step = steps[k];
  $("sentence").textContent = step.s;
  $("count").textContent = `step ${k} of ${steps.length - 1}`;
  $("slider").value = k;
  reason(c, step);
  boundsChart(c);
  here(c);
  if (!timer) history.replaceState(null, "", "#step=" + k);
}
const next = test => { for (let i = now + 1; i < steps.length; i++) if (test(steps[i])) return go(i), i; return null; };
function stop() { clearTimeout(timer); timer = null; $("run").textContent = "▶ run"; go(now); }
function run() {
  if (timer) return stop();
  if (now === steps.length - 1) go(0);
  $("run").textContent = "■ stop";
  const tick = () => {
    const at = $("break").value, step = steps[Math.min(now + 1, steps.length - 1)];
    go(now + 1);
    const hit = at && (at[0] === "q" ? step.q === +at.slice(1) : step.x && step.x[0] === +at.slice(1));
    if (hit || now >= steps.length - 1) return stop();
    timer = setTimeout(tick, 1000 / +$("speed").value);
  };
  timer = setTimeout(tick, 0);
}
function zoomBy(f) {
  const c = chapters[steps[now].c];
  centre = centre || (asked ? [asked[axis[0]], asked[axis[1]]] : null) || (view && after[now][axis[0]] ? [axis[0], axis[1]].map(v => { const x = after[now][v] || [0, 1]; return (Math.max(x[0], -1e6) + Math.min(x[1], 1e6)) / 2; }) : null);
  zoom = Math.max(1, Math.min(1e6, zoom * f));
  if (zoom === 1) centre = null;
  paint(c);
  overlay(c);
}
const isFound = s => s.k === "found" || (s.k === "end" && s.p);
const actions = {
  first: () => go(0), back: () => go(now - 1), run, step: () => go(now + 1), last: () => go(steps.length - 1),
  split: () => next(s => s.k === "split"), refute: () => next(s => s.k === "refute"), found: () => next(isFound)
};
for (const id in actions) $(id).onclick = actions[id];
const keys = { ArrowLeft: "back", ArrowRight: "step", " ": "run", s: "split", r: "refute", f: "found", Home: "first", End: "last" };
addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey || /INPUT|SELECT/.test(event.target.tagName) || (event.key === " " && event.target.tagName === "BUTTON")) return;
  if (keys[event.key]) { event.preventDefault(); actions[keys[event.key]](); }
  else if (event.key === "+" || event.key === "-") zoomBy(event.key === "+" ? 2 : .5);
  else if (event.key === "m") { chosen.has(now) ? chosen.delete(now) : chosen.add(now); strip(); }
});
$("slider").oninput = () => go(+$("slider").value);
$("ask").onsubmit = event => { event.preventDefault(); ask(pointFromFields(chapters[steps[now].c])); };
$("boxes").onclick = event => {
  const c = chapters[steps[now].c], r = $("boxes").getBoundingClientRect(), point = pointFromFields(c);
  point[axis[0]] = view.x[0] + (event.clientX - r.left) / r.width * (view.x[1] - view.x[0]);
  if (c.variables.length > 1) point[axis[1]] = view.y[1] - (event.clientY - r.top) / r.height * (view.y[1] - view.y[0]);
  ask(point);
};
$("boxes").onwheel = event => {
  if (!event.ctrlKey && !event.shiftKey) return;
  event.preventDefault();
  const r = $("boxes").getBoundingClientRect();
  centre = [view.x[0] + (event.clientX - r.left) / r.width * (view.x[1] - view.x[0]), view.y[1] - (event.clientY - r.top) / r.height * (view.y[1] - view.y[0])];
  zoomBy(event.deltaY < 0 ? 2 : .5);
};
addEventListener("hashchange", () => { const m = /step=(\d+)/.exec(location.hash); if (m && +m[1] !== now) go(+m[1]); });

// The strip of chosen steps that is printed.
function strip() {
  const host = $("strip"), at = now;
  host.replaceChildren();
  let list = [...chosen].sort((a, b) => a - b);
  if (!list.length) {
    const first = test => steps.findIndex(test);
    list = [...new Set([0, first(s => s.k === "cut"), first(s => s.k === "split"), first(s => s.k === "refute"), first(isFound), steps.length - 1].filter(i => i >= 0))].sort((a, b) => a - b);
  }
  for (const k of list) {
    go(k);
    const figure = make("figure"), stage = make("div", undefined, "stage"), image = make("img"), plane = $("boxes").cloneNode(true);
    image.src = $("cells").toDataURL(); image.alt = "";
    plane.removeAttribute("id");
    plane.querySelectorAll("[id]").forEach(e => e.removeAttribute("id"));
    plane.querySelectorAll('[style*="none"]').forEach(e => e.remove());
    stage.append(image, plane);
    figure.append(stage, make("figcaption", `Step ${k}: ${steps[k].s}`));
    host.append(figure);
  }
  go(at);
}
addEventListener("beforeprint", strip);

$("answer").append(make("b", story.answer ? "Answer: " + story.answer : ""));
if (story.left) { $("left").hidden = false; $("left").textContent = `The search examined more boxes than fit here: the first steps are told in full, then a sample; ${story.left} ${story.left === 1 ? "box is" : "boxes are"} left out.`; }
if (story.whatif.length) {
  $("whatif-section").hidden = false;
  for (const w of story.whatif) {
    const figure = make("figure"), caption = make("figcaption");
    figure.innerHTML = w.picture;
    caption.append(make("b", w.label), `: ${w.answer}, ${w.boxes} ${w.boxes === 1 ? "box" : "boxes"}`);
    figure.append(caption);
    figure.dataset.label = w.label; figure.dataset.answer = w.answer;
    $("whatif").append(figure);
  }
}
$("slider").max = steps.length - 1;
document.querySelector("main").hidden = false;
const fragment = /step=(\d+)/.exec(location.hash);
if (steps.length) { go(fragment ? +fragment[1] : 0); if (matchMedia("print").matches) strip(); }
window.watch = { story, go, ask, whyNot, actions, get now() { return now; }, variables: () => after[now], values: () => valuesAt(now) };
})();
