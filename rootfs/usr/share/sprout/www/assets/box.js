// Sends an update in pieces, and shows how far the box is with what it does to itself, until it is back. Offers to set its clock.

import { change, setText } from "./sprout.js";

const form = document.querySelector("[data-update]");
const version = document.querySelector("[data-box]")?.dataset.box;
const pieceSize = 1 << 20;
const patience = 900_000;

form?.addEventListener("submit", (event) => {
  event.preventDefault();
  update(form.querySelector("#update").files[0]).catch((problem) => {
    show(false);
    part("refused").hidden = false;
    setText(part("refused"), problem.message);
  });
});

if (document.querySelector("[data-under-way]")) follow(() => {}).catch(() => location.reload());

const clock = document.querySelector("[data-clock]");
if (clock && Math.abs(Date.now() - clock.dataset.clock) > 60_000) {
  clock.hidden = false;
  setText(clock.querySelector("[data-browser]"), new Date().toLocaleString());
  clock.querySelector("button").addEventListener("click", async () => {
    try {
      await change("POST", "/api/box/clock", { time: Date.now() });
      await pause(2000);
      location.reload();
    } catch (problem) {
      clock.querySelector("[data-unset]").hidden = false;
      setText(clock.querySelector("[data-unset]"), problem.message);
    }
  });
}

async function update(file) {
  show(true);
  for (let offset = 0; offset < file.size; ) {
    const piece = file.slice(offset, offset + pieceSize);
    const answer = await change("PUT", `/api/box/update?offset=${offset}`, piece, "application/octet-stream");
    offset = answer.received;
    tell(offset / file.size, `Sent: ${Math.floor((offset * 100) / file.size)} %`);
  }
  await change("POST", "/api/box/update/check");
  await change("POST", "/api/box/update", { again: form.querySelector("#again")?.checked ?? false });
  await follow(tell);
}

// Until the box has restarted, or has said why it did not do what was asked.
async function follow(say) {
  const before = await (await fetch("/api/box")).json();
  const began = Date.now();
  for (let away = false; Date.now() - began < patience; await pause(1000)) {
    const report = await fetch("/api/box").then((answer) => answer.ok && answer.json()).catch(() => null);
    if (!report) {
      away = true;
      say(1, "The box restarts: this takes a minute or two.");
    } else if (report.progress?.problem) {
      throw new Error(`That was not done: ${report.progress.problem}.`);
    } else if (report.last?.wish !== before.last?.wish || (away && !report.progress)) {
      return location.assign("/appliance");
    } else if (report.progress) {
      const { step, done, total } = report.progress;
      say(total > 0 ? done / total : 1, `The box is ${step}${total > 0 ? `: ${Math.floor((done * 100) / total)} %` : ""}`);
    }
  }
  throw new Error(`The box does not answer. It ran ${version}; its screen says at which address it is to be found.`);
}

function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

const part = (name) => form.querySelector(`[data-${name}]`);

function show(isSending) {
  part("refused").hidden = true;
  part("progress").hidden = !isSending;
  form.querySelector("button").disabled = isSending;
}

function tell(share, words) {
  form.querySelector("progress").value = share;
  setText(part("said"), words);
}
