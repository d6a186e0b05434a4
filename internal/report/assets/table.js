// The table of workloads. Rows are drawn in portions: an account may have
// thousands, and a person reads a screenful.
const portion = 200;
const levels = { High: 3, Medium: 2, Low: 1, Unknown: 0 };
const levelClass = { High: "bad", Medium: "warn", Low: "soft", Unknown: "soft" };
const decisionClass = { Move: "good", Blocked: "bad", MoveLater: "warn" };

const columns = [
  { title: "Workload", value: (w) => w.found.name.toLowerCase(), cell: nameCell },
  { title: "Decision", planned: true, value: (w) => w.planned?.decision ?? "", cell: (w) => el("span", { class: decisionClass[w.planned?.decision] ?? "" }, w.planned?.decision ?? none) },
  { title: "Phase", planned: true, wide: true, number: true, value: (w) => w.planned?.phase || 99, cell: (w) => String(w.planned?.phase || none) },
  { title: "Criticality", value: (w) => levels[w.found.criticality?.level] ?? -1, down: true, cell: (w) => el("span", { class: levelClass[w.found.criticality?.level] ?? "" }, w.found.criticality?.level ?? none) },
  { title: "Runs on", wide: true, value: runsOn, cell: runsOn },
  { title: "Framework", wide: true, value: framework, cell: framework },
  { title: "Requests/day", number: true, down: true, value: (w) => w.found.traffic?.requestsPerDay ?? -1, cell: (w) => count(w.found.traffic?.requestsPerDay) },
  { title: "p99", wide: true, number: true, down: true, value: (w) => w.found.traffic?.latencyMilliseconds?.p99 ?? -1, cell: (w) => millis(w.found.traffic?.latencyMilliseconds?.p99) },
  { title: "Runs", wide: true, number: true, down: true, value: (w) => w.found.runs?.count ?? -1, cell: (w) => count(w.found.runs?.count) },
  { title: "$/month", number: true, down: true, value: (w) => w.found.costPerMonth?.usd ?? -1, cell: (w) => dollars(w.found.costPerMonth) },
].filter((column) => !column.planned || workloads.some((w) => w.planned));

// Where several places were scanned, each workload says where it is.
const placeOf = (w) => [w.found.accountID, w.found.region].filter(Boolean).join(" ");
const severalPlaces = new Set(workloads.map(placeOf)).size > 1;

function nameCell(w) {
  const kind = [w.found.kind, w.found.servingMode].filter(Boolean).join(" · ");
  return el("span", {}, el("button", { type: "button", class: "link", "data-open": w.key }, w.found.name), el("span", { class: "kind" }, kind),
    severalPlaces ? el("span", { class: "kind" }, placeOf(w)) : null);
}

function runsOn(w) {
  if (w.variants?.length) return w.variants.map((v) => v.instances).join(", ");
  return w.found.runs?.instanceType ? `${w.found.runs.instanceCount || 1} × ${w.found.runs.instanceType}` : none;
}

function framework(w) {
  const f = w.found.framework;
  return f ? [f.name, f.version].filter(Boolean).join(" ") : none;
}

const order = { column: columns.findIndex((c) => c.title === "Criticality"), down: true };
let rows = [];
let drawn = 0;

function drawHead() {
  const head = el("tr");
  columns.forEach((column, i) => {
    const sorted = order.column === i ? (order.down ? "descending" : "ascending") : "none";
    head.append(el("th", { class: classOf(column), "aria-sort": sorted, scope: "col" },
      el("button", { type: "button", on: { click: () => sortBy(i) } }, column.title + (sorted === "none" ? "" : order.down ? " ↓" : " ↑"))));
  });
  document.querySelector("#table thead").replaceChildren(head);
}

function classOf(column) {
  return [column.number && "n", column.wide && "wide"].filter(Boolean).join(" ") || null;
}

function sortBy(i) {
  order.down = order.column === i ? !order.down : Boolean(columns[i].down);
  order.column = i;
  drawTable();
}

function drawTable() {
  const { value } = columns[order.column];
  const sign = order.down ? -1 : 1;
  const busy = (w) => w.found.traffic?.requestsPerDay ?? w.found.costPerMonth?.usd ?? 0;
  rows = matching().sort((a, b) => {
    const [x, y] = [value(workloads[a]), value(workloads[b])];
    return (x < y ? -sign : x > y ? sign : 0) || busy(workloads[b]) - busy(workloads[a]) || a - b;
  });
  drawn = 0;
  document.querySelector(".scroll:has(#table)").hidden = !rows.length;
  drawHead();
  document.querySelector("#table tbody").replaceChildren();
  drawMore();
  document.getElementById("count").textContent = counted();
}

// counted says how many are shown, and why there may be none.
function counted() {
  if (!workloads.length) return "The inventory has no workloads: the scan found none where it looked.";
  if (!rows.length) return `None of ${workloads.length} workloads passes these filters. “Clear” shows all again.`;
  const all = `${workloads.length} workload${workloads.length === 1 ? "" : "s"}`;
  return rows.length === workloads.length ? all : `${rows.length} of ${all}`;
}

function drawMore() {
  const next = rows.slice(drawn, drawn + portion);
  document.querySelector("#table tbody").append(...next.map((i) => el("tr", { "data-open": workloads[i].key, class: chosen.open === workloads[i].key ? "chosen" : null },
    ...columns.map((column) => el("td", { class: classOf(column) }, column.cell(workloads[i]))))));
  drawn += next.length;
  const more = document.getElementById("more");
  more.hidden = drawn >= rows.length;
  more.textContent = `Show ${Math.min(portion, rows.length - drawn)} more of ${rows.length - drawn}`;
}
