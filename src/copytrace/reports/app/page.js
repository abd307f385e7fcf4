// The page: filters, the selected pair, keys, and the address.
"use strict";

const narrow = matchMedia("(max-width: 56rem)");
const list = new PairList($("#rows"), choose);

function wanted() {
  const checked = [...document.querySelectorAll("#findings input:checked")];
  return {
    text: $("#search").value.trim().toLowerCase(),
    findings: new Set(checked.map((box) => box.value)),
    truth: $("#truth")?.value ?? "",
    marked: $("#marked").value,
    order: $("#order").value,
  };
}

function fillList() {
  const rows = rowsOf(wanted());
  $("#rows").scrollTop = 0;
  list.show(rows);
  const matches = list.numbers.length;
  const queries = rows.length - matches;
  $("#count").textContent = matches
    ? `${count.format(matches)} ${matches === 1 ? "match" : "matches"} of ${count.format(queries)} ${queries === 1 ? roles.query : roles.queries}`
    : "No matches.";
}

// The list changes with the filters; the selected pair stays as long as it is in the list.
function filter() {
  fillList();
  if (list.places.has(list.chosen)) list.choose(list.chosen);
  else if (!narrow.matches && $("#overview").hidden && list.numbers.length) choose(list.numbers[0]);
}

// On a narrow screen, a pair covers the list, and the browser's "back" returns to it.
function choose(number) {
  if (narrow.matches) location.hash = number + 1;
  else {
    history.replaceState(null, "", `#${number + 1}`);
    show(number);
  }
}

function show(number) {
  $("#overview").hidden = true;
  $("#pair").hidden = false;
  document.body.classList.add("open");
  showPair(number);
  layOver();
  list.choose(number);
  $("#detail").scrollTop = 0;
  for (const step of [1, -1]) fetchPictures(neighbour(step));
}

function showOverview() {
  $("#overview").hidden = false;
  $("#pair").hidden = true;
  document.body.classList.add("open");
  list.choose(null);
}

function neighbour(step) {
  const at = list.places.get(list.chosen);
  return list.numbers[at === undefined ? 0 : at + step];
}

// Load the neighbours' pictures in advance.
function fetchPictures(number) {
  if (number === undefined) return;
  for (const picture of [pairs[number].query, pairs[number].reference]) {
    if (pictures[picture].file) new Image().src = pictures[picture].file;
  }
}

function move(step) {
  const number = neighbour(step);
  if (number !== undefined) choose(number);
}

function moveQuery(step) {
  const numbers = list.numbers;
  const queryAt = (at) => pairs[numbers[at]]?.query;
  let at = list.places.get(list.chosen) ?? 0;
  const before = queryAt(at);
  while (at in numbers && queryAt(at) === before) at += step;
  // Backwards, to the first match of the query.
  while (step < 0 && at > 0 && queryAt(at - 1) === queryAt(at)) at -= 1;
  if (at in numbers) choose(numbers[at]);
}

function mark(name) {
  if (list.chosen === null) return;
  marks.toggle(list.chosen, name);
  showMark(list.chosen);
  list.refresh(list.chosen);
  showDone();
}

function showDone() {
  const done = marks.all.size;
  const lost = marks.kept ? "" : " This browser cannot store them: export them before you close the page.";
  $("#done").textContent = done ? `${count.format(done)} of ${count.format(pairs.length)} marked.${lost}` : "";
  $("#export").disabled = !done;
}

function readAddress() {
  const number = Number(location.hash.slice(1)) - 1;
  if (pairs[number]) show(number);
  else if (location.hash === "#summary") showOverview();
  else if (narrow.matches) {
    document.body.classList.remove("open");
    list.choose(list.chosen);
  } else if (list.numbers.length) show(list.numbers[0]);
}

const KEYS = {
  j: () => move(1),
  k: () => move(-1),
  ArrowDown: () => move(1),
  ArrowUp: () => move(-1),
  J: () => moveQuery(1),
  K: () => moveQuery(-1),
  1: () => mark("right"),
  2: () => mark("wrong"),
  3: () => mark("unsure"),
  o: () => document.body.classList.toggle("plain"),
  "/": () => $("#search").focus(),
  "?": () => $("#keys").showModal(),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || $("#keys").open) return;
  const { target, key } = event;
  if (target.matches("input[type=search], select")) {
    if (key === "Escape") target.blur();
    return;
  }
  // Sliders, radio buttons and the open pair on a small screen use the arrow keys themselves.
  if (key.startsWith("Arrow") && (target.matches("input") || (narrow.matches && document.body.classList.contains("open")))) return;
  if (!Object.hasOwn(KEYS, key)) return;
  event.preventDefault();
  KEYS[key]();
});

if ($("#truth")) {
  for (const option of $("#truth").options) {
    const fits = option.value ? TRUTHS[option.value] : () => true;
    option.textContent += ` (${count.format(pairs.filter((_, number) => fits(number)).length)})`;
  }
  $("#truth").addEventListener("input", () => {
    // Among misses, the worst ones matter most.
    $("#order").value = $("#truth").value === "missed" ? "worst" : "best";
  });
}
$("#filters").addEventListener("input", filter);
$("#filters").addEventListener("submit", (event) => event.preventDefault());
$("#marks").addEventListener("click", (event) => {
  if (event.target.dataset.mark) mark(event.target.dataset.mark);
});
$("#show-overview").addEventListener("click", () => (location.hash = "summary"));
$("#show-keys").addEventListener("click", KEYS["?"]);
$("#export").addEventListener("click", exportMarks);
$("#previous").addEventListener("click", KEYS.k);
$("#next").addEventListener("click", KEYS.j);
$("#back").addEventListener("click", () => (location.hash = ""));
addEventListener("hashchange", readAddress);
addEventListener("storage", () => {
  marks.read();
  showDone();
  list.redraw();
  if (list.chosen !== null) showMark(list.chosen);
});

setUpOverlay();
fillList();
showDone();
readAddress();
