// Appended to a copy of a page by tests/report_html.rs: sorts a table up and down and writes what came of it into the title.
"use strict";
{
  const table = document.querySelector("table.sortable");
  const heads = Array.from(table.tHead.rows[0].cells);
  const column = heads.findIndex(head => head.textContent.startsWith(SORTED_COLUMN));
  const keys = () => Array.from(table.tBodies[0].rows, row => row.cells[column].dataset.key ?? row.cells[column].textContent);
  const written = keys();
  heads[column].querySelector("button").click();
  const up = [keys(), heads[column].getAttribute("aria-sort")];
  heads[column].querySelector("button").click();
  const down = [keys(), heads[column].getAttribute("aria-sort")];
  const text = JSON.stringify({ written, up, down, heads: heads.map(head => head.textContent) });
  // base64 of UTF-8, so that the title needs no escapes
  document.title = "sorted:" + btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}
