// The API from openapi.json, with a form for each operation.
"use strict";

function made(tag, attributes = {}, ...content) {
  const element = document.createElement(tag);
  Object.assign(element, attributes);
  element.append(...content);
  return element;
}

async function showOperations() {
  const described = await (await ask("openapi.json")).json();
  const groups = new Map();
  for (const [path, methods] of Object.entries(described.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const group = operation.tags?.[0] ?? "Other";
      if (!groups.has(group)) groups.set(group, []);
      groups.get(group).push(operationOf(path, method, operation, described.components.schemas));
    }
  }
  for (const [group, operations] of groups) {
    $("#operations").append(made("h2", { className: "operations-of" }, group), ...operations);
  }
}

function operationOf(path, method, operation, schemas) {
  const form = made("form", {}, made("p", { className: "soft" }, operation.description ?? ""));
  const fields = (operation.parameters ?? []).map((parameter) => field(form, parameter));
  const body = bodyOf(form, operation.requestBody?.content ?? {}, schemas);
  const output = made("output");
  form.append(made("div", { className: "acts" }, made("button", { className: "strong" }, "Send")), output);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(path, method, fields, body, output);
  });
  const summary = made("summary", {}, made("span", { className: `method ${method}` }, method.toUpperCase()), made("code", {}, path));
  return made("details", { className: "operation" }, summary, form);
}

function field(form, { name, in: place, required, description, schema }) {
  const choices = schema.enum ?? schema.anyOf?.find((each) => each.enum)?.enum ?? (schema.type === "boolean" ? [false, true] : null);
  const input = choices ? made("select", {}, ...(required ? [] : [new Option("", "")]), ...choices.map((choice) => new Option(choice))) : made("input", { required: Boolean(required), autocomplete: "off" });
  if (schema.default !== undefined && schema.default !== null) input.value = schema.default;
  form.append(made("label", {}, made("span", {}, made("b", {}, name), ` ${required ? "(required) " : ""}`, made("span", { className: "soft" }, description ?? "")), input));
  return { name, place, input };
}

// The request body: a file, JSON, or a choice of both.
function bodyOf(form, content, schemas) {
  const inputs = {};
  if ("image/*" in content) {
    inputs.file = made("input", { type: "file" });
    form.append(made("label", {}, made("b", {}, "Image"), inputs.file));
  }
  if ("application/json" in content) {
    inputs.json = made("textarea", { spellcheck: false, placeholder: exampleOf(content["application/json"].schema, schemas) });
    form.append(made("label", {}, made("b", {}, "JSON"), inputs.json));
  }
  return inputs;
}

function exampleOf(schema, schemas) {
  const known = schema.$ref ? schemas[schema.$ref.split("/").at(-1)] : schema;
  const example = Object.fromEntries(Object.keys(known.properties ?? {}).map((name) => [name, "…"]));
  return JSON.stringify(example, null, 2);
}

async function send(path, method, fields, body, output) {
  const query = new URLSearchParams();
  let address = path.slice(1);
  for (const { name, place, input } of fields) {
    if (place === "path") address = address.replace(new RegExp(`\\{${name}(:path)?\\}`), input.value.split("/").map(encodeURIComponent).join("/"));
    else if (input.value !== "") query.set(name, input.value);
  }
  if (String(query)) address += `?${query}`;
  const options = { method: method.toUpperCase(), anyway: true, headers: {} };
  if (body.file?.files.length) {
    options.body = body.file.files[0];
    options.headers["Content-Type"] = options.body.type || "image/*";
  } else if (body.json?.value) {
    options.body = body.json.value;
    options.headers["Content-Type"] = "application/json";
  }
  const begun = performance.now();
  try {
    const answer = await ask(address, options);
    const lasted = Math.round(performance.now() - begun);
    output.replaceChildren(made("p", { className: answer.ok ? "soft" : "bad" }, `${answer.status} ${answer.statusText}, ${count.format(lasted)} ms`), await contentOf(answer));
  } catch (error) {
    output.replaceChildren(made("p", { className: "bad" }, error.message));
  }
  const curl = [`curl -X ${options.method} '${new URL(address, document.baseURI)}'`];
  if (sessionStorage.getItem(TOKEN)) curl.push("-H 'Authorization: Bearer TOKEN'");
  if (options.body) curl.push(`-H 'Content-Type: ${options.headers["Content-Type"]}'`, options.body instanceof File ? `--data-binary @${options.body.name}` : `-d '${options.body}'`);
  output.append(made("pre", {}, curl.join(" \\\n  ")));
}

async function contentOf(answer) {
  const type = answer.headers.get("Content-Type") ?? "";
  if (type.startsWith("image/")) return made("img", { alt: "The response", src: URL.createObjectURL(await answer.blob()) });
  const text = await answer.text();
  return made("pre", {}, type.includes("json") ? JSON.stringify(JSON.parse(text), null, 2) : text);
}

showOperations().catch((error) => $("#operations").append(made("p", { className: "bad" }, error.message)));
showLeft().catch(() => {});
