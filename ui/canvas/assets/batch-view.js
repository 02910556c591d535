// The renderer for thousands of nodes: everything of one colour is one path, and while the view moves,
// the last picture is moved instead of drawn again.

import { chooseLabels, drawBar, drawEdgeLabel, drawLabel, ink, shapePath, tone } from "./draw.js";

const EDGES_A_SLICE = 4000;
const CELL = 60;
const SETTLE = 90;
// So far in, arrows can be told and an edge can be pointed at.
const NEAR = 0.45;
const ARROW = 4;
const MOST_SAID = 40;

export class BatchView {
  static async make(host, scene, events) {
    return new BatchView(host, scene, events);
  }

  constructor(host, scene, events) {
    this.host = host;
    this.scene = scene;
    this.events = events;
    this.at = { x: 0, y: 0, scale: 1 };
    this.canvas = document.createElement("canvas");
    this.canvas.style.cssText = "position:absolute;inset:0;width:100%;height:100%;touch-action:none";
    this.picture = document.createElement("canvas");
    host.replaceChildren(this.canvas);
    this.pointers = new Map();
    this.listen();
    this.resizer = new ResizeObserver(() => this.resize());
    this.resizer.observe(host);
    this.sync();
    this.resize();
  }

  sync() {
    const { scene } = this;
    this.nodes = [...scene.nodes.values()].filter((node) => scene.shows(node));
    this.ordered = [...this.nodes].sort((one, other) => other.size - one.size);
    this.edges = [...scene.edges.values()].filter((edge) => scene.showsEdge(edge));
    this.groups = grouped(this.nodes, (node) => node.kind);
    this.bundles = grouped(this.edges.filter((edge) => !edge.negated), (edge) => edge.type);
    this.denied = this.edges.filter((edge) => edge.negated);
    this.index();
    this.redraw();
  }

  index() {
    this.cells = new Map();
    for (const node of this.nodes) {
      const key = `${Math.floor(node.x / CELL)},${Math.floor(node.y / CELL)}`;
      if (!this.cells.has(key)) this.cells.set(key, []);
      this.cells.get(key).push(node);
    }
  }

  resize() {
    const ratio = Math.min(devicePixelRatio || 1, 2);
    for (const canvas of [this.canvas, this.picture]) {
      canvas.width = Math.max(1, this.host.clientWidth * ratio);
      canvas.height = Math.max(1, this.host.clientHeight * ratio);
    }
    this.ratio = ratio;
    this.redraw();
  }

  /** Draw anew at the next frame, in slices so that no frame takes long. */
  redraw() {
    cancelAnimationFrame(this.frame);
    clearTimeout(this.settling);
    this.frame = requestAnimationFrame(() => this.draw());
  }

  draw() {
    const context = this.picture.getContext("2d");
    const drawn = { ...this.at };
    const { ratio } = this;
    const { clientWidth: width, clientHeight: height } = this.host;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.picture.width, this.picture.height);
    const scale = drawn.scale * ratio;
    context.setTransform(scale, 0, 0, scale, (width / 2) * ratio - drawn.x * scale, (height / 2) * ratio - drawn.y * scale);
    this.box = this.visible();
    const slices = this.slices(context, drawn.scale);
    const step = () => {
      const { done } = slices.next();
      if (done) {
        this.drawn = drawn;
        this.blit();
        this.events.drawn(this.view());
      } else this.frame = requestAnimationFrame(step);
    };
    step();
  }

  *slices(context, scale) {
    context.globalAlpha = this.edges.length > 6000 ? 0.22 : 0.38;
    context.lineWidth = 0.9 / Math.max(scale, 0.15);
    for (const [type, edges] of this.bundles) {
      const style = this.scene.types.get(type);
      context.strokeStyle = context.fillStyle = tone(style?.colour ?? "#888888", this.scene.theme);
      for (let start = 0; start < edges.length; start += EDGES_A_SLICE) {
        const some = edges.slice(start, start + EDGES_A_SLICE);
        this.strokeEdges(context, some);
        if (scale > NEAR && !style?.symmetric) this.fillArrows(context, some, ARROW / Math.max(scale, 1));
        if (edges.length > EDGES_A_SLICE) yield;
      }
    }
    this.drawDenied(context, scale);
    yield;
    this.drawNodes(context, scale);
    yield;
    this.drawMarks(context, scale);
    this.drawLabels(context, scale);
  }

  strokeEdges(context, edges) {
    const { nodes } = this.scene;
    context.beginPath();
    for (const edge of edges) {
      const from = nodes.get(edge.from);
      const to = nodes.get(edge.to);
      if (!this.crosses(from, to)) continue;
      context.moveTo(from.x, from.y);
      context.lineTo(to.x, to.y);
    }
    context.stroke();
  }

  fillArrows(context, edges, half) {
    const { nodes } = this.scene;
    context.beginPath();
    for (const edge of edges) {
      const from = nodes.get(edge.from);
      const to = nodes.get(edge.to);
      if (this.inside(to.x, to.y)) arrowPath(context, from, to, half);
    }
    context.fill();
  }

  drawDenied(context, scale) {
    const { nodes, types, theme } = this.scene;
    context.globalAlpha = 0.9;
    for (const edge of this.denied) {
      const from = nodes.get(edge.from);
      const to = nodes.get(edge.to);
      context.strokeStyle = tone(types.get(edge.type)?.colour ?? "#888888", theme);
      context.setLineDash([2 / scale, 5 / scale]);
      context.beginPath();
      context.moveTo(from.x, from.y);
      context.lineTo(to.x, to.y);
      context.stroke();
      context.setLineDash([]);
      drawBar(context, (from.x + to.x) / 2, (from.y + to.y) / 2, Math.atan2(to.y - from.y, to.x - from.x), theme, scale);
    }
    context.globalAlpha = 1;
  }

  drawNodes(context, scale) {
    for (const [kind, nodes] of this.groups) {
      const style = this.scene.kinds.get(kind);
      context.fillStyle = tone(style?.colour ?? "#888888", this.scene.theme);
      context.beginPath();
      for (const { x, y, size } of nodes) {
        if (!this.inside(x, y)) continue;
        const radius = Math.max(size, 1.6 / scale);
        if (radius * scale < 2.5) context.rect(x - radius, y - radius, radius * 2, radius * 2);
        else shapePath(context, style?.shape, x, y, radius);
      }
      context.fill();
    }
  }

  drawMarks(context, scale) {
    const { nodes, edges, types, theme } = this.scene;
    context.lineWidth = 2.2 / scale;
    const touched = [...edges.values()].filter((edge) => this.scene.touches(edge) && this.scene.showsEdge(edge));
    for (const edge of touched) {
      const from = nodes.get(edge.from);
      const to = nodes.get(edge.to);
      context.strokeStyle = tone(types.get(edge.type)?.colour ?? "#888888", theme);
      context.beginPath();
      context.moveTo(from.x, from.y);
      context.lineTo(to.x, to.y);
      context.stroke();
    }
    if (scale > NEAR && touched.length <= MOST_SAID) for (const edge of touched) this.sayEdge(context, edge, scale);
    context.strokeStyle = theme.primary;
    context.lineWidth = 2.2 / scale;
    for (const node of this.scene.always()) {
      context.beginPath();
      shapePath(context, this.scene.kinds.get(node.kind)?.shape, node.x, node.y, node.size + 4 / scale);
      context.stroke();
    }
  }

  sayEdge(context, edge, scale) {
    const { nodes, theme, types } = this.scene;
    const from = nodes.get(edge.from);
    const to = nodes.get(edge.to);
    if (Math.hypot(to.x - from.x, to.y - from.y) * scale < 70) return;
    const colour = edge.negated ? theme.danger : ink(types.get(edge.type)?.colour ?? "#888888", theme);
    drawEdgeLabel(context, this.scene.phrase(edge), (from.x + to.x) / 2, (from.y + to.y) / 2, colour, theme, scale);
  }

  drawLabels(context, scale) {
    const { scene } = this;
    const { clientWidth: width, clientHeight: height } = this.host;
    const place = ({ x, y, size }) => ({ ...this.onScreen(x, y), radius: size * scale * 1.2 });
    const labels = chooseLabels(this.ordered, scene.always(), place, width, height, (node) => scene.label(node), 160);
    for (const [id, lines] of labels) {
      const { x, y, size } = scene.nodes.get(id);
      drawLabel(context, lines, x, y + size * 1.2, scene.theme, scale, scene.marked(id));
    }
  }

  /** Show the last picture where the view is now. */
  blit() {
    if (!this.drawn) return;
    const context = this.canvas.getContext("2d");
    const zoom = this.at.scale / this.drawn.scale;
    const left = (this.drawn.x - this.at.x) * this.at.scale * this.ratio + (this.canvas.width * (1 - zoom)) / 2;
    const top = (this.drawn.y - this.at.y) * this.at.scale * this.ratio + (this.canvas.height * (1 - zoom)) / 2;
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    context.drawImage(this.picture, left, top, this.canvas.width * zoom, this.canvas.height * zoom);
  }

  moved() {
    this.blit();
    cancelAnimationFrame(this.frame);
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.redraw(), SETTLE);
  }

  visible() {
    const wide = this.host.clientWidth / 2 / this.at.scale + 40;
    const high = this.host.clientHeight / 2 / this.at.scale + 40;
    return { left: this.at.x - wide, right: this.at.x + wide, top: this.at.y - high, bottom: this.at.y + high };
  }

  inside(x, y) {
    return x > this.box.left && x < this.box.right && y > this.box.top && y < this.box.bottom;
  }

  crosses(from, to) {
    const { left, right, top, bottom } = this.box;
    return !(
      (from.x < left && to.x < left) ||
      (from.x > right && to.x > right) ||
      (from.y < top && to.y < top) ||
      (from.y > bottom && to.y > bottom)
    );
  }

  onScreen(x, y) {
    return {
      x: (x - this.at.x) * this.at.scale + this.host.clientWidth / 2,
      y: (y - this.at.y) * this.at.scale + this.host.clientHeight / 2,
    };
  }

  inWorld(x, y) {
    return {
      x: (x - this.host.clientWidth / 2) / this.at.scale + this.at.x,
      y: (y - this.host.clientHeight / 2) / this.at.scale + this.at.y,
    };
  }

  nodeAt(x, y) {
    const point = this.inWorld(x, y);
    let best;
    let least = Infinity;
    for (let dx = -1; dx <= 1; dx += 1)
      for (let dy = -1; dy <= 1; dy += 1)
        for (const node of this.cells.get(`${Math.floor(point.x / CELL) + dx},${Math.floor(point.y / CELL) + dy}`) ?? []) {
          const distance = Math.hypot(node.x - point.x, node.y - point.y) - node.size;
          if (distance < least) [best, least] = [node, distance];
        }
    return least * this.at.scale < 5 ? best : undefined;
  }

  edgeAt(x, y) {
    const point = this.inWorld(x, y);
    const reach = 4 / this.at.scale;
    return this.edges.find((edge) => {
      const from = this.scene.nodes.get(edge.from);
      const to = this.scene.nodes.get(edge.to);
      return fromSegment(point, from, to) < reach;
    });
  }

  listen() {
    const where = (event) => {
      const box = this.canvas.getBoundingClientRect();
      return { x: event.clientX - box.left, y: event.clientY - box.top };
    };
    const on = (name, act) => this.canvas.addEventListener(name, act, { passive: false });
    on("pointerdown", (event) => this.press(event, where(event)));
    on("pointermove", (event) => this.move(event, where(event)));
    on("pointerup", (event) => this.release(event, where(event)));
    on("pointercancel", (event) => this.pointers.delete(event.pointerId));
    on("pointerleave", () => this.events.hover(null));
    on("dblclick", (event) => {
      const { x, y } = where(event);
      const node = this.nodeAt(x, y);
      if (node) this.events.expand(node.id);
    });
    on("wheel", (event) => {
      event.preventDefault();
      this.zoomAt(where(event), Math.exp(-event.deltaY * 0.0012));
    });
  }

  press(event, point) {
    this.canvas.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, point);
    this.held = this.pointers.size === 1 ? this.nodeAt(point.x, point.y) : undefined;
    this.start = point;
    this.travelled = false;
  }

  move(event, point) {
    const last = this.pointers.get(event.pointerId);
    if (!last) {
      this.hover(point);
      return;
    }
    if (this.pointers.size === 2) this.pinch(event.pointerId, point);
    else if (this.travelled || Math.hypot(point.x - this.start.x, point.y - this.start.y) > 4) {
      this.travelled = true;
      this.drag(point.x - last.x, point.y - last.y);
    }
    this.pointers.set(event.pointerId, point);
  }

  drag(dx, dy) {
    if (this.held) {
      this.held.x += dx / this.at.scale;
      this.held.y += dy / this.at.scale;
      this.redraw();
    } else {
      this.at.x -= dx / this.at.scale;
      this.at.y -= dy / this.at.scale;
      this.moved();
    }
  }

  pinch(id, point) {
    const [other] = [...this.pointers].filter(([key]) => key !== id).map(([, value]) => value);
    const last = this.pointers.get(id);
    const before = Math.hypot(last.x - other.x, last.y - other.y) || 1;
    this.travelled = true;
    this.zoomAt(other, Math.hypot(point.x - other.x, point.y - other.y) / before);
  }

  release(event, point) {
    this.pointers.delete(event.pointerId);
    if (this.travelled) {
      if (this.held) {
        this.index();
        this.events.moved({ [this.held.id]: { x: this.held.x, y: this.held.y } });
      }
      return;
    }
    const node = this.nodeAt(point.x, point.y);
    const edge = node ? undefined : this.edgeAt(point.x, point.y);
    if (node) this.events.node(node.id, event.ctrlKey || event.metaKey || event.shiftKey);
    else if (edge) this.events.edge(edge.id);
    else this.events.blank();
  }

  hover(point) {
    const node = this.nodeAt(point.x, point.y);
    const edge = node || this.at.scale < NEAR ? undefined : this.edgeAt(point.x, point.y);
    this.canvas.style.cursor = node || edge ? "pointer" : "default";
    this.events.hover(node || edge ? { node: node?.id, edge: edge?.id, ...point } : null);
  }

  zoomAt(point, factor) {
    const before = this.inWorld(point.x, point.y);
    this.at.scale = Math.min(Math.max(this.at.scale * factor, 0.02), 6);
    const after = this.inWorld(point.x, point.y);
    this.at.x += before.x - after.x;
    this.at.y += before.y - after.y;
    this.moved();
  }

  view() {
    return { ...this.at };
  }

  setView(view) {
    this.at = { ...view };
    this.moved();
  }

  select() {
    this.redraw();
  }

  selectEdge() {
    this.redraw();
  }

  toScreen(id) {
    const node = this.scene.nodes.get(id);
    return node && this.onScreen(node.x, node.y);
  }

  destroy() {
    cancelAnimationFrame(this.frame);
    clearTimeout(this.settling);
    this.resizer.disconnect();
    this.host.replaceChildren();
  }
}

function grouped(items, keyOf) {
  const groups = new Map();
  for (const item of items) {
    const key = keyOf(item);
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(item);
  }
  return groups;
}

/** Add the head of an arrow, `half` as wide to each side, to the path: its tip touches the node that it points to. */
function arrowPath(context, from, to, half) {
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  if (length < to.size + half) return;
  const [dx, dy] = [((to.x - from.x) / length) * half, ((to.y - from.y) / length) * half];
  const back = (to.size + 1) / half;
  const [x, y] = [to.x - dx * back, to.y - dy * back];
  context.moveTo(x, y);
  context.lineTo(x - 2.4 * dx + dy, y - 2.4 * dy - dx);
  context.lineTo(x - 2.4 * dx - dy, y - 2.4 * dy + dx);
}

function fromSegment(point, from, to) {
  const dx = to.x - from.x;
  const dy = to.y - from.y;
  const along = ((point.x - from.x) * dx + (point.y - from.y) * dy) / (dx * dx + dy * dy || 1);
  const share = Math.min(Math.max(along, 0), 1);
  return Math.hypot(point.x - from.x - share * dx, point.y - from.y - share * dy);
}
