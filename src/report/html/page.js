
// Sorts a table by the column whose head is clicked; a second click turns the order round. Rows without a key come last.
"use strict";
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  const written = Array.from(body.rows);
  const heads = Array.from(table.tHead.rows[0].cells);
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    const numeric = head.classList.contains("number");
    const key = row => numeric ? Number(row.cells[column].dataset.key ?? NaN) : row.cells[column].textContent;
    button.addEventListener("click", () => {
      const descending = head.getAttribute("aria-sort") === "ascending";
      heads.forEach(other => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", descending ? "descending" : "ascending");
      const compare = (a, b) => {
        if (!numeric) return (descending ? -1 : 1) * a.localeCompare(b, "en", { numeric: true });
        if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) - Number.isNaN(b);
        return a === b ? 0 : (a < b) === descending ? 1 : -1;
      };
      const keyed = written.map(row => [key(row), row]);
      keyed.sort((a, b) => compare(a[0], b[0]));
      const rows = document.createDocumentFragment();
      keyed.forEach(pair => rows.append(pair[1]));
      body.append(rows);
    });
  });
}
