// Milliseconds that npm's mjml takes for one document, warm: node npm_mjml.mjs FOLDER_OF_MJML FILE ROUNDS
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const [folder, file, rounds] = process.argv.slice(2);
const loaded = createRequire(`${folder}/`)("mjml");
const mjml2html = loaded.default ?? loaded;
const document = readFileSync(file, "utf8");
const took = [];
let bytes = 0;
for (let round = -5; round < Number(rounds); round += 1) {
  const started = performance.now();
  const { html } = await mjml2html(document, { validationLevel: "skip", fonts: {} });
  if (round >= 0) took.push(performance.now() - started);
  bytes = Buffer.byteLength(html);
}
console.log(JSON.stringify({ took, bytes }));
