// Sends a backup in pieces, and waits for the box to begin anew with it.

import { change, setText } from "./sprout.js";

const form = document.querySelector("[data-restore]");
const pieceSize = 1 << 20;

form?.addEventListener("submit", (event) => {
  event.preventDefault();
  restore(form.querySelector("#backup").files[0]).catch((problem) => {
    show(false);
    part("refused").hidden = false;
    setText(part("refused"), problem.message);
  });
});

async function restore(file) {
  show(true);
  for (let offset = 0; offset < file.size; ) {
    const piece = file.slice(offset, offset + pieceSize);
    const answer = await change("PUT", `/api/restore?offset=${offset}`, piece, "application/octet-stream");
    offset = answer.received;
    tell(offset / file.size, `Sent: ${Math.floor((offset * 100) / file.size)} %`);
  }
  tell(1, "It is opened and looked at");
  const wish = { passphrase: form.querySelector("#passphrase").value, replace: form.querySelector("#replace")?.checked ?? false };
  const manifest = await change("POST", "/api/restore", wish);
  tell(1, `This box becomes the one that ${manifest.box} was. Sign in as you did there.`);
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const answer = await fetch("/sign-in").catch(() => null);
    if (answer?.ok) return location.assign("/sign-in");
  }
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
