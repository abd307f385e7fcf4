// Look up a picture that the user drops, chooses or pastes.
"use strict";

const narrow = matchMedia("(max-width: 56rem)");

let query = null;
let hits = [];
let chosen = -1;
let turn = 0; // a later picture takes precedence over a pending response

async function lookUp(file) {
  const mine = ++turn;
  const address = URL.createObjectURL(file);
  if (query) URL.revokeObjectURL(query.address);
  query = { id: file.name, address, size: null, picture: Promise.resolve({ file: address }) };
  $("#preview").src = address;
  $("#preview").hidden = false;
  $("#match").hidden = true;
  $("#hits").hidden = true;
  $("#main").classList.add("found", "busy");
  say("Looking up …");
  try {
    const address = `v1/lookup?${new URLSearchParams({ name: file.name })}`;
    const answer = await ask(address, { method: "POST", body: file, headers: { "Content-Type": file.type || "image/*" } });
    const found = await answer.json();
    if (mine === turn) showHits(found);
  } catch (error) {
    if (mine === turn) {
      $("#main").classList.remove("found");
      say(error.message, true);
    }
  } finally {
    if (mine === turn) $("#main").classList.remove("busy");
  }
}

function say(text, bad = false) {
  $("#status").textContent = text;
  $("#status").className = bad ? "bad" : "soft";
}

function showHits(found) {
  hits = found.hits;
  query.size = found.query_size;
  const copies = hits.filter((hit) => hit.likely_copy).length;
  if (!hits.length) say("The library is empty.");
  else if (!copies) say("No copy found. The most similar pictures in the library:");
  else say(`${count.format(copies)} likely ${copies === 1 ? "copy" : "copies"} found.`);
  $("#hits").replaceChildren(...hits.map(row));
  $("#hits").hidden = !hits.length;
  chosen = -1;
  if (hits.length) choose(0);
  showLeft().catch(() => {});
}

function row(hit, number) {
  const option = document.createElement("div");
  option.className = `hit ${findingOf(hit)}`;
  option.role = "option";
  option.id = `hit-${number}`;
  const image = document.createElement("img");
  image.alt = "";
  itemPicture(hit.id).then(({ file }) => { if (file) image.src = file; });
  const words = document.createElement("span");
  words.className = "words";
  const said = document.createElement("span");
  said.className = "said";
  const strength = hit.probability === null ? "" : percent(hit.probability);
  said.append(piece(`word ${findingOf(hit)}`, wordOf(hit)), piece("number soft", strength));
  words.append(piece("name", hit.id), said);
  option.append(image, words);
  option.addEventListener("click", () => {
    choose(number);
    // On a small screen the match is below the list.
    if (narrow.matches) $("#match").scrollIntoView({ behavior: "smooth" });
  });
  return option;
}

function piece(name, text) {
  const made = document.createElement("span");
  made.className = name;
  made.textContent = text;
  return made;
}

function choose(number) {
  if (!(number in hits) || number === chosen) return;
  chosen = number;
  for (const [at, option] of [...$("#hits").children].entries()) option.ariaSelected = String(at === number);
  $("#hits").setAttribute("aria-activedescendant", `hit-${number}`);
  showMatch(query, hits[number]);
}

function firstImage(files) {
  return [...files].find((file) => file.type.startsWith("image/")) ?? files[0];
}

function take(files) {
  const file = firstImage(files);
  if (file) lookUp(file);
}

// The file may not be an image, or one that browsers cannot show.
$("#preview").addEventListener("error", ({ target }) => { target.hidden = true; });
$("#file").addEventListener("change", ({ target }) => {
  take(target.files);
  // Allow choosing the same file again.
  target.value = "";
});
document.addEventListener("paste", (event) => take(event.clipboardData.files));
for (const type of ["dragenter", "dragover"]) {
  document.addEventListener(type, (event) => {
    event.preventDefault();
    $("#drop").classList.add("over");
  });
}
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) $("#drop").classList.remove("over");
});
document.addEventListener("drop", (event) => {
  event.preventDefault();
  $("#drop").classList.remove("over");
  take(event.dataTransfer.files);
});
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || openDialogs() || event.target.matches("input")) return;
  const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key];
  if (event.key === "o") document.body.classList.toggle("plain");
  if (!step || !hits.length) return;
  event.preventDefault();
  choose(chosen + step);
});

showLeft().catch((error) => say(error.message, true));
