// The list of pairs: the page contains only rows near the window, so 10,000 cost no more than ten.
"use strict";

const HEADING = 36;
const ROW = 68;
const BEYOND = 400; // pixels above and below the window to draw as well

class PairList {
  constructor(element, choose) {
    this.element = element;
    this.rows = [];
    this.tops = [0];
    this.drawn = new Map();
    this.chosen = null;
    this.sizer = element.appendChild(document.createElement("div"));
    this.sizer.className = "sizer";
    this.sizer.role = "presentation";
    element.addEventListener("scroll", () => requestAnimationFrame(() => this.draw()), { passive: true });
    new ResizeObserver(() => this.draw()).observe(element);
    element.addEventListener("click", (event) => {
      const row = event.target.closest("[data-number]");
      if (row) choose(Number(row.dataset.number));
    });
  }

  // Show these rows instead.
  show(rows) {
    this.rows = rows;
    this.tops = [0];
    for (const row of rows) this.tops.push(this.tops.at(-1) + ("number" in row ? ROW : HEADING));
    this.numbers = rows.filter((row) => "number" in row).map((row) => row.number);
    // The position of a pair among the pairs, and among all rows.
    this.places = new Map(this.numbers.map((number, place) => [number, place]));
    this.lines = new Map(rows.map(({ number, query }, at) => [number ?? `heading ${query}`, at]));
    this.sizer.style.height = `${this.tops.at(-1)}px`;
    this.redraw();
  }

  choose(number) {
    this.select(this.chosen, false);
    this.chosen = number;
    const at = this.lines.get(number);
    if (at === undefined) {
      this.draw();
      return;
    }
    // Keep the heading of its query visible too.
    const top = this.tops["query" in this.rows[at - 1] ? at - 1 : at];
    const bottom = this.tops[at + 1];
    const { scrollTop, clientHeight } = this.element;
    // Do not scroll a hidden list.
    if (!clientHeight) return;
    if (top < scrollTop) this.element.scrollTop = top;
    else if (bottom > scrollTop + clientHeight) this.element.scrollTop = bottom - clientHeight;
    this.select(number, true);
    this.draw();
  }

  select(number, chosen) {
    const row = this.drawn.get(this.lines.get(number));
    if (row) row.ariaSelected = String(chosen);
  }

  // Redraw a pair whose mark has changed.
  refresh(number) {
    const at = this.lines.get(number);
    if (!this.drawn.has(at)) return;
    const row = this.row(at);
    this.drawn.get(at).replaceWith(row);
    this.drawn.set(at, row);
  }

  redraw() {
    for (const row of this.drawn.values()) row.remove();
    this.drawn.clear();
    this.draw();
  }

  draw() {
    const { scrollTop, clientHeight } = this.element;
    const first = this.at(scrollTop - BEYOND);
    const last = Math.min(this.at(scrollTop + clientHeight + BEYOND), this.rows.length - 1);
    for (const [at, row] of this.drawn) {
      if (at < first || at > last) {
        row.remove();
        this.drawn.delete(at);
      }
    }
    for (let at = first; at <= last; at++) {
      if (!this.drawn.has(at)) this.drawn.set(at, this.sizer.appendChild(this.row(at)));
    }
    const active = this.drawn.get(this.lines.get(this.chosen));
    if (active) this.element.setAttribute("aria-activedescendant", active.id);
    else this.element.removeAttribute("aria-activedescendant");
  }

  // The row at this distance from the top, in pixels.
  at(pixels) {
    let [low, high] = [0, this.rows.length];
    while (low + 1 < high) {
      const middle = (low + high) >> 1;
      if (this.tops[middle] <= pixels) low = middle;
      else high = middle;
    }
    return low;
  }

  row(at) {
    const { query, count, number } = this.rows[at];
    const row = document.createElement("div");
    row.style.top = `${this.tops[at]}px`;
    if (number === undefined) {
      row.className = "heading";
      row.role = "presentation";
      row.append(span("name", pictures[query].id), span("soft", count === 1 ? "" : `${count} matches`));
      return row;
    }
    const pair = pairs[number];
    const mark = marks.get(number);
    row.className = "row";
    row.id = `row-${number}`;
    row.dataset.number = number;
    row.role = "option";
    row.ariaSelected = String(number === this.chosen);
    row.ariaPosInSet = String(this.places.get(number) + 1);
    row.ariaSetSize = String(this.numbers.length);
    const said = span("said");
    said.append(span(`word ${pair.finding}`, findings[pair.finding]), span("number", pair.shown), truthTag(number));
    const words = span("words");
    words.append(span("name", pictures[pair.reference].id), said);
    const whose = span("unseen", `${pictures[pair.query].id} and `);
    row.append(whose, small(pair.query), small(pair.reference), words, span(`mark ${mark ?? ""}`, mark ?? ""));
    return row;
  }
}

function span(classes, text = "") {
  const element = document.createElement("span");
  element.className = classes;
  element.textContent = text;
  return element;
}

// The ground truth of a pair, highlighted if the verdict differs.
function truthTag(number) {
  if (rightness[number] === null) return span("");
  return span(rightness[number] === COPIES.has(pairs[number].finding) ? "truth" : "truth amiss", String(rightness[number]));
}

function small(picture) {
  const { file } = pictures[picture];
  if (!file) return span("small");
  const image = document.createElement("img");
  image.className = "small";
  image.alt = "";
  image.decoding = "async";
  image.src = file;
  return image;
}
