"use strict";
const all = (selector, root = document) => [...root.querySelectorAll(selector)];

// Sorting: a click on a column's name; numbers by value, empty cells last.
for (const button of all("th button")) {
  const head = button.closest("th");
  const column = [...head.parentNode.children].indexOf(head);
  const key = (row) => row.cells[column].dataset.sort ?? row.cells[column].textContent.trim();
  button.addEventListener("click", () => {
    const down = head.getAttribute("aria-sort") === "ascending";
    for (const each of head.parentNode.children) each.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const body = head.closest("table").tBodies[0];
    const compare = (a, b) => {
      const [first, second] = [key(a), key(b)];
      if (first === "" || second === "") return (first === "") - (second === "");
      const difference = first - second;
      return (down ? -1 : 1) * (Number.isNaN(difference) ? first.localeCompare(second) : difference);
    };
    body.append(...[...body.rows].sort(compare));
  });
}

for (const input of all(".filter")) {
  const rows = all("tbody tr", input.parentNode);
  input.addEventListener("input", () => {
    const words = input.value.toLowerCase().split(/\s+/);
    for (const row of rows) row.hidden = !words.every((word) => row.textContent.toLowerCase().includes(word));
  });
}

// A long table shows its first rows, until it is asked for all.
for (const table of all("table:not(.heat)")) {
  if (table.tBodies[0].rows.length <= 25 || table.closest("details")) continue;
  const button = table.parentNode.nextElementSibling;
  table.classList.add("folded");
  button.hidden = false;
  button.addEventListener("click", () => { table.classList.remove("folded"); button.hidden = true; });
}

for (const button of all(".copy")) {
  button.addEventListener("click", async () => {
    const command = button.nextElementSibling;
    try {
      await navigator.clipboard.writeText(command.textContent);
    } catch {  // not allowed here: leave it selected
      getSelection().selectAllChildren(command);
      document.execCommand("copy");
    }
    const label = button.textContent;
    button.textContent = "✓";
    setTimeout(() => { button.textContent = label; }, 1200);
  });
}

// The legend switches configurations, and kinds of line, on and off.
const COLOURS = 7;
for (const section of all("section")) {
  const buttons = all(".series", section);
  const draw = () => {
    const off = buttons.filter((button) => button.getAttribute("aria-pressed") === "false");
    const numbers = new Set(off.map((button) => button.dataset.of));
    const styles = new Set(off.map((button) => button.dataset.style));
    for (const drawn of all(".curves [data-of]", section)) {
      const number = drawn.dataset.of >= COLOURS ? "rest" : drawn.dataset.of;
      drawn.classList.toggle("off", numbers.has(number) || styles.has(drawn.dataset.style));
    }
  };
  for (const button of buttons) {
    button.addEventListener("click", () => {
      button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") === "false"));
      draw();
    });
  }
}

// Pointing at a chart tells the values there, the nearest line in bold.
for (const chart of all("svg.chart")) {
  const paths = all("path[data-points]", chart).filter((path) => path.dataset.points);
  const lines = paths.map((path) => ({
    path, name: path.dataset.name, points: path.dataset.points.split(" ").map((each) => each.split(",")),
  }));
  let box = null;
  chart.addEventListener("pointerleave", () => { box?.remove(); box = null; });
  chart.addEventListener("pointermove", (event) => {
    const scale = chart.viewBox.baseVal.width / chart.clientWidth;
    const [x, y] = [event.offsetX * scale, event.offsetY * scale];
    const near = lines.filter((line) => !line.path.closest(".off")).map((line) => {
      const at = line.points.reduce((best, point) => (Math.abs(point[0] - x) < Math.abs(best[0] - x) ? point : best));
      return { ...line, at, distance: Math.hypot(at[0] - x, at[1] - y) };
    });
    box?.remove();
    if (!near.length) return;
    near.sort((a, b) => a.distance - b.distance);
    const nearest = near[0];
    box = Object.assign(document.createElement("div"), { className: "readout" });
    const shown = near.slice(0, 8).sort((a, b) => a.at[1] - b.at[1]);
    if (nearest.at[2]) box.append(`${chart.querySelector(".label").textContent} ${nearest.at[2]}`);
    for (const line of shown) {
      const row = document.createElement(line === nearest ? "b" : "span");
      const swatch = Object.assign(document.createElement("span"), { className: `swatch ${line.path.parentNode.classList[1]}` });
      const kind = line.path.classList.contains("train") ? " (train)" : "";
      row.append(swatch, `${line.at[3]}  ${line.name}${kind}`);
      box.append(document.createElement("br"), row);
    }
    chart.parentNode.append(box);
    const right = event.offsetX > chart.clientWidth / 2;
    box.style.left = right ? "" : `${event.offsetX + 18}px`;
    box.style.right = right ? `${chart.clientWidth - event.offsetX + 18}px` : "";
    box.style.top = `${event.offsetY + 10}px`;
  });
}
