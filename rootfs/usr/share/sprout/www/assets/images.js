// Sends an ISO in pieces, goes on after a cut, and follows each import.

import { change, refresh, setText } from "./sprout.js";

// Who may only look has no forms.
const form = document.querySelector("[data-upload]");
const address = document.querySelector("[data-download]");
const part = (name) => form.querySelector(`[data-${name}]`);
const bar = form?.querySelector("progress");
const pieceSize = 1 << 20;
let isPaused = false;
let goOn = () => {};

form?.addEventListener("submit", (event) => {
  event.preventDefault();
  upload(form.querySelector("#iso").files[0], form.querySelector("#sha256").value.trim()).catch(refuse);
});

form?.querySelector("[data-pause]").addEventListener("click", () => {
  isPaused = !isPaused;
  setText(part("pause"), isPaused ? "Go on" : "Pause");
  if (!isPaused) goOn();
});

async function upload(file, sha256) {
  show(true);
  const wish = { name: file.name, size: file.size, ...(sha256 ? { sha256 } : {}) };
  let state = await change("POST", "/api/images/uploads", wish);
  while (state.received < file.size) {
    if (isPaused) {
      tell(state.received, file.size, "Paused");
      await new Promise((resolve) => { goOn = resolve; });
    }
    state = await send(file, state, wish);
    tell(state.received, file.size, "Sent");
  }
  await change("POST", `/api/images/uploads/${state.id}/import`);
  await follow(state.id);
}

// A connection that broke is tried again; a piece whose answer was lost has arrived all the same.
async function send(file, state, wish) {
  const piece = file.slice(state.received, state.received + pieceSize);
  try {
    return await change("PUT", `/api/images/uploads/${state.id}?offset=${state.received}`, piece, "application/octet-stream");
  } catch (problem) {
    if (problem.status && problem.status < 500 && problem.status !== 409 && problem.status !== 404) throw problem;
    tell(state.received, file.size, "The box does not answer, trying again");
    await pause(2000);
    return await change("POST", "/api/images/uploads", wish).catch((again) => {
      if (again.status && again.status < 500) throw again;
      return state;
    });
  }
}

async function follow(id) {
  part("pause").hidden = true;
  for (;;) {
    const answer = await fetch("/api/images/imports").then((answer) => answer.json()).catch(() => null);
    const one = answer?.imports.find((other) => other.id === id);
    if (one?.problem) throw new Error(one.problem);
    if (one?.image) return finish(one.image);
    if (one) {
      setText(part("said"), `Making it ready: ${one.step}`);
      [bar.max, bar.value] = [Math.max(1, one.total), one.done];
    }
    await pause(1000);
  }
}

function finish(image) {
  show(false);
  form.reset();
  part("progress").hidden = false;
  [bar.max, bar.value] = [1, 1];
  setText(part("said"), `${image} is ready to be installed.`);
}

function refuse(problem) {
  show(false);
  part("refused").hidden = false;
  setText(part("refused"), problem.message);
}

function show(isSending) {
  part("refused").hidden = true;
  part("progress").hidden = !isSending;
  part("pause").hidden = !isSending;
  form.querySelector("button").disabled = isSending;
}

function tell(received, size, word) {
  [bar.max, bar.value] = [size, received];
  setText(part("said"), `${word}: ${Math.floor((received * 100) / size)} % of ${Math.ceil(size / 1e6)} MB`);
}

// What the box fetches itself, and whatever else is under way: an upload of this page must not be cut off by leaving it

address?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const [url, sha256] = ["#url", "#url-sha256"].map((name) => address.querySelector(name).value.trim());
  const refused = address.querySelector("[data-refused]");
  const button = address.querySelector("button");
  refused.hidden = true;
  button.disabled = true;
  try {
    await change("POST", "/api/images/downloads", { url, ...(sha256 ? { sha256 } : {}) });
    address.reset();
    showList();
  } catch (problem) {
    setText(refused, problem.message);
    refused.hidden = false;
  }
  button.disabled = false;
});

document.addEventListener("submit", async (event) => {
  if (event.target.dataset.cancel === undefined) return;
  event.preventDefault();
  const id = event.target.closest("[data-import]").dataset.import;
  // That it is over already is shown as well.
  await change("DELETE", `/api/images/downloads/${id}`).catch(() => null);
  showList();
});

function showList() {
  if (document.activeElement.closest("[data-cancel]")) document.activeElement.blur();
  refresh("image.");
}

async function followAll() {
  const rows = [...document.querySelectorAll("[data-running]")];
  if (rows.length === 0 || document.hidden) return;
  const answer = await fetch("/api/images/imports").then((answer) => answer.json()).catch(() => null);
  if (!answer?.imports) return;
  for (const row of rows) {
    const one = answer.imports.find((other) => other.id === row.dataset.import);
    if (!one || one.problem || one.image || (row.querySelector("[data-cancel]") && one.step !== "fetching")) return showList();
    showImport(row, one);
  }
}

function showImport(row, one) {
  const bar = row.querySelector("progress");
  [bar.max, bar.value] = [Math.max(1, one.total), one.done];
  const percent = Math.floor((one.done * 100) / one.total);
  setText(row.querySelector("[data-step]"), one.total > 1 ? `${one.step}: ${percent} %` : one.step);
  setText(row.querySelector("[data-note]"), one.note ?? "");
}

async function keepFollowing() {
  for (;;) {
    await followAll();
    await pause(1000);
  }
}

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

keepFollowing();
