// The pairs of the report: their data, and which are shown in what order.
"use strict";

const { pairs, pictures, findings, roles, verified } = report;

const COPIES = new Set(["copy", "probable", "likely"]);
const byName = new Intl.Collator("en", { numeric: true }).compare;
const texts = pairs.map((pair) =>
  [pair.query, pair.reference].flatMap((each) => [pictures[each].id, pictures[each].name]).join("\n").toLowerCase(),
);

// Whether a pair is in the ground truth; null if its query is not judged.
function isTrue(pair) {
  const { copyOf } = pictures[pair.query];
  return copyOf ? copyOf.includes(pictures[pair.reference].id) : null;
}

const rightness = pairs.map(isTrue);

const TRUTHS = {
  true: (number) => rightness[number] === true,
  false: (number) => rightness[number] === false,
  missed: (number) => rightness[number] === true && !COPIES.has(pairs[number].finding),
};

// A pair that was not found is worse than any other.
const scoreOf = (number) => pairs[number].score ?? -Infinity;
const shareOf = (number) => pairs[number].mapping?.referenceShare ?? -1;
const compare = (a, b) => (a > b) - (a < b);

const ORDERS = {
  best: (a, b) => compare(scoreOf(b), scoreOf(a)),
  worst: (a, b) => compare(scoreOf(a), scoreOf(b)),
  name: (a, b) => byName(pictures[pairs[a].query].id, pictures[pairs[b].query].id),
  share: (a, b) => compare(shareOf(b), shareOf(a)),
};

function isWanted(number, wanted) {
  return (
    (!wanted.findings.size || wanted.findings.has(pairs[number].finding)) &&
    (!wanted.truth || TRUTHS[wanted.truth](number)) &&
    (!wanted.marked || (marks.get(number) ?? "none") === wanted.marked) &&
    texts[number].includes(wanted.text)
  );
}

// The rows of the list: a heading per query, in the order of its first pair, with its pairs below it.
function rowsOf(wanted) {
  const numbers = pairs.map((_, number) => number).filter((number) => isWanted(number, wanted));
  const groups = new Map();
  for (const number of numbers.sort(ORDERS[wanted.order])) {
    const { query } = pairs[number];
    if (!groups.has(query)) groups.set(query, []);
    groups.get(query).push(number);
  }
  return [...groups].flatMap(([query, found]) => [{ query, count: found.length }, ...found.map((number) => ({ number }))]);
}
