"use strict";
/* The page's head and lists, asked again every 5 s. Texts go in by textContent only. */
const REFRESH_MS = 5000, STALE_S = 60, CLOSED = 15;
let answered = null; /* when the server last answered, by this browser's clock */

function element(tag, attributes, ...children) {
  const e = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name === "onclick") e.addEventListener("click", value);
    else e.setAttribute(name, value);
  }
  e.append(...children.filter((c) => c !== null && c !== undefined).map((c) => (c instanceof Node ? c : String(c))));
  return e;
}

function duration(seconds) {
  if (seconds === null || seconds === undefined) return "–";
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  if (s < 86400) return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
  return `${Math.floor(s / 86400)} d ${Math.floor((s % 86400) / 3600)} h`;
}

function moment(text) {
  if (!text) return "–";
  const today = text.slice(0, 10) === new Date().toISOString().slice(0, 10);
  return element("time", { datetime: text, title: text }, `${today ? text.slice(11, 19) : text.slice(0, 19).replace("T", " ")} UTC`);
}

function replace(id, ...nodes) {
  const place = document.getElementById(id);
  const focused = place.contains(document.activeElement) ? document.activeElement.getAttribute("data-key") : null;
  place.replaceChildren(...nodes);
  if (focused) { const again = place.querySelector(`[data-key="${focused}"]`); if (again) again.focus(); }
}

async function ask(path) {
  const response = await fetch(path, { headers: { Accept: "application/json" }, signal: AbortSignal.timeout(10000) });
  if (!response.ok) {
    const problem = await response.json().catch(() => ({}));
    throw new Error(problem.title || `status ${response.status}`);
  }
  return response.json();
}

function tile(label, value, kind) {
  return element("div", { class: `tile ${value > 0 ? kind : ""}` }, element("dt", {}, label), element("dd", {}, value));
}

function showFleet(fleet) {
  const t = fleet.tunnels, i = fleet.open_incidents;
  replace("tiles",
    tile("up", t.up, "good"), tile("down", t.down, "bad"), tile("never up", t["never-up"], "bad"), tile("silent", t.silent, "warn"),
    tile("unknown", t.unknown, "none"), tile("open incidents", i.total, "bad"), tile("staying down", i.persistent, "bad"),
    tile("flaps, last hour", fleet.flaps.last_1h, "warn"), tile("flaps, 24 h", fleet.flaps.last_24h, "warn"),
    tile("near misses, 24 h", fleet.near_misses.last_24h, "none"));
  const counts = [...Object.entries(i.by_symptom), ...Object.entries(i.by_cause)].map(([name, n]) => element("span", {}, element("b", {}, n), ` ${name}`));
  replace("breakdown", ...counts, element("span", {}, `${fleet.devices.total} devices, ${fleet.devices.silent} silent`));
}

function incidentRow(i, open) {
  const title = i.cause_title || i.cause || "cause unknown";
  const name = element("button", { class: "open", type: "button", "data-key": i.id, onclick: () => showDetail(i.id) }, `${i.device} ${i.tunnel}`);
  return element("tr", {},
    element("td", {}, name, element("div", { class: "verdict" }, i.peer ? `to ${i.peer}` : "")),
    element("td", { class: "time" }, open ? duration(i.duration_s) : moment(i.ended), element("div", { class: "verdict" }, open ? moment(i.began) : `down ${duration(i.duration_s)}`)),
    element("td", { class: "why" }, element("span", { class: `mark ${open ? i.symptom : "closed"}` }, `${i.symptom}: ${title}`),
      i.verdict ? element("div", { class: "verdict" }, i.verdict) : null,
      i.blocker ? element("div", { class: "verdict" }, `now refused by: ${i.blocker_title || i.blocker}`) : null),
    element("td", { class: "confidence" }, i.confidence || "–", element("div", { class: "verdict" }, i.defect ? i.defect : `side: ${i.side || "unknown"}`)));
}

function showIncidents(id, answer, open, calm) {
  if (answer.data.length === 0) return replace(id, element("p", { class: "calm" }, calm));
  const head = ["Tunnel", open ? "Down for" : "Ended", "Why", "Confidence"].map((text) => element("th", { scope: "col" }, text));
  replace(id, element("table", { class: "incidents" }, element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...answer.data.map((i) => incidentRow(i, open)))),
    answer.page.more ? element("p", { class: "breakdown" }, `The newest ${answer.page.limit} are shown; all: /v1/incidents`) : "");
}

function showWorst(id, rows, name) {
  if (rows.length === 0) return replace(id, element("p", { class: "calm" }, "None flapped or is down."));
  const head = element("tr", {}, element("th", { scope: "col" }, name), element("th", { scope: "col", class: "number" }, "flaps"), element("th", { scope: "col", class: "number" }, "down now"));
  replace(id, element("table", {}, element("thead", {}, head), element("tbody", {}, ...rows.map((r) => element("tr", {},
    element("td", {}, element("a", { href: `/v1/${name}s/${encodeURIComponent(r[name])}` }, r[name])),
    element("td", { class: "number" }, r.flaps_24h), element("td", { class: "number" }, r.down))))));
}

function showFreshness(freshness, error) {
  const place = document.getElementById("fresh");
  const lag = freshness ? freshness.lag_seconds : null;
  const stale = Boolean(error) || lag === null || lag > STALE_S;
  const parts = [];
  if (error) parts.push(answered ? `No answer since ${moment(new Date(answered).toISOString()).textContent}: ${error}. Shown is what was known then.` : `No answer: ${error}`);
  else if (lag === null) parts.push("Nothing has been read from Kafka yet.");
  else parts.push(stale ? "Old data: complete only up to " : "Data up to ", element("b", {}, moment(freshness.data_as_of)), `, ${duration(lag)} behind`,
    freshness.complete ? "" : "; still catching up or a partition has no reader");
  place.classList.toggle("stale", stale);
  document.body.classList.toggle("stale", Boolean(error));
  place.replaceChildren(...parts);
}

async function refresh() {
  try {
    const [fleet, open, lately] = await Promise.all([ask("/v1/fleet"), ask("/v1/incidents?state=open&limit=100"),
      ask(`/v1/incidents?state=closed&order=-ended&limit=${CLOSED}&from=-24h`)]);
    /* a fleet in which little happens: a long range is a small question there */
    const closed = lately.data.length < CLOSED ? await ask(`/v1/incidents?state=closed&order=-ended&limit=${CLOSED}&from=-400d`) : lately;
    answered = Date.now();
    showFleet(fleet.data);
    showIncidents("open-list", open, true, "No tunnel is down.");
    showIncidents("closed-list", closed, false, "None yet.");
    showWorst("worst-devices", fleet.data.worst_devices, "device");
    showWorst("worst-peers", fleet.data.worst_peers, "peer");
    showFreshness(fleet.freshness, null);
  } catch (error) {
    showFreshness(null, error.name === "TimeoutError" ? "the server takes more than 10 s" : error.message);
  }
  setTimeout(refresh, REFRESH_MS);
}

refresh();
