// The page's data, and what is made of it once.
const { workloads, graph } = JSON.parse(document.getElementById("data").textContent);
const byKey = new Map(workloads.map((w, i) => [w.key, i]));

// Each workload's words, so that a search looks at one text.
const searchable = workloads.map((w) => [
  w.found.name, w.found.kind, w.found.status, w.found.servingMode, w.found.accountID, w.found.region,
  w.found.framework?.name, w.found.framework?.version, w.planned?.decision,
  ...(w.found.integrations ?? []).map((i) => i.name), ...(w.found.resources ?? []).map((r) => r.name),
].filter(Boolean).join(" ").toLowerCase());

// Who a node relies on, and who relies on it, as rows of edges. Made when a
// graph is first drawn: a large account has many.
let neighbours;
function edgesOf(node, towards) {
  if (!neighbours) {
    neighbours = { out: new Map(), in: new Map() };
    for (const edge of graph.edges ?? []) {
      add(neighbours.out, edge[0], edge);
      add(neighbours.in, edge[1], edge);
    }
  }
  return neighbours[towards].get(node) ?? [];
}

function add(map, key, value) {
  const list = map.get(key);
  if (list) list.push(value); else map.set(key, [value]);
}
