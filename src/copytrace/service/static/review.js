// The queue of uncertain matches: shows them one by one for a decision.
"use strict";

const AT_ONCE = 50;

let queue = [];
let left = 0;
let skipped = new Set();
const decided = []; // for undo, latest last
let busy = false;

const keyOf = (review) => `${review.query_sha256} ${review.hit.id}`;

async function load() {
  // Skipped matches stay in the service's queue, possibly before the others.
  const limit = Math.min(500, AT_ONCE + skipped.size);
  const found = await (await ask(`v1/reviews?limit=${limit}`)).json();
  left = found.left;
  queue = found.reviews.filter((review) => !skipped.has(keyOf(review)));
  if (!queue.length && skipped.size && left) {
    // All others are decided: show the skipped ones again.
    skipped = new Set();
    queue = found.reviews;
  }
}

async function show() {
  if (!queue.length && left) await load();
  const review = queue[0];
  $("#count").textContent = left ? `${count.format(left)} ${left === 1 ? "match" : "matches"} to decide` : "";
  $("#left").hidden = !left;
  $("#left").textContent = count.format(left);
  $("#nothing").hidden = Boolean(review);
  $("#undo").disabled = !decided.length;
  if (!review) {
    $("#match").hidden = true;
    return;
  }
  showMatch(queryOf(review), review.hit);
  // Load the next pictures in advance.
  for (const next of queue.slice(1, 3)) {
    queryOf(next);
    itemPicture(next.hit.id);
  }
}

function queryOf(review) {
  return { id: review.query, size: review.query_size, picture: pictureAt(`v1/reviews/${review.query_sha256}/picture`) };
}

// One at a time, so a quick second key press decides the next match, not this one twice.
async function alone(work) {
  if (busy) return;
  busy = true;
  try {
    $("#fault").hidden = true;
    await work();
    await show();
  } catch (error) {
    $("#fault").textContent = error.message;
    $("#fault").hidden = false;
  } finally {
    busy = false;
  }
}

const decide = (verdict) => alone(async () => {
  const review = queue[0];
  if (!review) return;
  const body = JSON.stringify({ query_sha256: review.query_sha256, id: review.hit.id, verdict });
  await ask("v1/decisions", { method: "POST", body, headers: { "Content-Type": "application/json" } });
  decided.push(queue.shift());
  left -= 1;
});

const skip = () => alone(async () => {
  if (queue.length) skipped.add(keyOf(queue.shift()));
});

const undo = () => alone(async () => {
  const review = decided.at(-1);
  if (!review) return;
  const which = new URLSearchParams({ query_sha256: review.query_sha256, id: review.hit.id });
  await ask(`v1/decisions?${which}`, { method: "DELETE" });
  queue.unshift(decided.pop());
  left += 1;
});

async function save(format) {
  const answer = await ask(`v1/decisions?format=${format}`);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await answer.blob());
  link.download = `decisions.${format}`;
  link.click();
  URL.revokeObjectURL(link.href);
}

const KEYS = {
  1: () => decide("copy"),
  2: () => decide("no_copy"),
  3: () => decide("same_scene"),
  s: skip,
  u: undo,
  o: () => document.body.classList.toggle("plain"),
  "?": () => $("#keys").showModal(),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || openDialogs()) return;
  if (!Object.hasOwn(KEYS, event.key)) return;
  event.preventDefault();
  KEYS[event.key]();
});
for (const button of document.querySelectorAll("[data-verdict]")) {
  button.addEventListener("click", () => decide(button.dataset.verdict));
}
$("#skip").addEventListener("click", skip);
$("#undo").addEventListener("click", undo);
$("#show-keys").addEventListener("click", KEYS["?"]);
for (const format of ["csv", "json"]) $(`#${format}`).addEventListener("click", () => alone(() => save(format)));

alone(load);
