// The view as a file: SVG made of elements (so that names stay text), PNG from it or from the canvas.

import { bend } from "./vis-view.js";
import { dashes, FONT_SIZE, shapeData, tone } from "./draw.js";

const SVG = "http://www.w3.org/2000/svg";

function make(name, attributes, text) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) if (value !== undefined) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

/** Return what is on the screen as the text of an SVG file. */
export function toSvg(scene, renderer, width, height) {
  const { theme } = scene;
  const scale = renderer.view().scale;
  const svg = make("svg", { xmlns: SVG, width, height, viewBox: `0 0 ${width} ${height}`, "font-family": theme.font });
  svg.append(make("rect", { width, height, fill: theme.background }));
  const at = (id) => renderer.toScreen(id);
  const edges = [...scene.edges.values()].filter((edge) => scene.showsEdge(edge));
  const bends = bend(edges);
  for (const edge of edges) drawEdge(svg, scene, edge, bends.get(edge.id), at);
  for (const node of scene.nodes.values()) {
    if (!scene.shows(node)) continue;
    const { x, y } = at(node.id);
    const kind = scene.kinds.get(node.kind);
    const radius = node.size * Math.min(scale, 1.5);
    const colour = tone(kind?.colour ?? "#888888", theme);
    const move = `translate(${x.toFixed(1)} ${y.toFixed(1)})`;
    svg.append(make("path", { d: shapeData(kind?.shape, radius), fill: colour, stroke: theme.background, transform: move }));
    if (scene.nodes.size > 400) continue;
    scene.label(node).forEach((line, index) => {
      const top = y + radius * 1.2 + FONT_SIZE * (1 + index * 1.25);
      const style = { x, y: top, "text-anchor": "middle", "font-size": FONT_SIZE, fill: theme.text };
      svg.append(make("text", { ...style, stroke: theme.background, "stroke-width": 3, "paint-order": "stroke" }, line));
    });
  }
  return new XMLSerializer().serializeToString(svg);
}

function drawEdge(svg, scene, edge, bent, at) {
  const { theme } = scene;
  const style = scene.types.get(edge.type);
  const from = at(edge.from);
  const to = at(edge.to);
  const middle = {
    x: (from.x + to.x) / 2 + (to.y - from.y) * bent,
    y: (from.y + to.y) / 2 - (to.x - from.x) * bent,
  };
  const dash = dashes(edge, style);
  const line = make("path", {
    d: `M${from.x.toFixed(1)} ${from.y.toFixed(1)}Q${middle.x.toFixed(1)} ${middle.y.toFixed(1)} ${to.x.toFixed(1)} ${to.y.toFixed(1)}`,
    fill: "none",
    stroke: tone(style?.colour ?? "#888888", theme),
    "stroke-opacity": 0.65,
    "stroke-width": edge.width,
    "stroke-dasharray": dash ? dash.join(" ") : undefined,
  });
  line.append(make("title", {}, scene.sentence(edge)));
  svg.append(line);
  if (edge.negated) {
    const x = (from.x + 2 * middle.x + to.x) / 4;
    const y = (from.y + 2 * middle.y + to.y) / 4;
    svg.append(make("path", { d: `M${x - 4} ${y + 7}L${x + 4} ${y - 7}`, stroke: theme.danger, "stroke-width": 2.2 }));
  }
}

/** Let the browser save the picture. */
export function save(kind, svg, canvas, background) {
  if (kind === "svg") {
    download(new Blob([svg], { type: "image/svg+xml" }), "zhitu.svg");
    return;
  }
  const copy = document.createElement("canvas");
  copy.width = canvas.width;
  copy.height = canvas.height;
  const context = copy.getContext("2d");
  context.fillStyle = background;
  context.fillRect(0, 0, copy.width, copy.height);
  context.drawImage(canvas, 0, 0);
  copy.toBlob((blob) => download(blob, "zhitu.png"));
}

function download(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
