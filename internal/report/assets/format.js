// Numbers and elements as people read them.
const none = "–";

function count(value) {
  if (value == null) return none;
  for (const [least, letter] of [[1e9, "B"], [1e6, "M"], [1e3, "k"]]) {
    if (value >= least) return (value / least).toFixed(1).replace(/\.0$/, "") + letter;
  }
  return value > 0 && value < 1 ? "<1" : String(Math.round(value));
}

function dollars(cost) {
  if (!cost) return none;
  if (cost.usd > 0 && cost.usd < 1) return "< $1";
  return (cost.estimate ? "≈ $" : "$") + Math.round(cost.usd).toLocaleString("en");
}

function millis(value) {
  if (value == null) return none;
  if (value >= 10_000) return (value / 1000).toFixed(value < 100_000 ? 1 : 0).replace(/\.0$/, "") + " s";
  return (value < 10 ? value.toFixed(1) : Math.round(value)) + " ms";
}

function share(value) {
  if (value == null) return none;
  return value === 0 ? "0 %" : (value * 100).toPrecision(2) + " %";
}

// el makes an element; text is only ever set as text.
function el(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "on") for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    else if (value != null && value !== false) element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child != null && child !== false));
  return element;
}

function svg(name, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

function clipped(text, length) {
  return text.length > length ? text.slice(0, length - 1) + "…" : text;
}
