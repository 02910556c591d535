// What both renderers share: the theme, the shapes of kinds, and which labels have room.

/** Read Streamlit's theme from its CSS variables. */
export function readTheme(element) {
  const style = getComputedStyle(element);
  const get = (name, fallback) => style.getPropertyValue(name).trim() || fallback;
  const background = get("--st-background-color", "#ffffff");
  return {
    background,
    text: get("--st-text-color", "#1f2733"),
    primary: get("--st-primary-color", "#0f766e"),
    danger: get("--st-red-text-color", "#b3261e"),
    font: get("--st-font", "sans-serif"),
    dark: luminance(background) < 0.4,
  };
}

/** Relative lightness of a CSS colour in [0, 1]; good enough to tell dark from light. */
function luminance(colour) {
  const context = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  context.fillStyle = colour;
  context.fillRect(0, 0, 1, 1);
  const [red, green, blue] = context.getImageData(0, 0, 1, 1).data;
  return (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255;
}

/** Mix two #rrggbb colours; `share` of the second. */
export function mix(one, other, share) {
  const part = (colour, at) => parseInt(colour.slice(at, at + 2), 16);
  const hex = [1, 3, 5].map((at) =>
    Math.round(part(one, at) * (1 - share) + part(other, at) * share).toString(16).padStart(2, "0"),
  );
  return `#${hex.join("")}`;
}

/** A colour of the ontology, lightened where the page is dark. */
export function tone(colour, theme) {
  return theme.dark ? mix(colour, "#ffffff", 0.28) : colour;
}

/** A colour of the ontology for text, dark enough to be read where the page is light. */
export function ink(colour, theme) {
  return theme.dark ? tone(colour, theme) : mix(colour, "#1d2730", 0.25);
}

const POLYGONS = {
  diamond: regular(4, 0, 1.2),
  square: regular(4, 45, 1.2),
  triangle: regular(3, 0, 1.25, 0.2),
  triangleDown: regular(3, 180, 1.25, -0.2),
  hexagon: regular(6, 30, 1.05),
  star: star(),
};

function regular(corners, turn, size, drop = 0) {
  return Array.from({ length: corners }, (_, index) => {
    const angle = ((turn + (360 / corners) * index - 90) * Math.PI) / 180;
    return [size * Math.cos(angle), size * Math.sin(angle) + drop];
  });
}

function star() {
  return Array.from({ length: 10 }, (_, index) => {
    const size = index % 2 ? 0.58 : 1.3;
    const angle = ((36 * index - 90) * Math.PI) / 180;
    return [size * Math.cos(angle), size * Math.sin(angle)];
  });
}

/** Add a kind's shape, as large as a circle of this radius, to the current path. */
export function shapePath(context, shape, x, y, radius) {
  const polygon = POLYGONS[shape];
  if (polygon) {
    polygon.forEach(([dx, dy], index) => {
      if (index) context.lineTo(x + dx * radius, y + dy * radius);
      else context.moveTo(x + dx * radius, y + dy * radius);
    });
    context.closePath();
  } else if (shape === "box") {
    context.roundRect(x - radius * 1.25, y - radius * 0.8, radius * 2.5, radius * 1.6, radius * 0.3);
  } else {
    const wide = shape === "ellipse" ? 1.3 : 1;
    context.moveTo(x + radius * wide, y);
    context.ellipse(x, y, radius * wide, shape === "ellipse" ? radius * 0.8 : radius, 0, 0, 2 * Math.PI);
  }
}

/** The same shape as the data of an SVG path, around 0, 0. */
export function shapeData(shape, radius) {
  const polygon = POLYGONS[shape];
  const number = (value) => Number(value.toFixed(2));
  if (polygon) return `M${polygon.map(([dx, dy]) => `${number(dx * radius)} ${number(dy * radius)}`).join("L")}Z`;
  if (shape === "box") return `M${-radius * 1.25} ${-radius * 0.8}h${radius * 2.5}v${radius * 1.6}h${-radius * 2.5}Z`;
  const wide = number(radius * (shape === "ellipse" ? 1.3 : 1));
  const high = number(radius * (shape === "ellipse" ? 0.8 : 1));
  return `M${wide} 0A${wide} ${high} 0 1 1 ${-wide} 0A${wide} ${high} 0 1 1 ${wide} 0Z`;
}

export const FONT_SIZE = 13;
const LINE = 1.25;
const CELL = 24;

/** Boxes already taken on the screen, found again by cells of a grid. */
export class Taken {
  constructor() {
    this.cells = new Map();
  }

  *keys(box) {
    for (let x = Math.floor(box.left / CELL); x <= Math.floor(box.right / CELL); x += 1)
      for (let y = Math.floor(box.top / CELL); y <= Math.floor(box.bottom / CELL); y += 1) yield x * 65536 + y;
  }

  free(box) {
    for (const key of this.keys(box))
      for (const other of this.cells.get(key) ?? [])
        if (box.left < other.right && other.left < box.right && box.top < other.bottom && other.top < box.bottom)
          return false;
    return true;
  }

  add(box) {
    for (const key of this.keys(box)) {
      if (!this.cells.has(key)) this.cells.set(key, []);
      this.cells.get(key).push(box);
    }
  }
}

/**
 * Choose the nodes whose labels have room on the screen, the most important first.
 * `place(node)` gives {x, y, radius} in pixels of the screen; `always` are shown whatever they cover.
 */
export function chooseLabels(ordered, always, place, width, height, labelOf, limit = 400) {
  const taken = new Taken();
  const chosen = new Map();
  const put = (node, must) => {
    const { x, y, radius } = place(node);
    if (x < -80 || y < -40 || x > width + 80 || y > height + 40) return;
    const lines = labelOf(node);
    const box = labelBox(lines, x, y + radius + 1);
    if (!must && !taken.free(box)) return;
    taken.add(box);
    chosen.set(node.id, lines);
  };
  for (const node of always) put(node, true);
  for (const node of ordered) {
    if (chosen.size >= limit) break;
    if (!chosen.has(node.id)) put(node, false);
  }
  return chosen;
}

/** The box of a label whose top is at x, y in its middle. */
export function labelBox(lines, x, y) {
  const half = Math.max(...lines.map(textWidth)) / 2 + 3;
  return { left: x - half, right: x + half, top: y, bottom: y + lines.length * FONT_SIZE * LINE };
}

/** About how wide a text is in pixels; measuring ten thousand on a canvas takes too long. */
export function textWidth(text) {
  let width = 0;
  for (const letter of text) width += letter.codePointAt(0) > 0x2e7f ? FONT_SIZE : FONT_SIZE * 0.56;
  return width;
}

/** Write a label under a node; `scale` keeps the letters as large on the screen whatever the zoom. */
export function drawLabel(context, lines, x, y, theme, scale, strong) {
  const size = FONT_SIZE / scale;
  context.font = `${strong ? 600 : 400} ${size}px ${theme.font}`;
  context.textAlign = "center";
  context.textBaseline = "top";
  context.lineJoin = "round";
  context.lineWidth = 3.5 / scale;
  lines.forEach((line, index) => {
    const top = y + index * size * LINE + 2 / scale;
    context.strokeStyle = theme.background;
    context.strokeText(line, x, top);
    context.globalAlpha = index ? 0.72 : 1;
    context.fillStyle = theme.text;
    context.fillText(line, x, top);
    context.globalAlpha = 1;
  });
}

/** What an edge says, on a patch of background in its middle. */
export function drawEdgeLabel(context, text, x, y, colour, theme, scale) {
  const size = 11.5 / scale;
  context.font = `500 ${size}px ${theme.font}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  const half = context.measureText(text).width / 2 + 3 / scale;
  context.globalAlpha = 0.88;
  context.fillStyle = theme.background;
  context.fillRect(x - half, y - size * 0.72, half * 2, size * 1.44);
  context.globalAlpha = 1;
  context.fillStyle = colour;
  context.fillText(text, x, y + size * 0.04);
}

/** The bar that strikes a denied relation, across its middle. */
export function drawBar(context, x, y, angle, theme, scale) {
  const length = 8 / Math.max(scale, 0.5);
  context.save();
  context.translate(x, y);
  context.rotate(angle + Math.PI / 3);
  context.lineCap = "round";
  for (const [width, colour] of [[5.5, theme.background], [2.2, theme.danger]]) {
    context.lineWidth = width / Math.max(scale, 0.5);
    context.strokeStyle = colour;
    context.beginPath();
    context.moveTo(-length, 0);
    context.lineTo(length, 0);
    context.stroke();
  }
  context.restore();
}

/** How an edge is dashed: denied ones are dotted, whatever their type. */
export function dashes(edge, style) {
  if (edge.negated) return [2, 5];
  return { dashed: [8, 5], dotted: [2, 4] }[style?.dash] ?? false;
}

/** A label that is too long for a picture, cut. */
export function cut(text, length = 28) {
  const letters = [...text];
  return letters.length > length ? `${letters.slice(0, length - 1).join("")}…` : text;
}
