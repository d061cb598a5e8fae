/* The list of findings, and the source with the line that one of them is about. */

import { element } from "./element.js";

const ORDER = ["error", "warning", "notice"];

/* Errors first, and then as the files are listed; within a file they come in the order of its lines. */
function inOrder(findings, files) {
  const rank = ({ severity, file }) => ORDER.indexOf(severity) * 1000 + files.indexOf(file);
  return [...findings].sort((one, other) => rank(one) - rank(other));
}

export function showFindings(list, findings, { files, onChosen }) {
  const open = new Set([...list.querySelectorAll("details[open]")].map((why) => why.dataset.key));
  list.replaceChildren(...inOrder(findings, files).map((finding) => showFinding(finding, open, onChosen)));
  if (!findings.length) list.append(element("li", { className: "none" }, "Nothing found."));
}

function showFinding(finding, open, onChosen) {
  const key = `${finding.rule} ${finding.file}`;
  const words = [
    element("span", { className: "severity" }, finding.severity),
    " ",
    element("span", { className: "message" }, finding.message),
    " ",
    element("span", { className: "place" }, finding.place),
  ];
  const item = element("li", { className: finding.severity });
  if (finding.line) {
    const button = element("button", { type: "button" }, ...words);
    button.addEventListener("click", () => onChosen(finding));
    item.append(button);
  } else {
    item.append(element("p", {}, ...words));
  }
  if (finding.fix) item.append(element("p", { className: "fix" }, finding.fix));
  if (finding.why.length) {
    const why = element("details", { open: open.has(key) }, element("summary", {}, `Why: ${finding.rule}`));
    why.dataset.key = key;
    why.append(...finding.why.map((part) => element("p", {}, ...withCode(part))));
    item.append(why);
  }
  return item;
}

/* What stands between backticks is shown as code; the rest of Markdown's marks are read well enough as they are. */
function withCode(text) {
  return text.split("`").map((part, index) => (index % 2 ? element("code", {}, part) : part));
}

export class SourcePane {
  constructor({ lines, files, copy }) {
    this.lines = lines;
    this.files = files;
    this.copy = copy;
    this.sources = {};
    this.at = { file: "", line: 0, column: 0 };
    files.addEventListener("change", () => this.show({ file: files.value, line: 0, column: 0 }));
    copy.addEventListener("click", async () => {
      await navigator.clipboard.writeText(this.address());
      copy.textContent = "Copied";
    });
  }

  /* Take the files as they are now, and stay where the editor was looking. */
  update(sources, findings) {
    this.sources = sources;
    if (!findings.some(({ file, line }) => file === this.at.file && line === this.at.line)) this.at.line = 0;
    const names = Object.keys(sources);
    this.files.replaceChildren(...names.map((name) => element("option", { value: name }, name)));
    const { scrollTop } = this.lines;
    this.draw(names.includes(this.at.file) ? this.at : { file: names[0] ?? "", line: 0, column: 0 });
    this.lines.scrollTop = scrollTop;
  }

  show(place) {
    this.draw(place);
    const here = this.lines.querySelector(".here");
    if (here) here.scrollIntoView({ block: "center" });
    else this.lines.scrollTop = 0;
    if (here) this.lines.focus({ preventScroll: true });
  }

  draw({ file, line, column }) {
    const place = (this.at = { file, line, column });
    this.files.value = place.file;
    const texts = (this.sources[place.file] ?? "").split(/\r\n?|\n/);
    this.lines.replaceChildren(...texts.map((text, index) => drawLine(text, index + 1, place)));
    this.copy.hidden = !place.line;
    this.copy.textContent = `Copy ${this.address()}`;
  }

  address() {
    return `${this.at.file}:${this.at.line}${this.at.column ? `:${this.at.column}` : ""}`;
  }
}

function drawLine(text, number, place) {
  const here = number === place.line;
  const line = element("div", { className: here ? "line here" : "line" }, element("span", { className: "number" }, String(number)));
  const code = element("code");
  if (here) line.setAttribute("aria-current", "true");
  if (here && place.column) {
    const characters = [...text]; // columns count characters, JavaScript's indices UTF-16 units
    const from = place.column - 1;
    const to = Math.max(from + 1, characters.findIndex((character, index) => index > from && /\s/.test(character)));
    const end = to > from + 1 || /\s/.test(characters[from + 1] ?? " ") ? to : characters.length;
    code.append(characters.slice(0, from).join(""), element("mark", {}, characters.slice(from, end).join("")));
    code.append(characters.slice(end).join(""));
  } else {
    code.append(text);
  }
  line.append(code);
  return line;
}
