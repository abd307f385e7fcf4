// What pages gain with JavaScript: running countdowns, local times, copy buttons, menus that close. All of it is
// set up again for what htmx puts into the page.
"use strict";

const units = [["year", 31557600], ["month", 2629800], ["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];

function spanOf(seconds) {
  const parts = [];
  let rest = Math.floor(Math.abs(seconds));
  for (const [name, length] of units) {
    const count = Math.floor(rest / length);
    rest -= count * length;
    if (count || (name === "second" && !parts.length)) parts.push(`${count} ${name}${count === 1 ? "" : "s"}`);
    if (parts.length === 2) break;
  }
  return parts.join(" ");
}

function tick() {
  for (const element of document.querySelectorAll("[data-countdown]")) {
    const left = (new Date(element.dataset.countdown) - Date.now()) / 1000;
    element.textContent = left > 0 ? `in ${spanOf(left)}` : `${spanOf(left)} ago`;
  }
}

const localFormat = new Intl.DateTimeFormat("en-GB", {
  weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", timeZoneName: "short",
});

function showLocalTimes(root) {
  if (new Date().getTimezoneOffset() === 0) return;
  for (const time of root.querySelectorAll("time[data-local]")) {
    const local = document.createElement("span");
    local.className = "local";
    local.textContent = `${localFormat.format(new Date(time.dateTime))}, your time`;
    time.removeAttribute("data-local");
    time.after(local);
  }
}

function showCopyButtons(root) {
  if (!navigator.clipboard) return;
  for (const button of root.querySelectorAll("[data-copy]")) button.hidden = false;
}

async function copy(button) {
  const words = button.innerHTML;
  await navigator.clipboard.writeText(button.dataset.copy);
  button.textContent = "Copied";
  setTimeout(() => { button.innerHTML = words; }, 1600);
}

function setUp(root) {
  showLocalTimes(root);
  showCopyButtons(root);
  tick();
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (button) copy(button);
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
document.addEventListener("htmx:load", (event) => setUp(event.target));
document.addEventListener("DOMContentLoaded", () => {
  setUp(document);
  document.querySelector(".tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
});
setInterval(tick, 1000);
