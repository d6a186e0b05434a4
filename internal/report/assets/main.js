// Begins everything, and listens.
makeFilters(drawTable);
drawTable();
document.getElementById("more").addEventListener("click", drawMore);
document.addEventListener("click", (event) => {
  const target = event.target.closest("[data-open]");
  if (target) openDetail(target.dataset.open, true);
});
document.addEventListener("keydown", (event) => { if (event.key === "Escape" && !panel.hidden && !enlarged.open) closeDetail(); });
if (chosen.open) {
  openDetail(chosen.open, false);
  split.scrollIntoView({ behavior: "instant", block: "start" }); // a shared address is about this
}
// On paper nothing can be opened.
addEventListener("beforeprint", () => { for (const part of document.querySelectorAll("details")) part.open = true; });
