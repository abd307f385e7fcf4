// A person's marks on pairs: stored in this browser under the digest of the report, and exported as CSV.
"use strict";

const STORE = `copytrace-report-${report.digest}`;

const marks = {
  all: new Map(),
  kept: true,

  read() {
    try {
      this.all = new Map(JSON.parse(localStorage.getItem(STORE) ?? "[]"));
    } catch {
      this.kept = false;
    }
  },

  get(number) {
    return this.all.get(number);
  },

  // Set a mark, or remove it if it is already set.
  toggle(number, mark) {
    // Another window may have changed the marks.
    if (this.kept) this.read();
    if (this.all.get(number) === mark) this.all.delete(number);
    else this.all.set(number, mark);
    try {
      localStorage.setItem(STORE, JSON.stringify([...this.all]));
    } catch {
      this.kept = false;
    }
  },

  csv() {
    const lines = [["query_id", "reference_id", "mark", "finding", verified ? "probability" : "score"]];
    for (const [number, mark] of [...this.all].sort(([a], [b]) => a - b)) {
      const pair = pairs[number];
      lines.push([pictures[pair.query].id, pictures[pair.reference].id, mark, pair.finding, pair.score ?? ""]);
    }
    return lines.map((line) => line.map(quoted).join(",") + "\r\n").join("");
  },
};

function quoted(value) {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function exportMarks() {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([marks.csv()], { type: "text/csv" }));
  link.download = "marks.csv";
  link.click();
  URL.revokeObjectURL(link.href);
}

marks.read();
