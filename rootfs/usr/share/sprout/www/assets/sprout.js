// Keeps a page as it is in the box: follows what happens there, and changes what the server rendered.

const page = document.body;
const find = (selector) => document.querySelector(selector);
const grid = find("[data-hosts]");
const host = find("article[data-host]");
const timeline = find("[data-timeline]");
const live = { text: find("[data-live]"), age: find("[data-live-age]") };

// What follows one another

let source = null;
let seen = Number(page.dataset.event);
let lastSign = Date.now();
let lastTry = 0;
let clockSkew = 0;
let retry = 0;

// A page that nobody sees holds no connection: a browser has few for one site, and other tabs need them.
function connect() {
  if (document.hidden || source) return;
  clearTimeout(retry);
  lastTry = Date.now();
  source = new EventSource(`/events?after=${seen}`);
  source.onmessage = (message) => {
    alive();
    const event = JSON.parse(message.data);
    if (event.id <= seen) return;
    seen = event.id;
    show(event);
  };
  source.addEventListener("heartbeat", (message) => {
    clockSkew = Date.parse(JSON.parse(message.data).now) - Date.now();
    alive();
    tellTimes();
  });
  source.addEventListener("reset", reload);
  // The browser tries again by itself when a connection breaks, but not when the front door answers with an error.
  source.onerror = () => {
    showConnection(false);
    if (source?.readyState === EventSource.CLOSED) reconnect(2000);
  };
}

function disconnect() {
  clearTimeout(retry);
  source?.close();
  source = null;
}

function reconnect(delay = 0) {
  disconnect();
  retry = setTimeout(connect, delay);
}

// A form's answer must not be sent again, and a page with a fragment is not loaded anew by its own address.
function reload() {
  disconnect();
  location.replace(location.pathname);
}

function alive() {
  lastSign = Date.now();
  showConnection(true);
}

// The server says something every 15 seconds: after three times that in vain the connection is dead, whatever it says.
function checkSilence() {
  if (document.hidden) return;
  const now = Date.now();
  if (source?.readyState !== EventSource.OPEN && now - lastTry > 2000) showConnection(false);
  if (now - Math.max(lastSign, lastTry) > 45_000) {
    showConnection(false);
    reconnect();
  }
  if (page.dataset.connection === "broken") live.age.textContent = `last update ${ago(lastSign)}`;
}

// Only a change is written into the status, so that a screen reader tells it once; the seconds tick beside it.
function showConnection(isLive) {
  const text = isLive ? "live" : "reconnecting,";
  if (live.text.textContent === text) return;
  live.text.textContent = text;
  live.age.textContent = isLive ? "" : `last update ${ago(lastSign)}`;
  page.dataset.connection = isLive ? "live" : "broken";
}

// What an event changes

function show(event) {
  showCounts(event.counts);
  if (grid && event.host) showTile(event);
  if (host && event.host === host.dataset.host) showHost(event);
  if (host && event.host === host.dataset.host && /^netboot\.|^host\.(advanced|noticed|power|registered_in)/.test(event.kind)) showFresh();
  if (grid && event.kind.startsWith("server_types.")) showSettings();
  if (grid && (event.kind.startsWith("discovery.") || find("[data-discoveries] li"))) showDiscoveries();
  if (timeline && (grid || event.host === host?.dataset.host)) addEntry(event);
  tellTimes();
}

function showCounts(counts) {
  const underWay = find("[data-under-way]");
  const failed = find("[data-failed]");
  setText(underWay, counts.under_way);
  setText(failed.firstElementChild, counts.failed);
  underWay.dataset.underWay = counts.under_way;
  failed.dataset.failed = counts.failed;
  if (!grid) return;
  setText(find("[data-hosts-count]"), counts.hosts);
  find("[data-empty]").hidden = counts.hosts > 0;
}

function showTile({ host: id, current, sentence }) {
  const old = document.getElementById(`host-${id}`);
  if (!current) return old && removeTile(old);
  const tile = old ?? copy("tile");
  fill(tile, { ...current, sentence, since: current.state_since });
  if (old) return;
  tile.id = `host-${id}`;
  tile.dataset.host = id;
  tile.querySelector("a").href = `/hosts/${id}`;
  tile.classList.add("arrived");
  const next = [...grid.children].find((other) => nameIn(other) > current.hostname);
  grid.insertBefore(tile, next ?? null);
}

const nameIn = (tile) => tile.querySelector("[data-field=hostname]").textContent;

function removeTile(tile) {
  const hadFocus = tile.contains(document.activeElement);
  const neighbour = tile.nextElementSibling ?? tile.previousElementSibling;
  tile.remove();
  if (hadFocus) (neighbour?.querySelector("a") ?? find("#hosts-title")).focus();
}

// What the server alone can say is taken from the page as it would be now.
async function freshPage(path = "/") {
  const answer = await fetch(path);
  return answer.ok ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
}

// What somebody is about to fill in is not taken away.
async function showDiscoveries() {
  const list = find("[data-discoveries]");
  const fresh = await freshPage();
  if (!fresh || list.contains(document.activeElement)) return;
  list.replaceChildren(...fresh.querySelector("[data-discoveries]").childNodes);
  tellTimes();
}

// Why a machine does not get on, what it did, and what can be done with it.
async function showFresh() {
  const fresh = await freshPage(location.pathname);
  for (const part of fresh?.querySelectorAll("[data-fresh]") ?? []) {
    const old = find(`[data-fresh=${part.dataset.fresh}]`);
    if (old && !old.contains(document.activeElement)) old.replaceChildren(...part.childNodes);
  }
  tellTimes();
}

// What was chosen stays chosen.
async function showSettings() {
  const fresh = await freshPage();
  if (!fresh) return;
  const types = find("#server_type");
  const chosen = types.value;
  find("[data-settings]").replaceChildren(...fresh.querySelector("[data-settings]").childNodes);
  types.replaceChildren(...fresh.querySelector("#server_type").options);
  if ([...types.options].some((option) => option.value === chosen)) types.value = chosen;
}

function showHost({ current, sentence, message, actor }) {
  if (current) return fill(host, { state: current.state, sentence, since: current.state_since });
  if (page.dataset.gone !== undefined) return;
  page.dataset.gone = "";
  find("[data-removal]")?.remove();
  const notice = copy("gone");
  fill(notice, { message: `${message.replace(/\.$/, "")}, by ${actor}.` });
  host.prepend(notice);
}

function addEntry(event) {
  if (timeline.querySelector(`[data-event="${event.id}"]`)) return;
  const entry = copy("entry");
  entry.dataset.event = event.id;
  entry.classList.add("arrived");
  fill(entry, event);
  timeline.prepend(entry);
  while (timeline.children.length > Number(timeline.dataset.timeline)) timeline.lastElementChild.remove();
}

// How a piece of the page is filled: always as text, never as markup

const copy = (id) => document.getElementById(id).content.firstElementChild.cloneNode(true);

function fill(element, values) {
  if (values.state) element.dataset.state = values.state;
  for (const part of element.querySelectorAll("[data-field]")) {
    const value = values[part.dataset.field];
    if (value === undefined) continue;
    if (part.localName === "time") part.dateTime = value;
    else setText(part, value);
  }
}

function setText(element, text) {
  if (element.textContent !== String(text)) element.textContent = text;
}

// Times

const units = [[86_400, "d"], [3600, "h"], [60, "min"], [1, "s"]];

function ago(milliseconds, now = Date.now()) {
  const seconds = Math.max(0, Math.round((now - milliseconds) / 1000));
  const [size, name] = units.find(([size]) => seconds >= size) ?? units.at(-1);
  return `${Math.floor(seconds / size)} ${name} ago`;
}

function tellTimes() {
  const now = Date.now() + clockSkew;
  for (const time of document.querySelectorAll("time[datetime]")) {
    const moment = Date.parse(time.dateTime);
    setText(time, now - moment < 10_000 ? "just now" : ago(moment, now));
    if (time.dataset.told === time.dateTime) continue;
    time.dataset.told = time.dateTime;
    time.title = new Date(moment).toLocaleString(undefined, { dateStyle: "full", timeStyle: "long" });
  }
}

// Beginning

tellTimes();
setInterval(tellTimes, 5000);
if (page.dataset.event !== undefined) {
  connect();
  setInterval(checkSilence, 1000);
  document.addEventListener("visibilitychange", () => (document.hidden ? disconnect() : connect()));
  // Whether the box is out of reach too is not sure, a laptop may be its own: a new attempt tells.
  for (const change of ["online", "offline"]) addEventListener(change, () => reconnect());
}
