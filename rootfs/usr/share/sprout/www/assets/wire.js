// Follows the wire: each step of every machine becomes a line on top, as long as nobody wants to read in peace.

import { copy, fill, tellTimes } from "./sprout.js";
import { follow } from "./stream.js";

const find = (selector) => document.querySelector(selector);
const list = find("[data-wire]");
const words = find("[data-lines]");
const pause = find("[data-pause]");
const most = 500;

const stream = follow("/api/wire/live", Number(list.dataset.wire), (line) => line.id, add);

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
  const isPaused = stream.isFollowing();
  if (isPaused) stream.disconnect(); else stream.connect();
  pause.setAttribute("aria-pressed", isPaused);
  pause.textContent = isPaused ? "Go on" : "Pause";
});
document.addEventListener("visibilitychange", () => {
  if (document.hidden) stream.disconnect();
  else if (pause.getAttribute("aria-pressed") === "false") stream.connect();
});
stream.connect();
