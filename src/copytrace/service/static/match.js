// A picture and an item that it may be a copy of.
"use strict";

const WORDS = {
  copy: "copy", probable: "probably a copy", same_scene: "same scene", unclear: "cannot tell", none: "no copy found",
  likely: "likely copy",
};
const DECIDED = { copy: "copy", no_copy: "not a copy", same_scene: "same scene" };

let shownMatch = 0; // a later one takes precedence over pending pictures

function findingOf(hit) {
  return hit.verdict ?? (hit.likely_copy ? "likely" : "none");
}

function wordOf(hit) {
  if (hit.decision) return `${DECIDED[hit.decision]} (decided)`;
  return hit.identical ? "identical file" : WORDS[findingOf(hit)];
}

function percent(probability) {
  if (probability === 1) return "100%";
  if (probability > 0.999) return ">99.9%";
  return probability < 0.001 ? "<0.1%" : `${(probability * 100).toFixed(1)}%`;
}

// The query is {id, size, picture}; its picture is a promise of {file, problem}.
async function showMatch(query, hit) {
  const turn = ++shownMatch;
  const finding = findingOf(hit);
  $("#match").hidden = false;
  $("#match-name").textContent = hit.id;
  $("#finding").className = `badge ${finding}`;
  $("#finding").textContent = capitalised(wordOf(hit));
  $("#shown").textContent = hit.probability === null ? "" : percent(hit.probability);
  $("#bar").hidden = hit.probability === null;
  $("#bar").className = `bar ${finding}`;
  $("#bar span").style.width = `${(hit.probability ?? 0) * 100}%`;
  $("#why").textContent = hit.edits.length ? `${capitalised(hit.edits.join(", "))}.` : "";
  $("#facts").replaceChildren(...factsOf(hit).map(fact));
  const [asked, item] = await Promise.all([query.picture, itemPicture(hit.id)]);
  if (turn !== shownMatch) return;
  const here = { ...asked, id: query.id, name: query.id, size: query.size };
  const there = { ...item, id: hit.id, name: hit.id };
  showPicture($("figure.query"), here, hit.query_quad);
  showPicture($("figure.reference"), there, hit.reference_quad);
  showOverlay(here, there, hit.matrix && here.size && { matrix: hit.matrix.flat() });
}

function factsOf(hit) {
  const facts = [];
  if (hit.matrix) {
    facts.push(
      ["Shares", `${share(hit.query_share)} of the query shows ${share(hit.reference_share)} of the reference`],
      ["Agreeing points", count.format(hit.inliers)],
    );
    if (hit.scale !== null) facts.push(["Scale", `${share(hit.scale)} of the reference's size`]);
    if (hit.turn !== null && Math.abs(hit.turn) >= 1) facts.push(["Turn", `${Math.round(Math.abs(hit.turn))}° ${hit.turn > 0 ? "" : "counter"}clockwise`]);
  }
  if (hit.likelihood_ratio) facts.push(["Likelihood ratio", ratioInWords(Math.log(hit.likelihood_ratio))]);
  if (hit.probability === null) facts.push(["Score", hit.score.toPrecision(4)]);
  for (const [name, value] of Object.entries(hit.metadata)) {
    facts.push([capitalised(name), typeof value === "string" ? value : JSON.stringify(value)]);
  }
  facts.push(["File", hit.path]);
  return facts;
}

function openDialogs() {
  return document.querySelector("dialog[open]") !== null;
}

setUpOverlay();
