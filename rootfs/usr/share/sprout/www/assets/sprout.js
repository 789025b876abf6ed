// Keeps a page as it is in the box: follows what happens there, and changes what the server rendered.

const page = document.body;
const find = (selector) => document.querySelector(selector);
const grid = find("[data-hosts]");
const host = find("article[data-host]");
const about = host?.dataset.host ?? find("[data-about]")?.dataset.about;
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
  source = new EventSource(`${page.dataset.stream ?? "/events"}?after=${seen}`);
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
  source.addEventListener("progress", (message) => {
    alive();
    showProgress(JSON.parse(message.data));
  });
  source.addEventListener("reset", reload);
  // The browser tries again by itself when a connection breaks, but not when the front door answers with an error.
  source.onerror = () => {
    showConnection(false);
    if (source?.readyState === EventSource.CLOSED) reconnect(2000, true);
  };
}

function disconnect() {
  clearTimeout(retry);
  source?.close();
  source = null;
}

function reconnect(delay = 0, isRefused = false) {
  disconnect();
  retry = setTimeout(isRefused ? connectIfSignedIn : connect, delay);
}

// Whose session has ended, or whose link was revoked, is not let in by trying again.
async function connectIfSignedIn() {
  const isWall = page.dataset.stream !== undefined;
  const answer = await fetch(isWall ? location.pathname : "/api/account").catch(() => null);
  if (answer?.status === 401) return isWall ? location.reload() : location.assign(`/sign-in?next=${encodeURIComponent(location.pathname)}`);
  connect();
}

// A form's answer must not be sent again, and a page with a fragment is not loaded anew by its own address.
function reload() {
  disconnect();
  location.replace(location.pathname + location.search);
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
  if (host && event.host === about) showHost(event);
  if (find("[data-settings]") && event.kind.startsWith("server_types.")) showSettings();
  // Of a host that is gone there is no page any more.
  if (!about || !event.host || (event.host === about && event.current)) refresh(event.kind);
  if (timeline && (!about || event.host === about)) addEntry(event);
  tellTimes();
}

function showCounts(counts) {
  const [underWay, need] = [find("[data-under-way]"), find("[data-needs-you]")];
  if (!underWay) return;
  setText(underWay, `${counts.under_way} installing`);
  setText(need, `${counts.needs_you} ${counts.needs_you === 1 ? "needs" : "need"} you`);
  underWay.dataset.underWay = counts.under_way;
  need.dataset.needsYou = counts.needs_you;
  showTitle();
  if (!grid) return;
  setText(find("[data-hosts-count]"), counts.hosts);
  find("[data-empty]").hidden = counts.hosts > 0;
}

// A tab in the background says too how many hosts wait for somebody.
const title = document.title;
function showTitle() {
  const count = Number(find("[data-needs-you]")?.dataset.needsYou ?? 0);
  document.title = count > 0 ? `(${count}) ${title}` : title;
}

function showTile({ host: id, current, glance, sentence }) {
  const old = document.getElementById(`host-${id}`);
  if (!current) return old && removeTile(old);
  const tile = old ?? copy("tile");
  fill(tile, { ...current, sentence, since: current.state_since });
  showGlance(tile, current, glance);
  const rank = current.state === "failed" ? 1 : glance.needs_you ? 0 : glance.under_way ? 2 : 3;
  const isMoreUrgent = rank < Number(tile.dataset.rank);
  tile.dataset.rank = rank;
  if (!old) {
    tile.id = `host-${id}`;
    tile.dataset.host = id;
    tile.querySelector("a")?.setAttribute("href", `/hosts/${id}`);
    tile.classList.add("arrived");
  }
  // What is done stays where it was seen at work.
  if (!old || isMoreUrgent) place(tile);
  search();
}

// How far an installer is comes by itself, and far more often than anything happens.
function showProgress({ operation, host: id, percent, sentence, heard_at, left, stages }) {
  for (const part of [document.getElementById(`host-${id}`), host?.dataset.host === id && host]) {
    // What was said before the last state is of no use to the one that it led to.
    if (!part || !["pxe_booted", "installing"].includes(part.dataset.state)) continue;
    if (sentence) fill(part, { sentence });
    showShare(part, percent, left);
  }
  const log = find(`[data-log="${operation}"]`);
  if (!log) return;
  showShare(log, percent, left);
  // Its agent was not heard when the page was made, and can be asked for all logs now.
  if (log.querySelector("[data-unheard]")) refresh("installer.");
  setText(log.querySelector("[data-log-words]"), `${sentence ?? "it starts"} · heard ${hour.format(Date.parse(heard_at))}`);
  const begun = String(stages.filter((stage) => stage.started_at).length);
  if (log.dataset.stages === begun) return;
  log.dataset.stages = begun;
  refresh("installer.stage");
}

function showShare(part, percent, left) {
  const bar = part.querySelector("[data-percent]");
  if (!bar) return;
  bar.hidden = percent === undefined || percent === null;
  if (!bar.hidden) bar.value = percent;
  const rest = part.querySelector("[data-until]");
  rest.dataset.until = left === undefined || left === null ? "" : Date.now() + clockSkew + left * 1000;
  tellLeft(rest, Date.now() + clockSkew);
}

function showGlance(tile, current, glance) {
  showShare(tile, glance.percent, glance.left);
  tile.toggleAttribute("data-needs-you", glance.needs_you);
  tile.querySelector("[data-field=since]").dataset.form = glance.under_way ? "elapsed" : "ago";
  tile.querySelector("[data-usual]").dataset.usual = glance.usual ?? "";
  // A tile on a wall tells neither of the past nor by what its host is found.
  const past = tile.querySelector("[data-past]");
  if (!past) return;
  const labels = Object.entries(current.labels).sort().map(([key, value]) => `${key}=${value}`);
  tile.dataset.words = [...current.macs, current.address ?? "", ...labels].join(" ");
  past.replaceChildren(...glance.past.map((outcome) => {
    const mark = document.createElement("i");
    mark.dataset.outcome = outcome;
    return mark;
  }));
  const words = glance.past.map((outcome) => outcome.replace("_", " ")).join(", ");
  past.setAttribute("aria-label", words ? `The latest operations: ${words}` : "Never installed");
}

const nameIn = (tile) => tile.querySelector("[data-field=hostname]").textContent;

function place(tile) {
  const hadFocus = tile.contains(document.activeElement);
  const order = (one) => `${one.dataset.rank} ${nameIn(one)}`;
  const next = [...grid.children].find((other) => other !== tile && order(other) > order(tile));
  grid.insertBefore(tile, next ?? null);
  if (hadFocus) tile.querySelector("a").focus();
}

function removeTile(tile) {
  const hadFocus = tile.contains(document.activeElement);
  const neighbour = tile.nextElementSibling ?? tile.previousElementSibling;
  tile.remove();
  if (hadFocus) (neighbour?.querySelector("a") ?? find("#hosts-title")).focus();
}

// What the server alone can say is taken from the page as it would be now, one time after the other.
let isRefreshing = false;
let waiting = new Set();

export async function refresh(kind) {
  for (const part of document.querySelectorAll("[data-fresh]")) {
    if (part.dataset.on.split(" ").some((beginning) => kind.startsWith(beginning))) waiting.add(part.dataset.fresh);
  }
  if (isRefreshing) return;
  isRefreshing = true;
  while (waiting.size > 0) {
    const names = waiting;
    waiting = new Set();
    const fresh = await freshPage().catch(() => null);
    for (const name of fresh ? names : []) replace(find(`[data-fresh=${name}]`), fresh.querySelector(`[data-fresh=${name}]`));
    tellTimes();
  }
  isRefreshing = false;
}

async function freshPage() {
  const answer = await fetch(location.pathname + location.search);
  return answer.ok ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
}

// Where somebody sets up a box, their own time zone is mostly its hosts' too.
const zone = find("[data-zone] [name='installation.timezone']");
if (zone?.value === "UTC") zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "UTC";

// What somebody is about to fill in is not taken away, and what was opened stays open.
function replace(old, fresh) {
  const form = document.activeElement.closest("form");
  if (!old || !fresh || (form && old.contains(form))) return;
  const open = [...old.querySelectorAll("details[open][id]")].map((one) => one.id);
  const focused = old.contains(document.activeElement) ? document.activeElement.closest("[id]")?.id : null;
  old.replaceChildren(...fresh.childNodes);
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  if (focused) document.getElementById(focused)?.querySelector("summary")?.focus();
}

// What was chosen stays chosen.
async function showSettings() {
  const fresh = await freshPage();
  if (!fresh) return;
  find("[data-settings]").replaceChildren(...fresh.querySelector("[data-settings]").childNodes);
  const types = find("#server_type");
  if (!types) return;
  const chosen = types.value;
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

export const copy = (id) => document.getElementById(id).content.firstElementChild.cloneNode(true);

export function fill(element, values) {
  if (values.state) element.dataset.state = values.state;
  for (const part of element.querySelectorAll("[data-field]")) {
    const value = values[part.dataset.field];
    if (value === undefined) continue;
    if (part.localName === "time") part.dateTime = value;
    else setText(part, value);
  }
}

export function setText(element, text) {
  if (element.textContent !== String(text)) element.textContent = text;
}

// The only way in which a script changes something in the box; what was refused is thrown in the box's own words.
export async function change(method, path, body, type = "application/json") {
  const sent = type === "application/json" ? JSON.stringify(body ?? {}) : body;
  const headers = { "content-type": type };
  const proof = find("meta[name=csrf]")?.content;
  if (proof) headers["x-csrf-token"] = proof;
  const answer = await fetch(path, { method, headers, body: sent });
  if (answer.status === 204) return null;
  const told = await answer.json().catch(() => ({ detail: `The box answers ${answer.status}.` }));
  if (!answer.ok) throw Object.assign(new Error(told.detail), { status: answer.status });
  return told;
}

// Times

const units = [[86_400, "d"], [3600, "h"], [60, "min"], [1, "s"]];

function span(milliseconds) {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  const [size, name] = units.find(([size]) => seconds >= size) ?? units.at(-1);
  return `${Math.floor(seconds / size)} ${name}`;
}

const ago = (moment, now = Date.now()) => `${span(now - moment)} ago`;

function clock(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (number) => String(number).padStart(2, "0");
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

function told(form, moment, now) {
  switch (form) {
    case "elapsed": return clock(now - moment);
    case "left": return clock(moment - now);
    case "clock": return hour.format(moment);
    default:
      if (Math.abs(now - moment) < 10_000) return "just now";
      return moment < now ? ago(moment, now) : `in ${span(moment - now)}`;
  }
}

// Made once: a page has hundreds of times.
const whole = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });
const minute = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
const hour = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });

export function tellTimes() {
  const now = Date.now() + clockSkew;
  for (const time of document.querySelectorAll("time[datetime]")) {
    const moment = Date.parse(time.dateTime);
    setText(time, told(time.dataset.form, moment, now));
    if (time.dataset.told === time.dateTime) continue;
    time.dataset.told = time.dateTime;
    time.title = whole.format(moment);
  }
  for (const usual of document.querySelectorAll("[data-usual]")) tellUsual(usual, now);
  for (const rest of document.querySelectorAll("[data-until]")) tellLeft(rest, now);
  const clock = find("[data-now]");
  if (clock) setText(clock, minute.format(now));
}

function tellUsual(usual, now) {
  const time = Number(usual.dataset.usual) * 1000;
  const isLong = time > 0 && now - Date.parse(usual.parentElement.querySelector("time").dateTime) > time * 2;
  usual.toggleAttribute("data-long", isLong);
  setText(usual, usual.dataset.usual === "" ? "" : `${isLong ? "longer than the usual" : "usually"} ${clock(time)}`);
}

function tellLeft(rest, now) {
  const seconds = Math.floor((Number(rest.dataset.until) - now) / 1000);
  const words = seconds <= 0 ? "longer than usual" : seconds < 60 ? "less than a minute left" : `about ${Math.round(seconds / 60)} min left`;
  setText(rest, rest.dataset.until === "" ? "" : words);
}

// Looking for hosts: every word is somewhere in a tile, or in what its host is found by

const searching = find("[data-search]");

function search() {
  if (!searching) return;
  const wish = new FormData(searching);
  const words = wish.get("q").toLowerCase().split(" ").filter(Boolean);
  const show = wish.get("show");
  for (const tile of grid.children) {
    const state = tile.dataset.state;
    const isShown = show === "all" || show === state
      || (show === "needs_you" && Number(tile.dataset.rank) < 2)
      || (show === "under_way" && tile.querySelector("[data-field=since]").dataset.form === "elapsed");
    const type = tile.querySelector("[data-field=server_type]").textContent;
    const text = `${nameIn(tile)} ${type} ${state} ${tile.dataset.words}`.toLowerCase();
    tile.hidden = !isShown || !words.every((word) => text.includes(word));
  }
  find("[data-none]").hidden = grid.children.length === 0 || [...grid.children].some((tile) => !tile.hidden);
}

function keepSearch() {
  const wish = new URLSearchParams(new FormData(searching));
  if (!wish.get("q")) wish.delete("q");
  if (wish.get("show") === "all") wish.delete("show");
  history.replaceState(null, "", `${location.pathname}${wish.size > 0 ? `?${wish}` : ""}`);
}

// Keys

const rows = () => [...document.querySelectorAll("[data-hosts] > :not([hidden]) h2 a, [data-row]")];

function step(direction) {
  const all = rows();
  const place = all.findIndex((row) => row.contains(document.activeElement));
  const next = place < 0 ? (direction > 0 ? 0 : all.length - 1) : place + direction;
  all[next]?.focus();
  all[next]?.scrollIntoView({ block: "nearest" });
}

function press(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const field = event.target.closest("input, select, textarea");
  if (event.key === "Escape" && field?.id === "q") {
    field.value = "";
    return field.dispatchEvent(new Event("input", { bubbles: true }));
  }
  if (field && field.type !== "radio") return;
  const action = { "/": () => find("#q")?.focus() ?? location.assign("/#q"), j: () => step(1), k: () => step(-1),
    "?": () => find("#keys").showModal() }[event.key];
  if (!action || find("dialog[open]")) return;
  event.preventDefault();
  action();
}

// Beginning

tellTimes();
showTitle();
setInterval(tellTimes, 1000);
if (find("#keys")) addEventListener("keydown", press);
if (location.hash === "#q") find("#q")?.focus();
find("details:target")?.setAttribute("open", "");
searching?.addEventListener("input", () => (search(), keepSearch()));
if (page.dataset.event !== undefined) {
  connect();
  setInterval(checkSilence, 1000);
  document.addEventListener("visibilitychange", () => (document.hidden ? disconnect() : connect()));
  // Whether the box is out of reach too is not sure, a laptop may be its own: a new attempt tells.
  for (const change of ["online", "offline"]) addEventListener(change, () => reconnect());
}
