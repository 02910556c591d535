// The graph view: what is drawn, what is chosen, and what Python is told. Text is only ever set as text.

import { BatchView } from "./batch-view.js";
import { cut, dashes, readTheme, shapeData, textWidth, tone } from "./draw.js";
import { head, memory } from "./memory.js";
import { save, toSvg } from "./svg.js";
import { Table } from "./table.js";
import { VisView } from "./vis-view.js";

// vis-network takes half a second of the page's time for a thousand nodes, the batched renderer a tenth of it.
const BATCH_FROM = 600;
const ICONS = {
  in: "M12 5v14M5 12h14",
  out: "M5 12h14",
  fit: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
  full: "M14 4h6v6M20 4l-7 7M10 20H4v-6M4 20l7-7",
  box: "M5 5h3M11 5h3M17 5h2v3M19 11v3M19 17v2h-3M13 19h-3M7 19H5v-3M5 13v-3",
};

const mounted = new WeakMap();

/** Mount what a message is for: the whole of a graph, which has no picture, a view of it, or a table. */
export default function graph(component) {
  const { parentElement, data } = component;
  const said = data.table ? data : head(data);
  if (said.of) return memory(said.of).hold(said, data);
  let shown = mounted.get(parentElement);
  if (!shown) {
    shown = data.table ? new Table(component) : new GraphView(component, said);
    mounted.set(parentElement, shown);
  }
  shown.update(component, said);
  return () => {
    shown.destroy();
    mounted.delete(parentElement);
  };
}

class GraphView {
  constructor({ parentElement }, { key }) {
    this.kept = memory(key);
    this.kept.shown = this;
    this.nodes = new Map();
    this.edges = new Map();
    this.selected = new Set();
    this.style = 0;
    this.build(parentElement);
  }

  // -- what the renderers ask ---------------------------------------------------------------------------------------

  shows(node) {
    return !this.kept.hidden.has(`kind:${node.kind}`);
  }

  showsEdge(edge) {
    const from = this.nodes.get(edge.from);
    const to = this.nodes.get(edge.to);
    const { hidden } = this.kept;
    return (
      from && to && this.shows(from) && this.shows(to) && !hidden.has(`type:${edge.type}`) && !(edge.negated && hidden.has("denied"))
    );
  }

  marked(id) {
    return this.selected.has(id) || this.cursor === id;
  }

  touches(edge) {
    return (
      edge.id === this.chosenEdge || edge.id === this.hovered?.edge || this.selected.has(edge.from) || this.selected.has(edge.to)
    );
  }

  always() {
    const ids = new Set([...this.selected, ...(this.centres ?? []), this.cursor, this.hovered?.node]);
    return [...ids].map((id) => this.nodes.get(id)).filter((node) => node && this.shows(node));
  }

  label(node) {
    const zh = node.zh || node.label;
    const en = node.en || node.label;
    const lines = { zh: [zh], en: [en], both: zh === en ? [zh] : [zh, en] }[this.kept.labels] ?? [node.label];
    return lines.map((line) => cut(line));
  }

  /** Both names whole, that of the page's language first. */
  names(node) {
    const pair = [node.zh || node.label, node.en || node.label];
    if (this.kept.base.labels === "en") pair.reverse();
    return pair[0] === pair[1] ? pair.slice(0, 1) : pair;
  }

  phrase(edge) {
    const type = this.types.get(edge.type);
    return (edge.negated ? type?.not : type?.phrase) ?? edge.type;
  }

  // -- what Python sends --------------------------------------------------------------------------------------------

  update(component, data) {
    this.component = component;
    const said = JSON.stringify(data);
    if (said === this.said) return;
    Object.assign(this, { data, said });
    this.refresh();
  }

  refresh() {
    const { data } = this;
    const held = data && this.kept.take(data);
    if (held === false) this.miss();
    if (!held) return; // the rest is on its way
    const { base, now } = this.kept;
    this.words = base.words;
    this.kept.labels ??= base.labels;
    this.kinds = new Map(base.kinds.map((row) => [row.key, row]));
    this.types = new Map(base.types.map((row) => [row.key, row]));
    this.centres = data.centres;
    this.rename();
    this.root.style.setProperty("--height", `${base.height}px`);
    this.nodes = new Map(now.nodes);
    this.edges = now.edges;
    this.retheme();
    const moved = data.scene !== this.kept.scene;
    if (moved) Object.assign(this.kept, { scene: data.scene, pins: {}, view: null });
    this.pin();
    const chosen = JSON.stringify(data.select);
    if (chosen !== this.given || moved) {
      this.given = chosen;
      this.selected = new Set(data.select.nodes.filter((id) => this.nodes.has(id)));
      this.chosenEdge = data.select.edge;
      this.cursor = null;
    }
    this.drawLegend();
    this.summary();
    this.kept.changed();
    this.render(base.options);
  }

  pin() {
    for (const [id, { x, y }] of Object.entries(this.kept.pins)) {
      const node = this.nodes.get(id);
      if (node) this.nodes.set(id, { ...node, x, y });
    }
  }

  async render(options) {
    const before = this.kept.view; // what the renderer draws meanwhile is not where the reader was
    const kind = this.nodes.size > BATCH_FROM ? BatchView : VisView;
    if (this.renderer instanceof kind) {
      this.renderer.sync();
    } else {
      const mine = (this.making = Symbol("the renderer being made last"));
      this.renderer?.destroy();
      this.renderer = null;
      const made = await kind.make(this.stage, this, this.events(), options);
      if (this.gone || this.making !== mine) {
        made.destroy();
        return;
      }
      this.renderer = made;
      this.renderer.sync();
    }
    if (before) this.renderer.setView(before);
    else this.fit(false);
    this.showSelection();
    this.root.dataset.ready = "true";
    this.root.dataset.nodes = this.nodes.size;
  }

  retheme() {
    const theme = readTheme(this.root);
    if (JSON.stringify(theme) !== JSON.stringify(this.theme)) {
      this.theme = theme;
      this.style += 1;
    }
  }

  // -- what Python is told ------------------------------------------------------------------------------------------

  tell(event) {
    const moved = this.unsent ?? {};
    this.unsent = undefined;
    this.component.setTriggerValue("event", { ...event, moved });
  }

  /** Say that a step was missed, once for each. */
  miss() {
    if (this.missed === this.said) return;
    this.missed = this.said;
    this.tell({ kind: "missed", at: this.kept.now.id });
  }

  events() {
    return {
      node: (id, add) => this.choose(id, add),
      edge: (id) => this.chooseEdge(id),
      expand: (id) => this.tell({ kind: "expand", id }),
      blank: () => this.clear(),
      hover: (what) => this.hover(what),
      moved: (positions) => this.moved(positions),
      drawn: (view) => {
        if (this.renderer) this.kept.view = view;
      },
    };
  }

  choose(id, add) {
    if (!add) this.selected.clear();
    if (add && this.selected.has(id)) this.selected.delete(id);
    else this.selected.add(id);
    this.cursor = null;
    this.chosenEdge = null;
    this.showSelection();
    this.say(this.describe(id));
    if (this.selected.size > 1) this.tell({ kind: "select", ids: [...this.selected] });
    else this.tell({ kind: "node", id: [...this.selected][0] ?? "" });
  }

  chooseEdge(id) {
    const edge = this.edges.get(id);
    if (!edge) return;
    this.selected.clear();
    this.chosenEdge = id;
    this.showSelection();
    this.say(this.sentence(edge));
    this.tell({ kind: "edge", id });
  }

  clear() {
    if (!this.selected.size && !this.chosenEdge && !this.cursor) return;
    this.selected.clear();
    this.chosenEdge = null;
    this.cursor = null;
    this.showSelection();
  }

  moved(positions) {
    for (const [id, { x, y }] of Object.entries(positions)) {
      const node = this.nodes.get(id);
      if (!node) continue;
      Object.assign(node, { x, y });
      this.kept.pins[id] = { x, y };
      this.unsent = { ...this.unsent, [id]: [Math.round(x), Math.round(y)] };
    }
  }

  showSelection() {
    this.kept.chosen();
    if (!this.renderer) return;
    if (this.chosenEdge) this.renderer.selectEdge(this.chosenEdge);
    else this.renderer.select([...this.selected]);
  }

  // -- words --------------------------------------------------------------------------------------------------------

  describe(id) {
    const node = this.nodes.get(id);
    if (!node) return "";
    const ties = [...this.edges.values()].filter((edge) => edge.from === id || edge.to === id).length;
    return [node.label, this.about(node), `${ties} ${this.words.relations}`].filter(Boolean).join(", ");
  }

  /** What a node is: its kind, or what is in it. */
  about(node) {
    return node.about || (this.kinds.get(node.kind)?.label ?? "");
  }

  sentence(edge, name = (node) => this.label(node)[0]) {
    const [from, to] = [edge.from, edge.to].map((id) => name(this.nodes.get(id)));
    return `${from} ${this.phrase(edge)} ${to}`;
  }

  say(text) {
    this.live.textContent = text;
  }

  summary() {
    const text = `${this.nodes.size} ${this.words.concepts}, ${this.edges.size} ${this.words.relations}. ${this.words.keys}`;
    this.board.setAttribute("aria-label", text);
  }

  hover(what) {
    this.hovered = what;
    const node = what?.node && this.nodes.get(what.node);
    const edge = what?.edge && this.edges.get(what.edge);
    this.tip.hidden = !node && !edge;
    if (node || edge) {
      const [strong, light] = this.tip.children;
      strong.textContent = node ? this.label(node).join(" · ") : this.sentence(edge);
      light.textContent = node ? this.about(node) : edge.about || "";
      this.tip.style.left = `${Math.min(what.x + 14, this.board.clientWidth - this.tip.offsetWidth - 8)}px`;
      this.tip.style.top = `${Math.min(what.y + 14, this.board.clientHeight - this.tip.offsetHeight - 8)}px`;
    }
    if (this.renderer instanceof VisView) this.renderer.redraw();
  }

  // -- view ---------------------------------------------------------------------------------------------------------

  fit(animate) {
    const shown = [...this.nodes.values()].filter((node) => this.shows(node));
    if (!shown.length || !this.renderer) return;
    const { clientWidth: width, clientHeight: height } = this.stage;
    const narrow = matchMedia("(max-width: 640px)").matches; // as the style sheet has it
    const [tools, below] = narrow ? [0, 56] : [56, 20]; // on the right, or below where the screen is narrow
    const half = (node) => (shown.length > 400 ? 40 : Math.min(Math.max(...this.label(node).map(textWidth)) / 2, width / (narrow ? 5 : 7)));
    const wide = shown.map((node) => [node.x, half(node)]);
    const [top, bottom] = range(shown.map((node) => node.y));
    let scale = 1;
    let left;
    let right;
    for (let round = 0; round < 10; round += 1) { // labels are as large at any scale
      [left, right] = range(wide.flatMap(([x, room]) => [x - room / scale, x + room / scale]));
      scale = Math.max(Math.min((width - tools - 24) / (right - left || 1), (height - below - 70) / (bottom - top || 1), 1.35), 0.02);
    }
    const middle = { x: (left + right + tools / scale) / 2, y: (top + bottom + below / scale) / 2 };
    this.renderer.setView({ ...middle, scale }, animate);
    this.kept.touched = false;
  }

  /** Fit again where the page gives the graph another size, unless the reader has chosen what to see. */
  resized() {
    if (!this.kept.touched) this.fit(false);
  }

  zoom(factor) {
    this.kept.touched = true;
    const view = this.renderer?.view();
    if (view) this.renderer.setView({ ...view, scale: Math.min(Math.max(view.scale * factor, 0.02), 6) }, true);
  }

  full() {
    const root = this.root.getRootNode();
    if (root.fullscreenElement ?? document.fullscreenElement) document.exitFullscreen();
    else this.root.requestFullscreen?.();
  }

  picture(kind) {
    const { clientWidth, clientHeight } = this.stage;
    save(kind, toSvg(this, this.renderer, clientWidth, clientHeight), this.renderer.canvas, this.theme.background);
  }

  relabel() {
    const modes = ["zh", "en", "both"];
    this.kept.labels = modes[(modes.indexOf(this.kept.labels) + 1) % modes.length];
    this.rename();
    this.renderer?.redraw();
  }

  rename() {
    const { kept, words } = this;
    this.buttons.labels.textContent = { zh: "中", en: "En", both: "中 En" }[kept.labels];
    for (const [name, button] of Object.entries(this.buttons)) {
      button.title = words[name];
      button.setAttribute("aria-label", words[name]);
    }
  }

  // -- keyboard -----------------------------------------------------------------------------------------------------

  key(event) {
    if (event.target.closest?.("button") && (event.key === "Enter" || event.key === " ")) return;
    const acts = {
      ArrowLeft: () => this.walk(-1, 0),
      ArrowRight: () => this.walk(1, 0),
      ArrowUp: () => this.walk(0, -1),
      ArrowDown: () => this.walk(0, 1),
      Enter: () => this.cursor && this.choose(this.cursor, event.shiftKey),
      e: () => this.tell({ kind: "expand", id: this.cursor ?? [...this.selected][0] ?? "" }),
      "+": () => this.zoom(1.3),
      "=": () => this.zoom(1.3),
      "-": () => this.zoom(1 / 1.3),
      0: () => this.fit(true),
      f: () => this.full(),
      "/": () => window.dispatchEvent(new CustomEvent("zhitu:search")),
      Escape: () => this.clear(),
    };
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    event.stopPropagation(); // or Streamlit's own shortcuts fire
    const act = acts[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  /** Go to the neighbour that lies in a direction. */
  walk(dx, dy) {
    const from = this.nodes.get(this.cursor ?? [...this.selected][0] ?? this.centres?.[0]) ?? [...this.nodes.values()][0];
    if (!from) return;
    const near = new Set();
    for (const edge of this.edges.values()) {
      if (edge.from === from.id) near.add(edge.to);
      if (edge.to === from.id) near.add(edge.from);
    }
    const best = this.ahead(from, near, dx, dy) ?? this.ahead(from, this.nodes.keys(), dx, dy);
    this.cursor = (this.cursor || this.selected.size ? best : from.id) ?? from.id;
    this.follow(this.cursor);
    this.say(this.describe(this.cursor));
    this.renderer.redraw();
  }

  ahead(from, ids, dx, dy) {
    let best;
    let least = Infinity;
    for (const id of ids) {
      const node = this.nodes.get(id);
      if (!node || id === from.id || !this.shows(node)) continue;
      const along = (node.x - from.x) * dx + (node.y - from.y) * dy;
      const aside = Math.abs((node.x - from.x) * dy) + Math.abs((node.y - from.y) * dx);
      const cost = along + 2 * aside;
      if (along > 0.4 * aside && cost < least) [best, least] = [id, cost];
    }
    return best;
  }

  follow(id) {
    this.kept.touched = true;
    const at = this.renderer.toScreen(id);
    const node = this.nodes.get(id);
    const { clientWidth, clientHeight } = this.stage;
    if (at && (at.x < 40 || at.y < 40 || at.x > clientWidth - 40 || at.y > clientHeight - 40))
      this.renderer.setView({ ...this.renderer.view(), x: node.x, y: node.y }, true);
  }

  // -- elements -----------------------------------------------------------------------------------------------------

  build(parent) {
    this.root = element("div", "zhitu-graph");
    this.root.view = this; // for whoever looks in from outside: the console, the tests
    this.board = element("div", "board", { tabindex: "0", role: "application" });
    this.stage = element("div", "stage");
    this.tip = element("div", "tip", { hidden: "" }, [element("strong"), element("span")]);
    this.frame = element("div", "frame", { hidden: "" });
    this.live = element("div", "live", { role: "status", "aria-live": "polite" });
    this.legend = element("div", "legend", { role: "group" });
    this.buttons = {
      zoomIn: this.button("in", () => this.zoom(1.3)),
      zoomOut: this.button("out", () => this.zoom(1 / 1.3)),
      fit: this.button("fit", () => this.fit(true)),
      box: this.button("box", () => this.toggleBox()),
      fullScreen: this.button("full", () => this.full()),
      labels: this.button("", () => this.relabel()),
      png: this.button("", () => this.picture("png"), "PNG"),
      svg: this.button("", () => this.picture("svg"), "SVG"),
    };
    this.tools = element("div", "tools", { role: "toolbar" }, Object.values(this.buttons));
    this.board.append(this.stage, this.frame, this.tip, this.tools);
    this.root.append(this.board, this.legend, this.live);
    this.board.addEventListener("keydown", (event) => this.key(event));
    this.board.addEventListener("pointerdown", (event) => this.startBox(event), true);
    for (const name of ["pointerdown", "wheel"])
      this.stage.addEventListener(name, () => (this.kept.touched = true), { capture: true, passive: true });
    this.sizer = new ResizeObserver(() => this.resized());
    this.sizer.observe(this.stage);
    this.watcher = new MutationObserver(() => {
      this.retheme();
      this.renderer?.redraw();
    });
    this.watcher.observe(document.documentElement, { attributes: true, subtree: false });
    parent.append(this.root);
  }

  button(icon, act, text) {
    const button = element("button", "", { type: "button" });
    if (icon) button.append(drawing(ICONS[icon]));
    else if (text) button.textContent = text;
    button.addEventListener("click", act);
    return button;
  }

  toggleBox() {
    this.boxing = !this.boxing;
    this.buttons.box.setAttribute("aria-pressed", String(this.boxing));
  }

  /** Select what lies in a box that is drawn with Shift, or after its button. */
  startBox(event) {
    if (!(event.shiftKey || this.boxing) || event.target.closest(".tools") || event.button) return;
    event.preventDefault();
    event.stopPropagation();
    const corner = this.board.getBoundingClientRect();
    const start = { x: event.clientX - corner.left, y: event.clientY - corner.top };
    const area = (now) => ({
      left: Math.min(start.x, now.clientX - corner.left),
      top: Math.min(start.y, now.clientY - corner.top),
      width: Math.abs(now.clientX - corner.left - start.x),
      height: Math.abs(now.clientY - corner.top - start.y),
    });
    const move = (now) => {
      this.frame.hidden = false;
      for (const [side, value] of Object.entries(area(now))) this.frame.style[side] = `${value}px`;
    };
    const end = (now) => {
      this.frame.hidden = true;
      window.removeEventListener("pointermove", move, true);
      window.removeEventListener("pointerup", end, true);
      if (this.boxing) this.toggleBox();
      this.selectBox(area(now), now);
    };
    window.addEventListener("pointermove", move, true);
    window.addEventListener("pointerup", end, true);
  }

  selectBox({ left, top, width, height }) {
    if (width < 4 && height < 4) return;
    const inside = [...this.nodes.values()].filter((node) => {
      const at = this.shows(node) && this.renderer.toScreen(node.id);
      return at && at.x > left && at.x < left + width && at.y > top && at.y < top + height;
    });
    this.selected = new Set(inside.map((node) => node.id));
    this.chosenEdge = null;
    this.showSelection();
    this.say(`${inside.length} ${this.words.concepts}`);
    if (inside.length) this.tell({ kind: "select", ids: [...this.selected] });
  }

  drawLegend() {
    const count = (items, keyOf) => {
      const counts = new Map();
      for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1);
      return counts;
    };
    const kinds = count(this.nodes.values(), (node) => node.kind);
    const types = count(this.edges.values(), (edge) => edge.type);
    const denied = [...this.edges.values()].filter((edge) => edge.negated).length;
    const kindRow = element("div", "row");
    for (const [key, row] of this.kinds) if (kinds.has(key)) kindRow.append(this.chip(`kind:${key}`, row, kinds.get(key), "shape"));
    const typeRow = element("div", "row");
    for (const [key, row] of this.types) if (types.has(key)) typeRow.append(this.chip(`type:${key}`, row, types.get(key), "line"));
    if (denied) typeRow.append(this.chip("denied", { label: this.words.denied, colour: "currentColor" }, denied, "denied"));
    this.legend.setAttribute("aria-label", this.words.legend);
    this.legend.replaceChildren(kindRow, typeRow);
  }

  chip(key, row, count, sample) {
    const chip = element("button", "chip", { type: "button", "aria-pressed": String(!this.kept.hidden.has(key)) });
    const name = element("span");
    name.textContent = row.label;
    const number = element("span", "count");
    number.textContent = count;
    chip.append(legendMark(row, sample, this.theme.dark), name, number);
    chip.title = this.words.toggle;
    chip.addEventListener("click", () => {
      const { hidden } = this.kept;
      if (!hidden.delete(key)) hidden.add(key);
      chip.setAttribute("aria-pressed", String(!hidden.has(key)));
      this.renderer?.sync();
      this.renderer?.redraw();
      this.kept.changed();
    });
    return chip;
  }

  destroy() {
    this.gone = true;
    if (this.kept.shown === this) this.kept.shown = null;
    this.watcher.disconnect();
    this.sizer.disconnect();
    this.renderer?.destroy();
    this.root.remove();
  }
}

function range(values) {
  return values.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [Infinity, -Infinity]);
}

function element(name, className = "", attributes = {}, children = []) {
  const made = document.createElement(name);
  if (className) made.className = className;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

const SVG = "http://www.w3.org/2000/svg";

function drawing(path) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(SVG, "path");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

function legendMark(row, sample, dark) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", sample);
  svg.setAttribute("viewBox", sample === "shape" ? "-9 -9 18 18" : "0 -6 26 12");
  const path = document.createElementNS(SVG, "path");
  const colour = row.colour.startsWith("#") ? tone(row.colour, { dark }) : row.colour;
  if (sample === "shape") {
    path.setAttribute("d", shapeData(row.shape, 6));
    path.setAttribute("fill", colour);
  } else {
    path.setAttribute("d", sample === "denied" ? "M1 0H25M10 5L16-5" : "M1 0H25");
    path.setAttribute("stroke", colour);
    path.setAttribute("stroke-width", "2");
    const dash = dashes({ negated: sample === "denied" }, row);
    if (dash && sample !== "denied") path.setAttribute("stroke-dasharray", dash.map((part) => part * 0.7).join(" "));
  }
  svg.append(path);
  return svg;
}
