// Fills in the SHA-256 of a file that is chosen next to the field. The file stays where it is. Without this script,
// and where the browser offers no digests (pages without https), the digest is typed or pasted.
"use strict";

const MOST = 1024 ** 3;

async function digestOf(file) {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function fill(field, chooser, said) {
  const file = chooser.files[0];
  if (!file) return;
  if (file.size > MOST) {
    said.textContent = `${file.name} is too large for the browser; run sha256sum on it.`;
    return;
  }
  said.textContent = `Reading ${file.name}; it is not sent.`;
  try {
    field.value = await digestOf(file);
    said.textContent = `The digest of ${file.name}; the file was not sent.`;
  } catch {
    said.textContent = `${file.name} cannot be read by the browser; run sha256sum on it.`;
  }
}

function offer(field) {
  const chooser = Object.assign(document.createElement("input"), { type: "file", id: `${field.id}_file` });
  const of = field.labels[0]?.textContent.trim().replace(/^SHA-256 of /, "") ?? "it";
  const label = Object.assign(document.createElement("label"), { htmlFor: chooser.id, textContent: `or choose the file of ${of}` });
  const said = Object.assign(document.createElement("p"), { className: "hint" });
  said.setAttribute("role", "status");
  chooser.addEventListener("change", () => fill(field, chooser, said));
  field.after(label, chooser, said);
}

document.addEventListener("DOMContentLoaded", () => {
  if (!globalThis.crypto?.subtle) return;
  for (const field of document.querySelectorAll("input[name$=_sha256]")) offer(field);
});
