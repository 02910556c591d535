// Rich text: makes elements of a tree of values. Text is set as text, and only what is listed here is made.

import { shapeData, tone, readTheme } from "./draw.js";
import { head } from "./memory.js";

const TAGS = new Set(
  ("a abbr article aside b blockquote br button code dd del details div dl dt em figcaption figure h1 h2 h3 h4 h5 h6 header hr i kbd " +
    "li mark nav ol p pre s section small span strong sub summary sup table tbody td th thead tr u ul")
    .split(" "),
);
const MATH = new Set(
  ("math mi mn mo ms mtext mspace mrow mfrac msqrt mroot mstyle mpadded mphantom mfenced menclose msub msup msubsup munder mover " +
    "munderover mtable mtr mtd").split(" "),
);
const ATTRIBUTES = new Set(["class", "title", "lang", "start", "colspan", "open", "id", "aria-label", "role", "disabled", "aria-current"]);
const MATH_ATTRIBUTES = new Set(
  ("display mathvariant stretchy fence separator lspace rspace width height depth columnalign rowspacing columnspacing accent accentunder " +
    "linethickness displaystyle scriptlevel minsize maxsize form movablelimits").split(" "),
);
const OWN_PAGE = /^(?:[a-z]*(?:\?[^:/]*)?|\.)$/;
const COLOUR = /^#[0-9a-f]{6}$/;
const MATHML = "http://www.w3.org/1998/Math/MathML";
const SVG = "http://www.w3.org/2000/svg";

const mounted = new WeakMap();

export default function prose({ parentElement, data: message, setTriggerValue }) {
  let state = mounted.get(parentElement);
  if (!state) {
    state = { root: document.createElement("div") };
    state.root.className = "prose";
    parentElement.append(state.root);
    mounted.set(parentElement, state);
  }
  state.go = (target) => setTriggerValue("go", target);
  const data = head(message);
  const given = JSON.stringify(data);
  if (given !== state.given) {
    state.given = given;
    state.root.lang = data.lang;
    const dark = readTheme(state.root).dark;
    state.root.replaceChildren(make(data.tree, state, dark));
    const target = state.root.querySelector(".target");
    if (target) requestAnimationFrame(() => target.scrollIntoView({ block: target.tagName === "H2" ? "start" : "center" }));
  }
  return () => {
    state.root.remove();
    mounted.delete(parentElement);
  };
}

function make(tree, state, dark) {
  if (typeof tree === "string") return document.createTextNode(tree);
  const [tag, attributes, ...children] = tree;
  if (tag === "shape") return shape(attributes, dark);
  const math = MATH.has(tag);
  if (!math && !TAGS.has(tag)) return document.createTextNode("");
  const made = math ? document.createElementNS(MATHML, tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if ((math ? MATH_ATTRIBUTES : ATTRIBUTES).has(name)) made.setAttribute(name, value === true ? "" : value);
    else if (name === "href" && tag === "a" && OWN_PAGE.test(value)) made.setAttribute("href", value);
    else if (name === "go") listen(made, value, state);
    else if (name === "colour" && COLOUR.test(value)) made.style.setProperty("--colour", tone(value, { dark }));
    else if (name === "share") made.style.setProperty("--share", Number(value));
  }
  if (tag === "button") made.type = "button";
  made.append(...children.map((child) => make(child, state, dark)));
  return made;
}

function listen(element, target, state) {
  element.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return; // a new tab, by its address
    event.preventDefault();
    event.stopPropagation();
    state.go(target);
  });
}

/** A kind's mark. */
function shape({ shape: name, colour }, dark) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "-9 -9 18 18");
  svg.setAttribute("class", "shape");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", shapeData(name, 6.4));
  if (COLOUR.test(colour)) path.setAttribute("fill", tone(colour, { dark }));
  svg.append(path);
  return svg;
}
