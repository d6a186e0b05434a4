// Everything about one workload, beside the table.
const panel = document.getElementById("detail");
const split = document.querySelector(".split");

function facts(pairs) {
  return el("dl", {}, ...pairs.filter(([, value]) => value != null && value !== "" && value !== none)
    .flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));
}

function list(title, items) {
  return items?.length ? el("div", {}, el("h4", {}, title), el("ul", {}, ...items.map((item) => el("li", {}, item)))) : null;
}

function openDetail(key, focus) {
  const w = workloads[byKey.get(key)];
  if (!w) return closeDetail();
  chosen.open = key;
  remember();
  for (const row of document.querySelectorAll("#table tbody tr")) row.classList.toggle("chosen", row.dataset.open === key);
  const f = w.found;
  panel.replaceChildren(
    el("button", { type: "button", class: "close", "aria-label": "Close", on: { click: closeDetail } }, "Close"),
    el("h3", {}, f.name), el("p", { class: "note" }, [f.kind, f.servingMode, f.status, f.accountID, f.region].filter(Boolean).join(" · ")),
    ...[planOf(w), foundOf(w), trafficOf(f), runsOf(f), consumersOf(f),
      list("Relies on", (f.integrations ?? []).map((i) => i.detail ? `${i.name}: ${i.detail}` : i.name)), graphOf(w)].filter(Boolean));
  panel.hidden = false;
  split.classList.add("open");
  if (focus) { panel.focus({ preventScroll: true }); panel.scrollIntoView({ block: "nearest" }); }
}

function closeDetail() {
  delete chosen.open;
  remember();
  const held = panel.contains(document.activeElement);
  panel.hidden = true;
  split.classList.remove("open");
  for (const row of document.querySelectorAll("#table tbody tr.chosen")) {
    row.classList.remove("chosen");
    if (held) row.querySelector(".link").focus(); // where the keyboard was before
  }
}

function planOf({ planned: p }) {
  if (!p) return null;
  return el("div", {}, el("h4", {}, "Plan"),
    facts([["Decision", el("span", { class: decisionClass[p.decision] ?? "" }, p.decision)], ["Phase", p.phase || null], ["Node pool", p.nodePoolName],
      ["In the cluster", p.clusterCost ? dollars(p.clusterCost) + " a month" : null], ["Waits for", (p.dependsOn ?? []).join(", ")]]),
    list("Why", p.reasons), list("In the way", (p.blockers ?? []).map(remedy)), list("Not carried over", (p.gaps ?? []).map(remedy)));
}

// remedy is what is wrong, and what to do instead.
function remedy(problem) {
  return el("span", {}, `${problem.thing}: ${problem.why} `, problem.do ? el("em", {}, problem.do) : null);
}

function foundOf(w) {
  const f = w.found;
  return el("div", {}, el("h4", {}, "What it is"), facts([
    ["Criticality", criticality(f.criticality)],
    ["Runs on", runsOn(w)], ["Hardware", f.hardware ? `${f.hardware.needs}: ${f.hardware.basis}` : null],
    ["Framework", f.framework ? `${framework(w)} (${f.framework.basis})` : null],
    ["Trained", f.trainingPath ? `${f.trainingPath.kind} (${f.trainingPath.basis})` : null],
    ["Cost", f.costPerMonth ? `${dollars(f.costPerMonth)} a month: ${f.costPerMonth.basis}; prices of ${f.costPerMonth.pricesOf}` : "unknown"],
  ]));
}

function criticality(c) {
  if (!c) return none;
  return el("div", {}, c.level, c.reasons?.length ? el("ul", {}, ...c.reasons.map((reason) => el("li", {}, reason))) : null);
}

function trafficOf(f) {
  const t = f.traffic;
  if (!t) return null;
  const l = t.latencyMilliseconds;
  return el("div", {}, el("h4", {}, "Traffic"), facts([
    ["Requests", `${count(t.requestsPerDay)} a day, at most ${count(t.peakRequestsPerMinute)} a minute`],
    ["Latency", l ? `p50 ${millis(l.p50)}, p95 ${millis(l.p95)}, p99 ${millis(l.p99)}` : null],
    ["Errors", `${share(t.clientErrorShare)} of the caller, ${share(t.serverErrorShare)} of the server`],
  ]), t.hourOfWeek?.length === 168 && t.requests > 0 ? heatmap(t.hourOfWeek) : null);
}

function runsOf(f) {
  const r = f.runs;
  if (!r) return null;
  return el("div", {}, el("h4", {}, "Runs"), facts([
    ["Count", `${count(r.count)}, ${count(r.inLookback)} of them in the lookback, ${count(r.failed ?? 0)} failed`],
    ["Last", r.lastRunAt], ["Takes", r.medianHours ? `${r.medianHours} h (median)` : null], ["Started by", r.startedBy || "people or their scripts"],
  ]));
}

function consumersOf(f) {
  const how = (c) => c.how === "Graph" ? c.detail || "uses it" : c.how + (c.detail ? ": " + c.detail : "");
  const named = (f.consumers ?? []).map((c) => `${c.name} (${how(c)})`);
  if (f.consumersUnknown) named.push(el("span", { class: "warn" }, "Not known: " + f.consumersUnknown));
  return list("Who uses it", named);
}

// The deepest chain that matters has four: endpoint, configuration, model, files.
const mostSteps = 4;

function graphOf(w) {
  if (w.node < 0) return null;
  const steps = el("select", { "aria-label": "Steps" }, ...Array.from({ length: mostSteps }, (_, i) => el("option", { value: i + 1, selected: i + 1 === 3 }, String(i + 1))));
  const place = el("div");
  let center = w.node;
  const draw = () => place.replaceChildren(drawGraph(center, Number(steps.value), choose));
  const choose = (node) => {
    const other = graph.nodes[node][2];
    if (other >= 0 && workloads[other].key !== w.key && node === workloads[other].node) {
      enlarged.close();
      return openDetail(workloads[other].key, true);
    }
    center = node;
    draw();
  };
  steps.addEventListener("change", draw);
  draw();
  const controls = el("div", { class: "depth" }, "What relies on it is to the left. Steps", steps,
    el("button", { type: "button", on: { click: () => { center = w.node; draw(); } } }, "Back to it"));
  const home = el("div", {}, controls, place);
  const enlarge = el("button", { type: "button", class: "enlarge", on: { click: () => enlargeGraph(home, draw) } }, "Enlarge");
  controls.append(enlarge);
  return el("div", {}, el("h4", {}, "Graph"), home);
}

// The enlarged graph is the same elements in a dialog; closing puts them back.
const enlarged = el("dialog", { "aria-label": "Graph" });
document.body.append(enlarged);

function enlargeGraph(home, draw) {
  if (enlarged.open) return enlarged.close();
  const parent = home.parentElement;
  enlarged.replaceChildren(home);
  const button = home.querySelector(".enlarge");
  button.textContent = "Close";
  enlarged.addEventListener("close", () => { button.textContent = "Enlarge"; parent.append(home); draw(); }, { once: true });
  enlarged.showModal();
  draw();
}
