"use strict";
/* An incident with its evidence, over the page. element(), ask(), duration() and moment() are dashboard.js'. */
function fact(label, value) {
  return value === null || value === undefined || value === "" ? [] : [element("dt", {}, label), element("dd", {}, value)];
}

function evidenceLine(line) {
  const where = line.topic ? `${line.topic}/${line.partition}@${line.offset}` : `offset ${line.offset}`;
  return element("li", {}, element("span", { class: "role" }, line.role || ""), " ", element("span", { class: "where" }, `${line.time || ""} ${where}`), element("div", {}, line.text));
}

function detailFacts(i) {
  const first = i.first_unanswered;
  return element("dl", { class: "facts" },
    ...fact("Tunnel", `${i.device} ${i.tunnel}${i.vpn === null ? "" : `, VPN ${i.vpn}`}`),
    ...fact("Addresses", `${i.local || "?"} to ${i.peer || "?"}`),
    ...fact("Last proof of life", i.onset_earliest ? moment(i.onset_earliest) : null),
    ...fact("First unanswered", first ? element("span", {}, `${first.exchange} ${first.message_id}, `, moment(first.requested), `, ${first.retransmits} retransmissions`) : i.onset_latest ? moment(i.onset_latest) : null),
    ...fact("Declared down", i.declared ? moment(i.declared) : null),
    ...fact("Began", i.declared ? null : moment(i.began)),
    ...fact(i.ended ? "Recovered" : "Down for", i.ended ? element("span", {}, moment(i.ended), ` after ${duration(i.duration_s)}`) : duration(i.duration_s)),
    ...fact("Side", i.side), ...fact("Confidence", i.confidence),
    ...fact("Now refused by", i.blocker_title || i.blocker),
    ...fact("Cannot be excluded", i.alternatives.join(", ")),
    ...fact("Known defect", i.defect ? `${i.defect} (${i.defect_confidence || "possible"})` : null),
    ...fact("Only configured here", i.proposal_diff ? (i.proposal_diff.only_configured || []).join(", ") : null),
    ...fact("Only received", i.proposal_diff ? (i.proposal_diff.only_received || []).join(", ") : null),
    ...fact("Fix", i.proposal_diff ? i.proposal_diff.fix : null),
    ...fact("What to do", i.advice));
}

async function showDetail(id) {
  const dialog = document.getElementById("detail");
  const close = element("button", { type: "button", class: "close", onclick: () => dialog.close() }, "Close");
  dialog.replaceChildren(element("div", { class: "bar" }, element("h2", { id: "detail-title" }, "Loading"), close));
  if (!dialog.open) dialog.showModal();
  try {
    const [incident, evidence] = await Promise.all([ask(`/v1/incidents/${id}`), ask(`/v1/incidents/${id}/evidence`)]);
    const i = incident.data;
    dialog.replaceChildren(
      element("div", { class: "bar" }, element("h2", { id: "detail-title" }, `${i.symptom}: ${i.cause_title || i.cause || "cause unknown"}`), close),
      i.verdict ? element("p", { class: "verdict" }, i.verdict) : "", detailFacts(i),
      element("p", {}, element("a", { href: `/v1/incidents/${id}/report` }, "Report for the carrier"), " · ", element("a", { href: `/v1/incidents/${id}/evidence?format=text` }, "Evidence as text")),
      element("h2", {}, "Evidence"),
      evidence.data.length ? element("ol", { class: "lines" }, ...evidence.data.map(evidenceLine)) : element("p", { class: "verdict" }, "No line is kept with this incident."));
    close.focus();
  } catch (error) {
    document.getElementById("detail-title").textContent = `No answer: ${error.message}`;
  }
}

/* /#ID opens an incident, so that a link can be passed on. */
window.addEventListener("DOMContentLoaded", () => {
  if (/^#[0-9a-f]{16}$/.test(location.hash)) showDetail(location.hash.slice(1));
});
