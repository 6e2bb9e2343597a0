"use strict";
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  // the heads of the columns, in the order of the cells: those over both lines first
  const [upper, lower] = [...table.tHead.rows].map((row) => [...row.cells]);
  const heads = [...upper.filter((head) => head.rowSpan === 2), ...lower];
  heads.forEach((head, column) => {
    // a span: browsers do not print a <button> in a head that is repeated on the next page
    const button = document.createElement("span");
    button.setAttribute("role", "button");
    button.tabIndex = 0;
    button.append(...head.childNodes);
    head.append(button);
    const sort = () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const key = (row) => row.cells[column].dataset.key ?? row.cells[column].textContent;
      const number = head.classList.contains("number");
      const compare = (a, b) => {
        const [x, y] = [key(a), key(b)];
        // what is empty stays at the end either way
        if (x === "" || y === "") return (x === "") - (y === "");
        const order = number ? x - y : x.localeCompare(y, undefined, { numeric: true });
        return down ? -order : order;
      };
      body.append(...[...body.rows].sort(compare));
    };
    button.addEventListener("click", sort);
    button.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      sort();
    });
  });
}
