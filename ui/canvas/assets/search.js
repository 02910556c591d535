// The search box: a combobox that asks Python as one types.

import { readTheme, shapeData, tone } from "./draw.js";

const DELAY = 110;
const COLOUR = /^#[0-9a-f]{6}$/;
const SVG = "http://www.w3.org/2000/svg";
const mounted = new WeakMap();
let count = 0;

export default function search(component) {
  const { parentElement, data } = component;
  let box = mounted.get(parentElement);
  if (!box) {
    box = new SearchBox(parentElement);
    mounted.set(parentElement, box);
  }
  box.update(component, data);
  return () => {
    box.destroy();
    mounted.delete(parentElement);
  };
}

class SearchBox {
  constructor(parent) {
    count += 1;
    this.name = `zhitu-search-${count}`;
    this.hits = [];
    this.at = -1;
    this.root = make("div", { class: "search" });
    this.input = make("input", {
      type: "search", role: "combobox", autocomplete: "off", spellcheck: "false",
      "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": this.name,
    });
    this.list = make("div", { class: "hits", role: "listbox", id: this.name, hidden: "" });
    this.live = make("div", { class: "live", role: "status", "aria-live": "polite" });
    this.root.append(glass(), this.input, this.list, this.live);
    parent.append(this.root);
    this.input.addEventListener("input", () => this.typed());
    this.input.addEventListener("focus", () => this.typed());
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.input.addEventListener("blur", () => setTimeout(() => this.close(), 160));
    this.focus = () => {
      this.input.focus();
      this.input.select();
    };
    this.slash = (event) => {
      if (event.key !== "/" || event.ctrlKey || event.metaKey || typing(event)) return;
      event.preventDefault();
      this.focus();
    };
    window.addEventListener("zhitu:search", this.focus);
    window.addEventListener("keydown", this.slash);
  }

  update(component, { hits, typed, words }) {
    this.component = component;
    this.words = words;
    this.input.placeholder = words.placeholder;
    this.input.setAttribute("aria-label", words.placeholder);
    if (this.waiting && typed !== this.input.value) return; // an answer to older words
    this.waiting = false;
    this.hits = hits;
    this.at = hits.length ? 0 : -1;
    this.draw();
  }

  typed() {
    clearTimeout(this.timer);
    this.waiting = true;
    this.open = true;
    this.timer = setTimeout(() => this.component.setTriggerValue("typed", this.input.value), DELAY);
  }

  key(event) {
    event.stopPropagation();
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && this.hits.length) {
      event.preventDefault();
      this.open = true;
      this.at = (this.at + step + this.hits.length) % this.hits.length;
      this.draw();
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (this.waiting) this.chooseNext = true;
      else if (this.hits[this.at]) this.choose(this.hits[this.at]);
    } else if (event.key === "Escape") {
      this.close();
    }
  }

  choose(hit) {
    this.input.value = "";
    this.close();
    this.input.blur();
    this.component.setTriggerValue("chosen", hit.id);
  }

  close() {
    this.open = false;
    this.draw();
  }

  draw() {
    if (this.chooseNext && !this.waiting) {
      this.chooseNext = false;
      if (this.hits[0]) {
        this.choose(this.hits[0]);
        return;
      }
    }
    const { dark } = readTheme(this.root);
    const none = !this.hits.length && this.input.value.trim();
    this.list.hidden = !this.open || !(this.hits.length || none);
    this.input.setAttribute("aria-expanded", String(!this.list.hidden));
    this.list.replaceChildren(...this.hits.map((hit, index) => this.row(hit, index, dark)));
    if (none) {
      const line = make("div", { class: "none" });
      line.textContent = this.words.none;
      this.list.append(line);
    }
    if (this.open) this.live.textContent = none ? this.words.none : `${this.hits.length} ${this.words.found}`;
    if (this.at >= 0) this.input.setAttribute("aria-activedescendant", `${this.name}-${this.at}`);
    else this.input.removeAttribute("aria-activedescendant");
    this.list.children[this.at]?.scrollIntoView?.({ block: "nearest" });
  }

  row(hit, index, dark) {
    const row = make("div", { class: "hit", role: "option", id: `${this.name}-${index}`, "aria-selected": String(index === this.at) });
    const name = make("span", { class: "name" });
    name.textContent = hit.name;
    const note = make("span", { class: "note" });
    note.textContent = hit.note ?? "";
    const kind = make("span", { class: "kind" });
    kind.textContent = hit.kind;
    row.append(mark(hit, dark), name, note, kind);
    row.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      this.choose(hit);
    });
    return row;
  }

  destroy() {
    clearTimeout(this.timer);
    window.removeEventListener("zhitu:search", this.focus);
    window.removeEventListener("keydown", this.slash);
    this.root.remove();
  }
}

/** Whether a key goes to something that is written in. */
function typing(event) {
  const [target] = event.composedPath();
  return target?.isContentEditable || /^(input|textarea|select)$/i.test(target?.tagName ?? "");
}

function make(name, attributes) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

function drawing(viewBox, path, attributes) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", viewBox);
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(SVG, "path");
  line.setAttribute("d", path);
  for (const [key, value] of Object.entries(attributes)) line.setAttribute(key, value);
  svg.append(line);
  return svg;
}

function mark({ shape, colour }, dark) {
  return drawing("-9 -9 18 18", shapeData(shape, 6.4), { fill: COLOUR.test(colour) ? tone(colour, { dark }) : "gray" });
}

function glass() {
  const svg = drawing("0 0 24 24", "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13M15.5 15.5L21 21", { fill: "none" });
  svg.setAttribute("class", "glass");
  return svg;
}
