// Follows the wire: each step of every machine becomes a line on top, as long as nobody wants to read in peace.

import { copy, fill, tellTimes } from "./sprout.js";

const find = (selector) => document.querySelector(selector);
const list = find("[data-wire]");
const words = find("[data-lines]");
const pause = find("[data-pause]");
const most = 500;
let seen = Number(list.dataset.wire);
let source = null;

function connect() {
  if (document.hidden || source) return;
  source = new EventSource(`/api/wire/live?after=${seen}`);
  source.onmessage = (message) => {
    const line = JSON.parse(message.data);
    if (line.id <= seen) return;
    seen = line.id;
    add(line);
  };
  source.onerror = () => {
    if (source?.readyState !== EventSource.CLOSED) return;
    disconnect();
    setTimeout(connect, 2000);
  };
}

function disconnect() {
  source?.close();
  source = null;
}

function add(line) {
  const row = copy("sighting");
  fill(row, { ...line, hostname: line.hostname ?? "" });
  row.classList.add("arrived");
  show(row);
  list.prepend(row);
  while (list.children.length > most) list.lastElementChild.remove();
  find("[data-nothing]").hidden = true;
  tellTimes();
}

function show(row) {
  const text = row.textContent.toLowerCase();
  row.hidden = !words.value.toLowerCase().split(" ").every((word) => text.includes(word));
}

words.hidden = pause.hidden = false;
words.addEventListener("input", () => [...list.children].forEach(show));
pause.addEventListener("click", () => {
  const isPaused = source !== null;
  if (isPaused) disconnect(); else connect();
  pause.setAttribute("aria-pressed", isPaused);
  pause.textContent = isPaused ? "Go on" : "Pause";
});
document.addEventListener("visibilitychange", () => {
  if (document.hidden) disconnect();
  else if (pause.getAttribute("aria-pressed") === "false") connect();
});
connect();
