// Two pictures side by side with their outlines, one over the other, and facts about them.
"use strict";

const $ = (selector, root = document) => root.querySelector(selector);
const count = new Intl.NumberFormat("en");
const capitalised = (text) => text.charAt(0).toUpperCase() + text.slice(1);
const share = (part) => `${Math.round(part * 100)}%`;

let warped = null; // the picture now over the query

function showPicture(figure, picture, quad) {
  const image = $("img", figure);
  const link = $("a", figure);
  image.hidden = !picture.file;
  image.alt = `${$("figcaption b", figure).textContent} ${picture.id}`;
  // Hide the previous pair's picture until this one has loaded.
  image.removeAttribute("src");
  if (picture.file) image.src = picture.file;
  $(".gone", figure).textContent = picture.file ? "" : `No picture: ${picture.problem}`;
  link.textContent = picture.name;
  if (picture.link) link.href = picture.link;
  else link.removeAttribute("href");
  $(".soft", figure).textContent = picture.size ? picture.size.join(" × ") : "";
  drawOutline($("svg", figure), picture.file && quad, picture.size);
}

// The outline of the other picture; the area outside it is shaded.
function drawOutline(svg, quad, size) {
  svg.toggleAttribute("hidden", !quad);
  if (!quad) return;
  const [width, height] = size;
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  const line = `M${quad.map((corner) => corner.join(" ")).join("L")}Z`;
  $(".shade", svg).setAttribute("d", `M0 0H${width}V${height}H0Z${line}`);
  for (const part of [".casing", ".line"]) $(part, svg).setAttribute("d", line);
}

function showOverlay(query, reference, mapping) {
  const figure = $("#overlay");
  figure.hidden = !(mapping && query.file && reference.file);
  warped = figure.hidden ? null : { matrix: mapping.matrix, from: reference.size, onto: query.size };
  if (!warped) return;
  $(".under", figure).src = query.file;
  $(".over img", figure).src = reference.file;
  layOver();
}

// Fit the query into its frame, and move the reference's corners to their positions in it.
function layOver() {
  if (!warped) return;
  const frame = $("#overlay .frame");
  const [width, height] = warped.onto;
  const scale = Math.min(frame.clientWidth / width, frame.clientHeight / height);
  const stage = $("#overlay .stage");
  stage.style.width = `${width * scale}px`;
  stage.style.height = `${height * scale}px`;
  const image = $("#overlay .over img");
  // Laid out at thumbnail size; the matrix does the rest.
  const shrunk = Math.min(1, 480 / Math.max(...warped.from));
  image.style.width = `${warped.from[0] * shrunk}px`;
  image.style.height = `${warped.from[1] * shrunk}px`;
  const back = inverse(warped.matrix);
  const [a, b, c, d, e, f, g, h, i] = facing(back, project(warped.matrix, [width / 2, height / 2]));
  const [x, y] = [scale / shrunk, 1 / shrunk];
  image.style.transform = `matrix3d(${[
    a * x, d * x, 0, g * y,
    b * x, e * x, 0, h * y,
    0, 0, 1, 0,
    c * scale, f * scale, 0, i,
  ].join()})`;
}

// Apply a matrix, in rows of three, to a point.
function project([a, b, c, d, e, f, g, h, i], [x, y]) {
  const depth = g * x + h * y + i;
  return [(a * x + b * y + c) / depth, (d * x + e * y + f) / depth];
}

function inverse([a, b, c, d, e, f, g, h, i]) {
  return [
    e * i - f * h, c * h - b * i, b * f - c * e,
    f * g - d * i, a * i - c * g, c * d - a * f,
    d * h - e * g, b * g - a * h, a * e - b * d,
  ];
}

// The same mapping, scaled so that a point is in front of the viewer; browsers hide what is behind.
function facing(matrix, [x, y]) {
  const depth = matrix[6] * x + matrix[7] * y + matrix[8];
  return matrix.map((value) => value / depth);
}

// How much more likely the evidence is for a copy than for another picture.
function ratioInWords(log) {
  const ratio = Math.exp(Math.min(Math.abs(log), 30));
  const words = ratio < 1e9 ? count.format(Number(ratio.toPrecision(2))) : "over a billion";
  return log >= 0 ? `${words} to 1` : `1 to ${words}`;
}

function fact([label, value]) {
  const row = document.createElement("div");
  const [term, said] = [document.createElement("dt"), document.createElement("dd")];
  term.textContent = label;
  said.textContent = value;
  row.append(term, said);
  return row;
}

function setUpOverlay() {
  const over = $("#overlay .over");
  const slider = $("#overlay input[type=range]");
  const stage = $("#overlay .stage");
  function lay() {
    const way = $("input[name=way]:checked").value;
    stage.style.setProperty("--at", `${slider.value}%`);
    stage.dataset.way = way;
    slider.hidden = way === "difference";
    over.style.opacity = way === "fade" ? slider.value / 100 : 1;
  }
  slider.addEventListener("input", lay);
  for (const way of document.querySelectorAll("input[name=way]")) way.addEventListener("change", lay);
  new ResizeObserver(layOver).observe($("#overlay .frame"));
  lay();
}
