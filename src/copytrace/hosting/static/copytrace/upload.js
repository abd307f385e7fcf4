// Sends a file in pieces (tus 1.0), so that a broken connection costs the last piece and no more. If the site's files
// lie in a bucket, the pieces go straight there. Without this script the form sends the file as a whole.
"use strict";

const PIECE = 8 * 1024 * 1024;
const RETRIES = 8;

function headers(form, more = {}) {
  return { "Tus-Resumable": "1.0.0", "X-CSRFToken": form.querySelector("[name=csrfmiddlewaretoken]").value, ...more };
}

const SIGNED_OUT = "Your session has expired. Sign in again and choose the same file; the upload will resume.";

// A page sends who is not signed in to the form where one signs in, or refuses the mark of an old session in HTML.
function isSignedOut(answer) {
  const json = answer.headers.get("Content-Type")?.includes("json");
  return answer.status === 401 || answer.redirected || (answer.status === 403 && !json);
}

async function reasonOf(answer) {
  if (isSignedOut(answer)) return SIGNED_OUT;
  try {
    return (await answer.json()).detail;
  } catch {
    return `The host returned error ${answer.status}. Try again in a few minutes; the upload will resume.`;
  }
}

async function begin(form, file) {
  const name = btoa(String.fromCodePoint(...new TextEncoder().encode(file.name)));
  const answer = await fetch(form.dataset.upload, {
    method: "POST", headers: headers(form, { "Upload-Length": String(file.size), "Upload-Metadata": `filename ${name}` }),
  });
  if (answer.status !== 201) throw new Error(await reasonOf(answer));
  return { address: answer.headers.get("Location"), parts: answer.headers.get("Upload-Parts"), offset: 0 };
}

async function offsetOf(form, address) {
  const answer = await fetch(address, { method: "HEAD", headers: headers(form) });
  if (isSignedOut(answer)) throw new Error(SIGNED_OUT);
  if (!answer.ok) throw new Error("The upload no longer exists; it may have expired. Reload the page and start again.");
  return Number(answer.headers.get("Upload-Offset"));
}

async function piece(form, address, file, offset) {
  const answer = await fetch(address, {
    method: "PATCH", body: file.slice(offset, offset + PIECE),
    headers: headers(form, { "Content-Type": "application/offset+octet-stream", "Upload-Offset": String(offset) }),
  });
  if (answer.ok) return Number(answer.headers.get("Upload-Offset"));
  if ([409, 423, 502, 503, 504].includes(answer.status)) throw new TypeError("try again");
  throw new Error(await reasonOf(answer));
}

// Sends the next missing part to the bucket; the host finishes the upload when none is missing.
async function part(form, parts, file) {
  const answer = await fetch(parts, { method: "POST", headers: headers(form) });
  if ([502, 503, 504].includes(answer.status)) throw new TypeError("try again");
  if (!answer.ok || isSignedOut(answer)) throw new Error(await reasonOf(answer));
  const { offset, next } = await answer.json();
  if (!next) return file.size;
  const body = file.slice(next.offset, next.offset + next.size);
  const sent = await fetch(next.url, { method: "PUT", body, credentials: "omit", referrerPolicy: "no-referrer" });
  // The host's next answer has a fresh address.
  if (!sent.ok) throw new TypeError("try again");
  return offset;
}

async function send(form, { address, parts, offset: start }, file, show) {
  let offset = start;
  let failed = 0;
  while (offset < file.size) {
    try {
      if (failed) offset = await offsetOf(form, address);
      offset = parts ? await part(form, parts, file) : await piece(form, address, file, offset);
      failed = 0;
      show(offset / file.size, `${Math.floor((100 * offset) / file.size)}% uploaded.`);
    } catch (error) {
      // A TypeError is a connection that broke; everything else is the host's word.
      if (!(error instanceof TypeError) || failed >= RETRIES) throw error;
      failed += 1;
      show(offset / file.size, "Connection lost; retrying…");
      await new Promise((resume) => { setTimeout(resume, 500 * 2 ** failed); });
    }
  }
}

async function handIn(form, address) {
  const content = new FormData(form);
  content.delete("file");
  content.set("upload", address.split("/").pop());
  const answer = await fetch(form.action || location.href, { method: "POST", body: content, headers: { Accept: "application/json" } });
  if (isSignedOut(answer)) throw new Error(SIGNED_OUT);
  const said = answer.headers.get("Content-Type")?.includes("json") ? await answer.json() : null;
  if (answer.status === 201) return said.address;
  throw Object.assign(new Error("It was not taken."), { faults: said?.faults ?? [`The host answers ${answer.status}. Reload the page and try again.`] });
}

function tell(form, faults) {
  const place = form.querySelector("[data-faults]");
  place.replaceChildren(...faults.map((fault) => Object.assign(document.createElement("p"), { textContent: fault })));
  place.hidden = false;
  place.scrollIntoView({ block: "nearest" });
}

// The browser remembers an interrupted upload, so that the same file resumes even after the page was closed. One that
// no longer exists (expired, or of another account) starts again.
function keyOf(file) {
  return `upload ${location.pathname} ${file.name} ${file.size} ${file.lastModified}`;
}

async function remembered(form, file) {
  const address = localStorage.getItem(keyOf(file));
  if (!address) return null;
  const answer = await fetch(address, { method: "HEAD", headers: headers(form) });
  if (!answer.ok) return null;
  return { address, parts: answer.headers.get("Upload-Parts"), offset: Number(answer.headers.get("Upload-Offset")) };
}

async function addressOf(form, file) {
  const found = await remembered(form, file);
  if (found) return found;
  const begun = await begin(form, file);
  localStorage.setItem(keyOf(file), begun.address);
  return begun;
}

async function submit(form, file) {
  const sending = form.querySelector(".sending");
  const button = form.querySelector("button[type=submit]");
  const show = (share, words) => { sending.querySelector("progress").value = share; sending.querySelector(".said").textContent = words; };
  form.querySelector("[data-faults]").hidden = true;
  sending.hidden = false;
  button.disabled = true;
  try {
    show(0, "Starting…");
    const upload = await addressOf(form, file);
    // The host reports problems other than the file's before it is sent; asked again, it makes no other submission.
    const page = await handIn(form, upload.address).catch((error) => {
      // A submission cannot be changed: with other options, the next press starts a new upload.
      if (upload.offset) localStorage.removeItem(keyOf(file));
      throw error;
    });
    await send(form, upload, file, show);
    localStorage.removeItem(keyOf(file));
    location.assign(page);
  } catch (error) {
    const broken = "Connection lost. Press Submit again to resume the upload.";
    tell(form, error.faults ?? [error instanceof TypeError ? broken : error.message]);
    sending.hidden = true;
    button.disabled = false;
  }
}

document.addEventListener("DOMContentLoaded", () => {
  for (const form of document.querySelectorAll("form[data-upload]")) {
    const input = form.querySelector("input[type=file]");
    const field = input.closest(".field");
    const hint = document.createElement("p");
    hint.className = "hint";
    hint.textContent = "Or drag and drop a file here.";
    field.append(hint);
    for (const name of ["dragover", "dragleave", "drop"]) {
      field.addEventListener(name, (event) => {
        event.preventDefault();
        field.classList.toggle("over-it", name === "dragover");
        if (name === "drop" && event.dataTransfer.files.length) input.files = event.dataTransfer.files;
      });
    }
    form.addEventListener("submit", (event) => {
      const file = input.files[0];
      if (!file) return;
      event.preventDefault();
      submit(form, file);
    });
  }
});
