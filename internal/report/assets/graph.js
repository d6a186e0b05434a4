// The surroundings of one node: who relies on it to the left, what it relies on
// to the right. Of many nodes of one kind the first few are drawn and the rest
// counted, so that a picture stays a picture.
const siblings = 6;
// Of runs, whose names are numbers, fewer say as much.
const fewer = { PipelineExecution: 2, TrialComponent: 3 };
const size = { width: 178, height: 38, gapX: 46, gapY: 10 };

function around(center, depth) {
  const levels = new Map([[center, 0]]);
  const folded = new Map();
  const edges = new Map();
  for (const [towards, other, sign] of [["out", 1, 1], ["in", 0, -1]]) {
    let edge = [center];
    for (let level = 1; level <= depth; level++) {
      const next = [];
      for (const node of edge) {
        const perKind = new Map();
        for (const row of edgesOf(node, towards)) {
          const far = row[other];
          if (levels.has(far)) { edges.set(row.join(), row); continue; }
          const kind = graph.nodes[far][0];
          perKind.set(kind, (perKind.get(kind) ?? 0) + 1);
          if (perKind.get(kind) > (fewer[graph.kinds[kind]] ?? siblings)) { fold(folded, node, kind, level * sign); continue; }
          levels.set(far, level * sign);
          edges.set(row.join(), row);
          next.push(far);
        }
      }
      edge = next;
    }
  }
  return { levels, edges: [...edges.values()], folded: [...folded.values()] };
}

function fold(folded, node, kind, level) {
  const key = `${node} ${kind} ${level}`;
  const entry = folded.get(key) ?? { node, kind, level, count: 0 };
  entry.count++;
  folded.set(key, entry);
}

// place gives each node a column by its level and a row by its neighbours' rows.
function place({ levels, edges, folded }) {
  const columns = new Map();
  for (const [node, level] of levels) add(columns, level, { node });
  for (const entry of folded) add(columns, entry.level, { folded: entry });
  const ordered = [...columns.keys()].sort((a, b) => Math.abs(a) - Math.abs(b));
  const rank = new Map();
  for (const level of ordered) {
    const items = columns.get(level);
    const inner = (item) => {
      if (item.folded) return (rank.get(item.folded.node) ?? 0) + 0.01;
      const known = edges.filter((e) => e.includes(item.node)).map((e) => rank.get(e[0] === item.node ? e[1] : e[0])).filter((r) => r != null);
      return known.length ? known.reduce((a, b) => a + b, 0) / known.length : 0;
    };
    for (const item of items) item.want = inner(item);
    items.sort((a, b) => a.want - b.want || kindOf(a) - kindOf(b));
    items.forEach((item, row) => { item.row = row - (items.length - 1) / 2; if (item.node != null) rank.set(item.node, item.row); });
  }
  return columns;
}

const kindOf = (item) => (item.folded ? item.folded.kind : graph.nodes[item.node][0]);

function drawGraph(center, depth, choose) {
  const found = around(center, depth);
  const columns = place(found);
  const left = Math.min(...columns.keys());
  const rows = Math.max(...[...columns.values()].map((items) => items.length));
  const width = columns.size * (size.width + size.gapX) - size.gapX + 20;
  const height = rows * (size.height + size.gapY) + 20;
  const at = new Map();
  const nodes = svg("g");
  for (const [level, items] of columns) {
    for (const item of items) {
      const x = 10 + (level - left) * (size.width + size.gapX);
      const y = height / 2 + item.row * (size.height + size.gapY) - size.height / 2;
      if (item.node != null) at.set(item.node, [x, y]);
      nodes.append(item.node != null ? nodeBox(item.node, x, y, item.node === center, choose) : foldedBox(item.folded, x, y));
    }
  }
  const lines = svg("g");
  for (const [from, to, relation] of found.edges) lines.append(edgeLine(at.get(from), at.get(to), graph.relations[relation]));
  const picture = svg("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": "What it relies on, to the right, and what relies on it, to the left" }, lines, nodes);
  const frame = el("div", { class: "graph" }, picture);
  requestAnimationFrame(() => { const [x] = at.get(center); frame.scrollLeft = x - (frame.clientWidth - size.width) / 2; });
  return frame;
}

function edgeLine([x1, y1], [x2, y2], relation) {
  const forward = x2 > x1;
  const [a, b] = forward ? [x1 + size.width, x2] : [x1, x2 + size.width];
  const [from, to] = [y1 + size.height / 2, y2 + size.height / 2];
  const bend = x1 === x2 ? -40 : (b - a) / 2;
  const path = x1 === x2 ? `M${x1} ${from} C${x1 + bend} ${from} ${x1 + bend} ${to} ${x1} ${to}` : `M${a} ${from} C${a + bend} ${from} ${b - bend} ${to} ${b} ${to}`;
  return svg("path", { class: "edge", d: path }, svg("title", {}, relation));
}

function nodeBox(node, x, y, isCenter, choose) {
  const [kind, status] = graph.nodes[node];
  const missing = graph.statuses[status] === "Missing";
  const name = graph.names[node];
  const shown = fitting(shortName(name), size.width - 16);
  const below = graph.kinds[kind] + (missing ? ", missing" : "");
  // Who speaks to the page says what is seen; who hears it needs the whole name.
  const read = `${shown} ${below}` + (shown === name ? "" : ": " + name);
  const box = svg("g", { class: "node" + (isCenter ? " center" : "") + (missing ? " missing" : ""), transform: `translate(${x} ${y})`, tabindex: 0, role: "button", "aria-label": read },
    svg("title", {}, `${graph.kinds[kind]} ${name}${graph.statuses[status] ? " (" + graph.statuses[status] + ")" : ""}`),
    svg("rect", { width: size.width, height: size.height, rx: 5 }),
    svg("text", { x: 8, y: 16 }, shown),
    svg("text", { x: 8, y: 30, class: "sub" }, below));
  box.addEventListener("click", () => choose(node));
  box.addEventListener("keydown", (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); choose(node); } });
  return box;
}

function foldedBox(entry, x, y) {
  return svg("g", { class: "node", transform: `translate(${x} ${y})` }, svg("rect", { width: size.width, height: size.height, rx: 5, "stroke-dasharray": "2 3" }),
    svg("text", { x: 8, y: 23, class: "sub" }, `and ${entry.count} more ${graph.kinds[entry.kind]}`));
}

// shortName drops what all ARNs of an account share; the title has all of it.
function shortName(name) {
  return name.startsWith("arn:") ? name.slice(name.lastIndexOf(":") + 1) : name;
}

const ruler = document.createElement("canvas").getContext("2d");

// fitting shortens names that are too wide: images and addresses to their end,
// which tells most, and names of runs in the middle. Fonts differ, so that it
// measures.
function fitting(text, width) {
  ruler.font = `12px ${getComputedStyle(document.body).fontFamily}`;
  const fits = (shown) => ruler.measureText(shown).width <= width;
  if (fits(text)) return text;
  const ending = 4;
  const cut = text.includes("/") ? (n) => "…" + text.slice(text.length - n) : (n) => text.slice(0, n - ending) + "…" + text.slice(text.length - ending);
  let letters = text.length - 1;
  while (letters > ending && !fits(cut(letters))) letters--;
  return cut(letters);
}
