// Follows the log of an installer: each line is added below, as long as nobody wants to read in peace.

import { copy, fill, tellTimes } from "./sprout.js";
import { follow } from "./stream.js";

const find = (selector) => document.querySelector(selector);
const pane = find("[data-log]");
const list = pane?.querySelector("[role=log]");
const words = find("[data-log-search]");
const tail = find("[data-log-follow]");
const wrap = find("[data-log-wrap]");
const take = find("[data-log-copy]");
const most = 2000;

let isDrawing = false;

function add(line) {
  const row = copy("log-line");
  row.dataset.source = line.source;
  fill(row, line);
  show(row);
  list.append(row);
  while (list.children.length > most) list.firstElementChild.remove();
  if (isDrawing) return;
  isDrawing = true;
  requestAnimationFrame(() => {
    isDrawing = false;
    tellTimes();
    showEnd();
  });
}

const isPressed = (button) => button.getAttribute("aria-pressed") === "true";
const press = (button, is) => button.setAttribute("aria-pressed", is);

function showEnd() {
  if (isPressed(tail)) list.scrollTop = list.scrollHeight;
}

function show(row) {
  const text = row.textContent.toLowerCase();
  row.hidden = !words.value.toLowerCase().split(" ").every((word) => text.includes(word));
}

if (pane) {
  for (const part of [words, tail, wrap, take]) part.hidden = false;
  words.addEventListener("input", () => ([...list.children].forEach(show), showEnd()));
  tail.addEventListener("click", () => (press(tail, !isPressed(tail)), showEnd()));
  // Whoever scrolls up reads; whoever comes back to the end follows again.
  list.addEventListener("scroll", () => press(tail, list.scrollHeight - list.scrollTop - list.clientHeight < 24));
  wrap.addEventListener("click", () => {
    press(wrap, !isPressed(wrap));
    list.classList.toggle("unwrapped", !isPressed(wrap));
  });
  take.addEventListener("click", async () => {
    const lines = [...list.children].filter((row) => !row.hidden);
    await navigator.clipboard.writeText(lines.map((row) => row.textContent.trim().replace(/\s+/g, " ")).join("\n"));
    take.textContent = "Copied";
    setTimeout(() => (take.textContent = "Copy"), 2000);
  });
  const path = `/api/operations/${pane.dataset.log}/log/live`;
  const stream = follow(path, Number(pane.dataset.seen), (line) => line.number, add);
  document.addEventListener("visibilitychange", () => (document.hidden ? stream.disconnect() : stream.connect()));
  stream.connect();
  showEnd();
}
