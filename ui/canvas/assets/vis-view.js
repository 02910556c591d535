// The renderer for up to some 1,500 nodes: vis-network, as pyvis ships it, with positions from the server.

import { chooseLabels, dashes, drawBar, drawEdgeLabel, drawLabel, ink, labelBox, shapePath, Taken, textWidth, tone } from "./draw.js";

let library;

/** Load vis-network once; it leaves itself in a global. */
async function load() {
  library ??= import("./vis-network.min.js").then(() => globalThis.vis);
  return library;
}

export class VisView {
  static async make(host, scene, events, options) {
    return new VisView(await load(), host, scene, events, options);
  }

  constructor(vis, host, scene, events, options) {
    this.scene = scene;
    this.events = events;
    this.host = host;
    this.nodes = new vis.DataSet();
    this.edges = new vis.DataSet();
    this.labels = new Map();
    this.sync();
    this.network = new vis.Network(host, { nodes: this.nodes, edges: this.edges }, this.options(options));
    this.listen();
  }

  options(given) {
    const many = this.scene.edges.size > 800;
    return {
      ...given,
      physics: false,
      autoResize: true,
      layout: { improvedLayout: false },
      nodes: { shape: "custom", ctxRenderer: (parts) => this.drawNode(parts) },
      edges: { selectionWidth: (width) => width + 1.2, hoverWidth: 0.8, arrowStrikethrough: false },
      interaction: {
        hover: true,
        multiselect: true,
        keyboard: false,
        tooltipDelay: 1e9, // the tooltip is our own: text, never HTML
        hideEdgesOnDrag: many,
        hideEdgesOnZoom: many,
        zoomSpeed: 0.7,
      },
    };
  }

  listen() {
    const on = (name, act) => this.network.on(name, act);
    on("click", ({ nodes, edges, pointer, event }) => {
      const node = this.network.getNodeAt(pointer.DOM);
      const add = Boolean(event.srcEvent?.ctrlKey || event.srcEvent?.metaKey || event.srcEvent?.shiftKey);
      if (node !== undefined) this.events.node(node, add);
      else if (edges.length && !nodes.length) this.events.edge(edges[0]);
      else this.events.blank();
    });
    on("doubleClick", ({ pointer }) => {
      const node = this.network.getNodeAt(pointer.DOM);
      if (node !== undefined) this.events.expand(node);
    });
    on("hoverNode", ({ node, pointer }) => this.events.hover({ node, ...pointer.DOM }));
    on("hoverEdge", ({ edge, pointer }) => this.events.hover({ edge, ...pointer.DOM }));
    on("blurNode", () => this.events.hover(null));
    on("blurEdge", () => this.events.hover(null));
    on("dragStart", () => this.events.hover(null));
    on("dragEnd", ({ nodes }) => this.dragged(nodes));
    on("beforeDrawing", () => this.chooseLabels());
    on("afterDrawing", (context) => {
      this.drawOver(context);
      this.events.drawn(this.view());
    });
  }

  /** Make the DataSets hold what the scene holds; what stays is not touched. */
  sync() {
    const { scene } = this;
    const nodes = [...scene.nodes.values()].filter((node) => scene.shows(node));
    const edges = [...scene.edges.values()].filter((edge) => scene.showsEdge(edge));
    const bends = bend(edges);
    this.ordered = [...nodes].sort((one, other) => other.size - one.size);
    replace(this.nodes, nodes.map((node) => ({ id: node.id, x: node.x, y: node.y, size: node.size })));
    replace(this.edges, edges.map((edge) => this.edge(edge, bends.get(edge.id))));
    this.restyled = scene.style;
  }

  edge(edge, bent) {
    const style = this.scene.types.get(edge.type);
    const colour = tone(style?.colour ?? "#888888", this.scene.theme);
    return {
      id: edge.id,
      from: edge.from,
      to: edge.to,
      width: edge.width,
      dashes: dashes(edge, style),
      color: { color: colour, highlight: colour, hover: colour, opacity: this.opacity(edge) },
      arrows: { to: { enabled: !style?.symmetric, scaleFactor: 0.45 } },
      smooth: bent ? { enabled: true, type: bent > 0 ? "curvedCW" : "curvedCCW", roundness: Math.abs(bent) } : false,
    };
  }

  /** Where there are many edges, those that do not touch the middle stand back. */
  opacity(edge) {
    const { centres = [], edges } = this.scene;
    if (edges.size < 70 || centres.includes(edge.from) || centres.includes(edge.to)) return 0.66;
    return edges.size < 250 ? 0.3 : 0.16;
  }

  drawNode({ ctx, id, x, y, state }) {
    const node = this.scene.nodes.get(id);
    const radius = node?.size ?? 8;
    return {
      drawNode: () => node && this.paint(ctx, node, x, y, radius, state),
      drawExternalLabel: () => {
        const lines = this.labels.get(id);
        if (lines) drawLabel(ctx, lines, x, y + radius * 1.2, this.scene.theme, this.scale(), this.scene.marked(id));
      },
      nodeDimensions: { width: radius * 2.2, height: radius * 2.2 },
    };
  }

  paint(context, node, x, y, radius, state) {
    const { theme } = this.scene;
    const kind = this.scene.kinds.get(node.kind);
    context.lineJoin = "round";
    if (this.scene.marked(node.id) || state.hover) {
      context.beginPath();
      shapePath(context, kind?.shape, x, y, radius + 5);
      context.globalAlpha = state.hover && !this.scene.marked(node.id) ? 0.3 : 1;
      context.lineWidth = 2.5;
      context.strokeStyle = theme.primary;
      context.stroke();
      context.globalAlpha = 1;
    }
    context.beginPath();
    shapePath(context, kind?.shape, x, y, radius);
    context.fillStyle = tone(kind?.colour ?? "#888888", theme);
    context.fill();
    context.lineWidth = 1.5;
    context.strokeStyle = theme.background;
    context.stroke();
    if (node.badge) drawBadge(context, node.badge, x, y, radius, theme);
  }

  /** The nodes that the library holds too: while it takes a change, it draws between two steps. */
  drawn() {
    return this.ordered.filter((node) => this.network.body.nodes[node.id]);
  }

  chooseLabels() {
    const { scene } = this;
    const { x: left, y: top } = this.network.DOMtoCanvas({ x: 0, y: 0 });
    const scale = this.scale();
    const place = ({ id, size }) => {
      const at = this.network.body.nodes[id];
      return { x: (at.x - left) * scale, y: (at.y - top) * scale, radius: size * scale * 1.2 };
    };
    const always = scene.always().filter((node) => this.network.body.nodes[node.id]);
    const { clientWidth, clientHeight } = this.host;
    this.labels = chooseLabels(this.drawn(), always, place, clientWidth, clientHeight, (node) => scene.label(node));
  }

  /** Strike what is denied, and say what edges mean where there is room. */
  drawOver(context) {
    const { scene } = this;
    const scale = this.scale();
    const taken = this.occupied(scale);
    const few = scene.edges.size <= 60 && scale > 0.75;
    for (const { id } of this.edges.get({ fields: ["id"] })) {
      const edge = scene.edges.get(id);
      const drawn = this.network.body.edges[id];
      if (!edge || !drawn?.connected) continue;
      const said = scene.touches(edge) || (few && !scene.types.get(edge.type)?.quiet);
      const struck = edge.negated && (said || scene.edges.size < 250);
      if (!(said || struck)) continue;
      const { from, to } = drawn;
      const middle = drawn.edgeType.getPoint(0.5);
      if (struck) drawBar(context, middle.x, middle.y, Math.atan2(to.y - from.y, to.x - from.x), scene.theme, scale);
      const room = Math.hypot(to.x - from.x, to.y - from.y) * scale > 90;
      if (said && room && scale > 0.5) this.sayEdge(context, edge, middle, scale, taken);
    }
  }

  /** What nodes and their labels take up: nothing is said over them. */
  occupied(scale) {
    const taken = new Taken();
    if (this.ordered.length > 400) return taken;
    for (const { id, size } of this.drawn()) {
      const { x, y } = this.network.body.nodes[id];
      const radius = size * scale;
      taken.add({ left: x * scale - radius, right: x * scale + radius, top: y * scale - radius, bottom: y * scale + radius });
      const lines = this.labels.get(id);
      if (lines) taken.add(labelBox(lines, x * scale, y * scale + radius * 1.2));
    }
    return taken;
  }

  sayEdge(context, edge, middle, scale, taken) {
    const { scene } = this;
    const at = { x: middle.x, y: middle.y + (edge.negated ? 16 / scale : 0) };
    const half = textWidth(scene.phrase(edge)) / 2 + 2;
    const box = { left: at.x * scale - half, right: at.x * scale + half, top: at.y * scale - 8, bottom: at.y * scale + 8 };
    if (!taken.free(box)) return;
    taken.add(box);
    const colour = edge.negated ? scene.theme.danger : ink(scene.types.get(edge.type)?.colour ?? "#888888", scene.theme);
    drawEdgeLabel(context, scene.phrase(edge), at.x, at.y, colour, scene.theme, scale);
  }

  dragged(ids) {
    if (!ids.length) return;
    const positions = this.network.getPositions(ids);
    this.nodes.update(ids.map((id) => ({ id, ...positions[id] })));
    this.events.moved(positions);
  }

  scale() {
    return this.network.getScale();
  }

  view() {
    return { ...this.network.getViewPosition(), scale: this.scale() };
  }

  setView({ x, y, scale }, animate) {
    const animation = animate ? { duration: 260, easingFunction: "easeInOutQuad" } : false;
    this.network.moveTo({ position: { x, y }, scale, animation });
  }

  select(ids) {
    this.network.selectNodes(ids.filter((id) => this.nodes.get(id)), false);
    this.network.redraw();
  }

  selectEdge(id) {
    this.network.setSelection({ nodes: [], edges: this.edges.get(id) ? [id] : [] }, { highlightEdges: false });
  }

  /** Where a node is on the screen, in pixels from the host's corner. */
  toScreen(id) {
    const at = this.network.body.nodes[id];
    return at && this.network.canvasToDOM({ x: at.x, y: at.y });
  }

  redraw() {
    if (this.restyled !== this.scene.style) this.sync();
    this.network.redraw();
  }

  get canvas() {
    return this.host.querySelector("canvas");
  }

  destroy() {
    this.network.destroy();
  }
}

/** How many concepts a collapsed community holds, in its middle. */
function drawBadge(context, text, x, y, radius, theme) {
  context.font = `600 ${Math.max(10, radius * 0.62)}px sans-serif`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillStyle = theme.dark ? theme.background : "#ffffff"; // kinds are lighter where the page is dark
  context.fillText(text, x, y + radius * 0.04);
}

/** Several edges between two nodes get a bend each: a share of their length, to one side or the other. */
export function bend(edges) {
  const between = new Map();
  for (const edge of edges) {
    const key = edge.from < edge.to ? `${edge.from}\u0000${edge.to}` : `${edge.to}\u0000${edge.from}`;
    if (!between.has(key)) between.set(key, []);
    between.get(key).push(edge);
  }
  const bends = new Map();
  for (const group of between.values())
    group.forEach((edge, index) => {
      const side = (index - (group.length - 1) / 2) * Math.min(0.24, 0.7 / group.length);
      bends.set(edge.id, edge.from < edge.to ? side : -side);
    });
  return bends;
}

function replace(dataset, items) {
  const wanted = new Set(items.map((item) => item.id));
  const gone = dataset.getIds().filter((id) => !wanted.has(id));
  if (gone.length) dataset.remove(gone);
  dataset.update(items);
}
