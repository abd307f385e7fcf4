// "Which is fastest for me?": times each region from this browser, only when the button is pressed.
"use strict";

const ROUNDS = 3;

async function timeOf(address) {
  let best = Infinity;
  for (let round = 0; round < ROUNDS; round += 1) {
    const start = performance.now();
    try {
      await fetch(`${address}?${Math.random()}`, { mode: "no-cors", cache: "no-store", credentials: "omit", referrerPolicy: "no-referrer" });
    } catch {
      return Infinity;
    }
    // The first round also pays for the connection; the best one tells the distance.
    best = Math.min(best, performance.now() - start);
  }
  return best;
}

async function measure(button, status) {
  const links = [...document.querySelectorAll("[data-probe]")];
  button.disabled = true;
  status.textContent = "Measuring…";
  const times = await Promise.all(links.map((link) => timeOf(link.dataset.probe)));
  const best = Math.min(...times);
  links.forEach((link, index) => {
    const time = times[index];
    link.querySelector(".probe").textContent = Number.isFinite(time) ? `${Math.round(time)} ms` : "no answer";
    link.classList.toggle("fastest", time === best && Number.isFinite(best));
  });
  const winner = links[times.indexOf(best)];
  status.textContent = Number.isFinite(best)
    ? `${winner.querySelector("strong").textContent} is the fastest for you right now.`
    : "No region responded to this browser. The commands below still work.";
  button.disabled = false;
}

document.addEventListener("DOMContentLoaded", () => {
  const place = document.querySelector("[data-fastest]");
  if (!place || document.querySelectorAll("[data-probe]").length < 2) return;
  place.hidden = false;
  const button = place.querySelector("button");
  button.addEventListener("click", () => measure(button, place.querySelector("[role=status]")));
});
