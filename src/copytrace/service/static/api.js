// Requests to the service, with this tab's token, and its pictures.
"use strict";

const TOKEN = "copytrace-token";
const MOST_PICTURES = 60;

let askedForToken = null; // while the user is typing one

// The response to a request; errors explain in a sentence why there is none.
async function ask(path, options = {}) {
  for (;;) {
    const token = sessionStorage.getItem(TOKEN);
    const headers = { ...options.headers, ...(token && { Authorization: `Bearer ${token}` }) };
    let answer;
    try {
      answer = await fetch(path, { ...options, headers });
    } catch {
      throw new Error("The service cannot be reached.");
    }
    if (answer.ok || options.anyway) return answer;
    const problem = await answer.json().catch(() => ({}));
    if (answer.status !== 401) throw new Error(problem.detail ?? `The service answered with ${answer.status}.`);
    askedForToken ??= askForToken(token ? "That token is not valid." : "");
    await askedForToken;
  }
}

function askForToken(fault) {
  $("#token-fault").textContent = fault;
  $("#token-text").value = "";
  $("#token").showModal();
  return new Promise((resolve) => {
    $("#token").addEventListener("close", () => {
      sessionStorage.setItem(TOKEN, $("#token-text").value.trim());
      askedForToken = null;
      resolve();
    }, { once: true });
  });
}

// Nothing works without a token.
$("#token").addEventListener("cancel", (event) => event.preventDefault());

const kept = new Map();

// A picture from the service for the pair view; the latest ones are cached.
function pictureAt(path) {
  if (!kept.has(path)) kept.set(path, fetchPicture(path));
  if (kept.size > MOST_PICTURES) {
    const [oldest, picture] = kept.entries().next().value;
    kept.delete(oldest);
    picture.then(({ file }) => file && URL.revokeObjectURL(file));
  }
  return kept.get(path);
}

async function fetchPicture(path) {
  try {
    const answer = await ask(path);
    const size = ["X-Width", "X-Height"].map((name) => Number(answer.headers.get(name)));
    return { file: URL.createObjectURL(await answer.blob()), size };
  } catch (error) {
    return { file: null, problem: error.message };
  }
}

function itemPicture(id) {
  return pictureAt(`v1/pictures/${id.split("/").map(encodeURIComponent).join("/")}`);
}

async function showLeft() {
  const { left } = await (await ask("v1/reviews?limit=1")).json();
  $("#left").hidden = !left;
  $("#left").textContent = count.format(left);
}
