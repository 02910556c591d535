// What the page holds of each graph while it lives, so that Python sends only what is new (ui/canvas/wire.py).
// It outlives the elements, which Streamlit makes anew whenever something appears above them.

const memories = new Map();
const text = new TextDecoder();

/** @returns what is kept of a view: its graph, zoom, pins, what the legend hides, and who shows it. */
export function memory(key) {
  if (!memories.has(key)) memories.set(key, new Memory());
  return memories.get(key);
}

/** The first line of a message; the rest is read only where it is news. */
export function head(message) {
  const end = message.indexOf(10);
  return JSON.parse(text.decode(end < 0 ? message : message.subarray(0, end)));
}

class Memory {
  constructor() {
    this.hidden = new Set();
    this.pins = {};
    this.tables = new Set();
  }

  /** Take the whole of a graph, for whatever shows it, whichever is mounted first. */
  hold({ base }, message) {
    if (this.base?.id === base) return;
    const body = JSON.parse(text.decode(message.subarray(message.indexOf(10) + 1)));
    this.base = { ...body, id: base, ...unpacked(body, body, new Map(), new Map()) };
    this.now = this.base;
    this.shown?.refresh();
  }

  /** @returns whether the graph is held as a message says it is: true, false, or undefined while its whole is on its way. */
  take({ base, at, step }) {
    if (this.base?.id !== base) return undefined;
    const held = [this.now, this.base].find(({ id }) => id === at);
    const from = step && [this.now, this.base].find(({ id }) => id === step.from);
    if (held) this.now = held;
    else if (from) this.now = { id: at, ...stepped(this.base, from, step) };
    else return false;
    return true;
  }

  /** Tell the tables that there is something else to show. */
  changed() {
    this.tables.forEach((table) => table.draw());
  }

  /** Tell the tables that something else is chosen. */
  chosen() {
    this.tables.forEach((table) => table.mark());
  }
}

function stepped(tables, from, step) {
  const { nodes, edges } = unpacked(step, tables, new Map(from.nodes), new Map(from.edges));
  const [gone, lost] = step.drop;
  for (const id of gone) nodes.delete(id);
  for (const id of lost) edges.delete(id);
  if (gone.length) for (const [id, edge] of edges) if (!nodes.has(edge.from) || !nodes.has(edge.to)) edges.delete(id);
  return { nodes, edges };
}

/** Put packed rows into maps by id. */
function unpacked({ nodes: rows, edges: lines }, { kinds, types }, nodes, edges) {
  for (const [id, label, kind, x, y, size, mentions = 0, ties = 0, zh, en, badge, about] of rows)
    nodes.set(id, { id, label, kind: kinds[kind].key, x, y, size, mentions, ties, zh, en, badge, about });
  const end = (one) => (typeof one === "number" ? rows[one][0] : one);
  for (const [one, other, at, width, sure, quotes = 0, negated, about, given] of lines) {
    const [from, to, type] = [end(one), end(other), types[at].key];
    const id = given || `${from}~${type}~${to}${negated ? "~not" : ""}`;
    edges.set(id, { id, from, to, type, width, sure, quotes, negated: Boolean(negated), about });
  }
  return { nodes, edges };
}
