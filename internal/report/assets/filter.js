// The filters: what is chosen, kept in the address so that it can be shared.
const choices = [
  { name: "kind", label: "Kind", of: (w) => w.found.kind },
  { name: "decision", label: "Decision", of: (w) => w.planned?.decision },
  { name: "criticality", label: "Criticality", of: (w) => w.found.criticality?.level, order: ["High", "Medium", "Low", "Unknown"] },
  { name: "hardware", label: "Hardware", of: (w) => w.found.hardware?.needs },
  { name: "place", label: "Account and region", of: (w) => placeOf(w) },
];

const form = document.getElementById("filters");
const chosen = Object.fromEntries(new URLSearchParams(location.hash.startsWith("#?") ? location.hash.slice(2) : ""));

function makeFilters(changed) {
  for (const choice of choices) {
    const counts = new Map();
    for (const w of workloads) if (choice.of(w)) counts.set(choice.of(w), (counts.get(choice.of(w)) ?? 0) + 1);
    // A shared address may name what this page does not have, or offers no choice of.
    if (!counts.has(chosen[choice.name])) delete chosen[choice.name];
    if (counts.size < 2) continue;
    const rank = (value) => (choice.order ? choice.order.indexOf(value) : 0);
    const values = [...counts.keys()].sort((a, b) => rank(a) - rank(b) || a.localeCompare(b));
    form.append(el("label", {}, choice.label, el("select", { name: choice.name }, el("option", { value: "" }, "all"),
      ...values.map((v) => el("option", { value: v, selected: chosen[choice.name] === v }, `${v} (${counts.get(v)})`)))));
  }
  form.append(el("button", { type: "button", on: { click: () => { form.reset(); for (const s of form.querySelectorAll("select")) s.value = ""; form.elements.text.value = ""; take(); } } }, "Clear"));
  form.elements.text.value = chosen.text ?? "";
  const take = () => {
    for (const [name, value] of new FormData(form)) if (value) chosen[name] = value; else delete chosen[name];
    remember();
    changed();
  };
  form.addEventListener("input", take);
  form.addEventListener("submit", (event) => event.preventDefault());
}

function remember() {
  const text = new URLSearchParams(chosen).toString();
  history.replaceState(null, "", text ? "#?" + text : location.pathname + location.search);
}

// matching returns the numbers of the workloads that pass every filter.
function matching() {
  const words = (chosen.text ?? "").toLowerCase().split(/\s+/).filter(Boolean);
  const active = choices.filter((choice) => chosen[choice.name]);
  const found = [];
  workloads.forEach((w, i) => {
    if (active.every((choice) => choice.of(w) === chosen[choice.name]) && words.every((word) => searchable[i].includes(word))) found.push(i);
  });
  return found;
}
