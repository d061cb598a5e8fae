/* The page of `newsletter preview`: shows each state that the server sends, and keeps what the editor chose. */

import { element } from "./element.js";
import { KeptFrame } from "./frames.js";
import { setUpTabs } from "./tabs.js";
import { showFindings, SourcePane } from "./findings.js";
import { showWeights } from "./sizes.js";

const byId = (id) => document.getElementById(id);
const names = new Intl.DisplayNames(["en"], { type: "language" });
const source = new SourcePane({ lines: byId("lines"), files: byId("source-file"), copy: byId("copy") });
const frames = new Map();
let state = null;
let panel = null;
let language = decodeURIComponent(location.hash.slice(1));
let topics = null; // null: all of the edition's, so that every block is seen

function edition() {
  return state?.editions.find((one) => one.language === language) ?? state?.editions[0];
}

function chosenTopics(shown) {
  const named = shown.topics.map((topic) => topic.key);
  return topics ? named.filter((key) => topics.includes(key)) : named;
}

function query(shown) {
  return new URLSearchParams([["digest", shown.digest], ...chosenTopics(shown).map((topic) => ["topic", topic])]);
}

async function showPanel() {
  const shown = edition();
  byId("empty").hidden = !state || Boolean(shown);
  if (!panel || !shown) return;
  if (panel.id === "size") {
    const answer = await fetch(`/weights/${shown.language}?${query(shown)}`);
    if (answer.ok) showWeights(byId("weights"), await answer.json(), (line) => source.show({ file: shown.file, line, column: 0 }));
    return;
  }
  if (!frames.has(panel.id)) {
    const title = byId(panel.getAttribute("aria-labelledby")).textContent;
    const onLink = (address) => (byId("link").textContent = `Leads to ${address}. Links are not followed here.`);
    frames.set(panel.id, new KeptFrame(panel.querySelector(".frame"), { title, onLink }));
  }
  frames.get(panel.id).show(`/shown/${shown.language}/${panel.dataset.view}?${query(shown)}`);
}

function showInbox() {
  const shown = edition();
  byId("inbox").hidden = !shown;
  if (!shown) return;
  const inbox = byId("inbox");
  inbox.lang = shown.language;
  inbox.querySelector(".from").textContent = state.from;
  inbox.querySelector(".subject").textContent = shown.subject;
  inbox.querySelector(".preheader").textContent = shown.preheader;
}

function showChoices() {
  const shown = edition();
  const languages = state.editions.map((one) => choice("radio", "language", one.language, names.of(one.language), one === shown));
  replaceChoices(byId("languages"), languages.length > 1 ? languages : []);
  const chosen = shown ? chosenTopics(shown) : [];
  replaceChoices(byId("topics"), (shown?.topics ?? []).map(({ key, label }) => choice("checkbox", "topic", key, label, chosen.includes(key))));
}

function choice(type, name, value, words, checked) {
  return element("label", {}, element("input", { type, name, value, checked }), ` ${words}`);
}

function replaceChoices(fieldset, labels) {
  const values = (among) => [...among].map((label) => label.querySelector("input").value + label.textContent).join();
  fieldset.hidden = !labels.length;
  if (values(fieldset.querySelectorAll("label")) === values(labels)) return;
  fieldset.replaceChildren(fieldset.querySelector("legend"), ...labels);
}

function show(news) {
  const changed = !state || JSON.stringify(state.findings) !== JSON.stringify(news.findings);
  state = news;
  document.title = `${mark(news)}${news.issue} preview`;
  byId("issue").textContent = news.issue;
  const seen = news.editions.length && !news.drawn ? " What you see is how it looked before." : "";
  byId("banner").hidden = !news.hindrance;
  byId("banner").textContent = news.hindrance ? news.hindrance + seen : "";
  byId("status").textContent = `Read at ${new Date().toLocaleTimeString("en-GB")}, in ${Math.round(news.milliseconds)} ms`;
  byId("findings-title").textContent = news.findings.length ? `Findings (${news.findings.length})` : "Findings";
  if (changed) {
    const files = Object.keys(news.sources);
    showFindings(byId("finding-list"), news.findings, { files, onChosen: (finding) => source.show(finding) });
  }
  source.update(news.sources, news.findings);
  showChoices();
  showInbox();
  showPanel();
}

function mark(news) {
  return news.findings.some((finding) => finding.severity === "error") ? "✗ " : "";
}

byId("languages").addEventListener("change", (event) => {
  language = event.target.value;
  source.show({ file: edition().file, line: 0, column: 0 });
  history.replaceState(null, "", `#${language}`);
  showChoices();
  showInbox();
  showPanel();
});
byId("topics").addEventListener("change", () => {
  topics = [...byId("topics").querySelectorAll("input:checked")].map((input) => input.value);
  showPanel();
});
setUpTabs(byId("tabs"), (chosen) => {
  panel = chosen;
  byId("link").textContent = "";
  showPanel();
});

const events = new EventSource("/events");
events.addEventListener("message", (event) => show(JSON.parse(event.data)));
events.addEventListener("error", () => {
  byId("status").textContent = "The preview has stopped. Start it again in the terminal.";
});
