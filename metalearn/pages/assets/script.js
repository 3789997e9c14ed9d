"use strict";
// Tables: a click on a heading sorts; a field above long tables filters. Charts: what is pointed at
// or focused is named below. Everything else works without this script.
for (const table of document.querySelectorAll("table[data-sortable]")) {
  const body = table.tBodies[0];
  table.tHead.querySelectorAll("th").forEach((head, column) => {
    if (!head.textContent.trim()) return;
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      table.tHead.querySelectorAll("th").forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const key = (row) => row.cells[column].dataset.sort ?? row.cells[column].textContent.trim();
      const compare = (a, b) => {
        const [x, y] = [key(a), key(b)];
        if (x === "" || y === "") return (x === "") - (y === "");
        const [p, q] = [Number(x), Number(y)];
        const order = Number.isNaN(p) || Number.isNaN(q) ? x.localeCompare(y) : p - q;
        return down ? -order : order;
      };
      body.append(...[...body.rows].sort(compare));
    });
  });
  const field = table.closest("section, main")?.querySelector(".filter[hidden]");
  if (field && body.rows.length > 12) {
    field.hidden = false;
    const input = field.querySelector("input");
    const shown = field.querySelector("output");
    input.addEventListener("input", () => {
      const wanted = input.value.toLowerCase();
      let n = 0;
      for (const row of body.rows) {
        row.hidden = !row.textContent.toLowerCase().includes(wanted);
        n += row.hidden ? 0 : 1;
      }
      shown.textContent = wanted ? `${n} of ${body.rows.length} rows` : "";
    });
  }
}
for (const chart of document.querySelectorAll("figure")) {
  const tip = chart.querySelector("output.tip");
  if (!tip) continue;
  const light = (key, on) => {
    if (!key) return;
    for (const row of document.querySelectorAll("tr[data-key]"))
      if (row.dataset.key === key) row.classList.toggle("lit", on);
  };
  for (const mark of chart.querySelectorAll("[data-tip]")) {
    const show = () => {
      tip.textContent = mark.dataset.tip;
      mark.classList.add("lit");
      light(mark.dataset.key, true);
    };
    const hide = () => {
      mark.classList.remove("lit");
      light(mark.dataset.key, false);
    };
    mark.addEventListener("pointerenter", show);
    mark.addEventListener("pointerleave", hide);
    mark.addEventListener("focus", show);
    mark.addEventListener("blur", hide);
  }
}
for (const row of document.querySelectorAll("tr[data-key]")) {
  const marks = () =>
    [...document.querySelectorAll("svg [data-key]")].filter((m) => m.dataset.key === row.dataset.key);
  row.addEventListener("pointerenter", () => marks().forEach((m) => m.classList.add("lit")));
  row.addEventListener("pointerleave", () => marks().forEach((m) => m.classList.remove("lit")));
}
