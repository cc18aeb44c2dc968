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

// A long table shows its first rows, and a button for the rest.
for (const table of all("table")) {
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

// The charts. Expressions are interpreted: the page's policy forbids making code from text.
for (const place of all(".charts")) {
  const specification = JSON.parse(place.textContent);
  if (place.parentNode.clientWidth < 1150) specification.columns = 1;
  place.textContent = "";
  place.hidden = false;
  vegaEmbed(place, specification, { mode: "vega-lite", renderer: "svg", actions: false, ast: true });
}
