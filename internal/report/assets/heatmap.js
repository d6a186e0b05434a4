// Requests by hour of the week: a row a day, Monday first, in UTC.
const days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

function heatmap(hours) {
  const [cell, left, top] = [16, 30, 14];
  const most = Math.max(...hours, 1e-9);
  const picture = svg("svg", { class: "heat", viewBox: `0 0 ${left + 24 * cell} ${top + 7 * cell}`, role: "img", "aria-label": `Requests by hour of the week, at most ${count(most)} an hour` });
  for (const hour of [0, 6, 12, 18]) picture.append(svg("text", { x: left + hour * cell, y: 10 }, String(hour).padStart(2, "0")));
  days.forEach((day, row) => {
    picture.append(svg("text", { x: 0, y: top + row * cell + 11 }, day));
    for (let hour = 0; hour < 24; hour++) {
      const value = hours[row * 24 + hour] ?? 0;
      picture.append(svg("rect", { x: left + hour * cell, y: top + row * cell, width: cell - 1, height: cell - 1, rx: 2, "fill-opacity": (0.06 + 0.94 * value / most).toFixed(3) },
        svg("title", {}, `${day} ${String(hour).padStart(2, "0")}:00 UTC: ${count(value)} requests an hour`)));
    }
  });
  return picture;
}
