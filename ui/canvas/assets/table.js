// The table beside a graph, for who would rather read, or cannot see it: made of what the page holds already.

import { memory } from "./memory.js";

// So many rows are made at once; the others when the reader comes near their place.
const ROWS = 60;
const NEAR = 400;

const CELLS = {
  name: (view, node) => view.names(node)[0],
  other: (view, node) => view.names(node)[1] ?? "",
  kind: (view, node) => view.kinds.get(node.kind)?.label ?? "",
  mentions: (_view, node) => node.mentions,
  ties: (_view, node) => node.ties,
  badge: (_view, node) => Number(node.badge),
  about: (_view, one) => one.about || "",
  words: (view, edge) => view.sentence(edge, (node) => view.names(node)[0]),
  type: (view, edge) => view.types.get(edge.type)?.label ?? "",
  denied: (view, edge) => (edge.negated ? view.words.denied : ""),
  sure: (_view, edge) => edge.sure,
  quotes: (_view, edge) => edge.quotes,
};
const NUMBERS = new Set(["mentions", "ties", "badge", "sure", "quotes"]);
const letters = new Intl.Collator();

export class Table {
  constructor({ parentElement, data }) {
    this.kept = memory(data.table);
    this.kept.tables.add(this);
    this.root = made("div", { class: "table", tabindex: "0", role: "region" });
    this.head = made("thead");
    this.body = made("tbody");
    this.table = made("table", {}, [this.head, this.body]);
    this.root.append(this.table);
    this.root.addEventListener("scroll", () => this.fill(), { passive: true });
    parentElement.append(this.root);
  }

  update(component, { rows, columns, caption }) {
    this.component = component;
    Object.assign(this, { rows, columns });
    this.root.setAttribute("aria-label", caption);
    this.draw();
  }

  draw() {
    const view = this.kept.shown;
    this.body.replaceChildren();
    if (!view?.kinds || !this.columns) return; // the graph is on its way, or there is none
    this.view = view;
    this.sorted = this.inOrder();
    this.head.replaceChildren(made("tr", {}, this.columns.map((column) => this.heading(column))));
    this.table.setAttribute("aria-rowcount", String(this.sorted.length + 1));
    this.fill();
  }

  /** The rows, the most important first unless a heading was chosen. */
  inOrder() {
    const { view } = this;
    if (this.rows === "edges") {
      const edges = [...view.edges.values()].filter((edge) => view.showsEdge(edge));
      return this.by ? this.ordered(edges) : edges;
    }
    const nodes = [...view.nodes.values()].filter((node) => view.shows(node));
    return this.by ? this.ordered(nodes) : nodes.sort((one, other) => other.size - one.size);
  }

  ordered(items) {
    const { key, down } = this.by;
    const cells = items.map((item) => [CELLS[key](this.view, item), item]);
    const compare = NUMBERS.has(key) ? ([one], [other]) => one - other : ([one], [other]) => letters.compare(one, other);
    cells.sort(down ? (one, other) => compare(other, one) : compare);
    return cells.map(([, item]) => item);
  }

  heading({ key, label }) {
    const button = made("button", { type: "button" });
    button.textContent = label;
    button.addEventListener("click", () => this.sort(key));
    const sorting = this.by?.key === key ? (this.by.down ? "descending" : "ascending") : "none";
    return made("th", { scope: "col", "aria-sort": sorting, class: NUMBERS.has(key) ? "number" : "" }, [button]);
  }

  sort(key) {
    const down = this.by?.key === key ? !this.by.down : NUMBERS.has(key);
    this.by = { key, down };
    this.draw();
    const at = this.columns.findIndex((column) => column.key === key);
    this.head.rows[0].cells[at].querySelector("button").focus({ preventScroll: true });
  }

  /** Make rows until there are some below what is seen. */
  fill() {
    const { root, body, sorted } = this;
    const wanting = () => root.scrollTop + root.clientHeight + NEAR > root.scrollHeight || body.rows.length < ROWS;
    while (body.rows.length < sorted.length && wanting()) {
      const from = body.rows.length;
      body.append(...sorted.slice(from, from + ROWS).map((item, at) => this.row(item, from + at)));
    }
  }

  row(item, at) {
    const row = made("tr", { "aria-rowindex": String(at + 2), "aria-selected": this.chosen(item.id) });
    row.dataset.id = item.id;
    for (const [column, { key }] of this.columns.entries()) {
      const text = String(CELLS[key](this.view, item));
      const cell = made(column ? "td" : "th", column ? {} : { scope: "row" });
      if (NUMBERS.has(key)) cell.className = "number";
      if (column) cell.textContent = text;
      else cell.append(link(text));
      row.append(cell);
    }
    row.addEventListener("click", () => this.open(item));
    return row;
  }

  chosen(id) {
    return String(this.view.selected.has(id) || this.view.chosenEdge === id);
  }

  /** Show what is chosen now. */
  mark() {
    for (const row of this.body.rows) row.setAttribute("aria-selected", this.chosen(row.dataset.id));
  }

  open(item) {
    this.component.setTriggerValue("event", { kind: this.rows === "edges" ? "edge" : "node", id: item.id });
  }

  destroy() {
    this.kept.tables.delete(this);
    this.root.remove();
  }
}

/** What opens a row by the keyboard; a click on it is a click on its row. */
function link(text) {
  const button = made("button", { type: "button" });
  button.textContent = text;
  return button;
}

function made(name, attributes = {}, children = []) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value) element.setAttribute(key, value);
  element.append(...children);
  return element;
}
