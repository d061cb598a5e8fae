/* What the mail weighs, beside the size at which Gmail cuts it off. */

import { element } from "./element.js";

const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;

export function showWeights(holder, weights, onSection) {
  const share = weights.html / weights.limit;
  const meter = element("meter", { min: 0, max: 1, high: 0.8, optimum: 0.3, value: Math.min(share, 1) });
  meter.setAttribute("aria-label", "Share of the limit that the HTML part takes");
  holder.replaceChildren(
    element("p", { className: "sum" }, `The HTML part takes ${kilobytes(weights.html)} of the ${kilobytes(weights.limit)} after which Gmail cuts a mail off: ${Math.round(share * 100)} %.`),
    meter,
    table("The parts of the message, in bytes as they travel", [
      ["HTML part", weights.html],
      ["Text part", weights.text],
      ["The whole message", weights.message],
      ["Web page", weights.web],
    ].map(([name, bytes]) => row(name, bytes, weights.message))),
    table("What in the HTML part weighs most", weights.sections.map(({ title, bytes, line }) => row(title, bytes, weights.html, line && (() => onSection(line))))),
  );
}

function table(caption, rows) {
  return element("table", {}, element("caption", {}, caption), element("tbody", {}, ...rows));
}

function row(name, bytes, whole, onChosen) {
  const words = onChosen ? element("button", { type: "button", className: "plain" }, name) : name;
  if (onChosen) words.addEventListener("click", onChosen);
  const bar = element("span", { className: "bar" });
  bar.style.inlineSize = `${Math.min(100, (bytes / whole) * 100)}%`;
  const heading = element("th", { scope: "row" }, words);
  return element("tr", {}, heading, element("td", {}, bytes.toLocaleString("en")), element("td", { className: "share" }, bar));
}
