// One pair at full size: both pictures with their outlines, the reference over the query, and the facts.
"use strict";

function showPair(number) {
  const pair = pairs[number];
  const { mapping } = pair;
  const [query, reference] = [pictures[pair.query], pictures[pair.reference]];
  $("#pair-name").replaceChildren(span("", query.id), span("soft", " and "), span("", reference.id));
  $("#finding").className = `badge ${pair.finding}`;
  $("#finding").textContent = capitalised(findings[pair.finding]);
  $("#shown").textContent = pair.shown;
  $("#bar").hidden = !verified || pair.score === null;
  $("#bar").className = `bar ${pair.finding}`;
  $("#bar span").style.width = `${(pair.score ?? 0) * 100}%`;
  $("#correct").replaceChildren(truthTag(number));
  $("#why").textContent = pair.why ? `${capitalised(pair.why)}.` : "";
  showMark(number);
  showPicture($("figure.query"), query, mapping?.queryQuad);
  showPicture($("figure.reference"), reference, mapping?.referenceQuad);
  showOverlay(query, reference, mapping);
  $("#facts").replaceChildren(...factsOf(pair, query, reference).map(fact));
}

function showMark(number) {
  for (const button of document.querySelectorAll("[data-mark]")) {
    button.ariaPressed = String(marks.get(number) === button.dataset.mark);
  }
}

function factsOf(pair, query, reference) {
  const { mapping } = pair;
  const facts = [];
  if (mapping) {
    facts.push(
      ["Shares", `${share(mapping.queryShare)} of the ${roles.query} shows ${share(mapping.referenceShare)} of the ${roles.reference}`],
      ["Agreeing points", count.format(mapping.points)],
      ["Scale", `${share(mapping.scale)} of the ${roles.reference}'s size`],
    );
    if (Math.abs(mapping.turn) >= 1) facts.push(["Turn", `${Math.round(Math.abs(mapping.turn))}° ${mapping.turn > 0 ? "" : "counter"}clockwise`]);
  }
  if (pair.logRatio !== undefined) facts.push(["Likelihood ratio", ratioInWords(pair.logRatio)]);
  if (!verified && pair.score !== null) facts.push(["Score", pair.shown]);
  if (query.recipe) facts.push([`Edits of the ${roles.query}`, query.recipe]);
  if (query.copyOf && !query.copyOf.includes(reference.id)) {
    const truth = query.copyOf.length ? `copy of ${query.copyOf.join(", ")}` : `not a copy of any ${roles.reference}`;
    facts.push(["Truth", truth]);
  }
  return facts;
}
