// An editor for Cypher: a plain text area over the same text in colours.

const PARTS =
  /(?<comment>\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$))|(?<string>'(?:\\.|[^'\\])*'?|"(?:\\.|[^"\\])*"?)|(?<name>`[^`]*`?)|(?<parameter>\$\w+)|(?<label>:\s*[A-Za-z_]\w*)|(?<number>\b\d+(?:\.\d+)?\b)|(?<word>[A-Za-z_]\w*)/g;
const WORDS = new Set(
  ("MATCH OPTIONAL WHERE RETURN WITH UNWIND ORDER BY SKIP LIMIT ASC DESC DISTINCT AS AND OR XOR NOT IN IS NULL CASE WHEN THEN ELSE END " +
    "CALL YIELD UNION ALL EXISTS COUNT STARTS ENDS CONTAINS TRUE FALSE EXPLAIN").split(" "),
);
const mounted = new WeakMap();

export default function editor(component) {
  const { parentElement, data } = component;
  let box = mounted.get(parentElement);
  if (!box) {
    box = build(parentElement);
    mounted.set(parentElement, box);
  }
  box.component = component;
  box.area.setAttribute("aria-label", data.words.label);
  if (box.revision !== data.revision) {
    box.revision = data.revision;
    box.area.value = data.text;
    box.told = data.text;
    colour(box);
  }
  if (box.inserted === undefined) box.inserted = data.insert.number;
  else if (box.inserted !== data.insert.number) {
    box.inserted = data.insert.number;
    insert(box, data.insert.text);
  }
  return () => {
    box.root.remove();
    mounted.delete(parentElement);
  };
}

function build(parent) {
  const root = document.createElement("div");
  root.className = "editor";
  const shade = document.createElement("pre");
  shade.setAttribute("aria-hidden", "true");
  const area = document.createElement("textarea");
  area.spellcheck = false;
  area.rows = 5;
  root.append(shade, area);
  parent.append(root);
  const box = { root, shade, area };
  area.addEventListener("input", () => colour(box));
  area.addEventListener("scroll", () => shade.scrollTo(area.scrollLeft, area.scrollTop));
  area.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      box.told = area.value;
      box.component.setTriggerValue("run", area.value);
    }
  });
  area.addEventListener("blur", () => {
    if (area.value === box.told) return;
    box.told = area.value;
    box.component.setTriggerValue("edited", area.value);
  });
  return box;
}

/** Put text where the cursor is; leaving the editor tells of it, as of any edit. */
function insert(box, text) {
  const { area } = box;
  area.setRangeText(text, area.selectionStart, area.selectionEnd, "end");
  area.focus();
  colour(box);
}

function colour({ shade, area }) {
  const text = area.value;
  const parts = [];
  let end = 0;
  for (const match of text.matchAll(PARTS)) {
    let [kind] = Object.entries(match.groups).find(([, value]) => value !== undefined);
    if (kind === "word" && !WORDS.has(match[0].toUpperCase())) continue;
    parts.push(text.slice(end, match.index));
    const span = document.createElement("span");
    span.className = kind;
    span.textContent = match[0];
    parts.push(span);
    end = match.index + match[0].length;
  }
  shade.replaceChildren(...parts, `${text.slice(end)}\n`);
  area.style.height = "auto";
  area.style.height = `${Math.min(Math.max(area.scrollHeight, 128), 420)}px`;
}
