// The modal before the person, if any.
import { h, act, toast } from "./dom.js";
import { plain } from "./text.js";
import { blocks } from "./blocks.js";
import { valuesOf, setValues } from "./inputs.js";

let dialog = null;
let shown = ""; // which view and version is drawn

// showModal draws the state's modal, or closes it. What was typed survives an
// update of the same view.
export function showModal(state) {
  const view = state.modal;
  const version = view ? view.id + view.hash + JSON.stringify(view.errors || {}) : "";
  if (version === shown) return;
  const same = dialog && view && dialog.dataset.view === view.id;
  const typed = same ? read(dialog) : {};
  shown = version;
  if (dialog && !same) {
    dialog.remove();
    dialog = null;
  }
  if (!view) return;
  if (!dialog) {
    dialog = h("dialog", { class: "modal", "aria-labelledby": "modal-title" });
    dialog.dataset.view = view.id;
    dialog.addEventListener("cancel", (e) => { e.preventDefault(); close(state.user, view.id); });
    document.body.append(dialog);
    dialog.showModal();
  }
  draw(view, state);
  for (const field of fields(dialog)) {
    const key = field.dataset.block + "/" + field.dataset.action;
    if (key in typed) setValues(field, typed[key]);
  }
  (dialog.querySelector("[aria-invalid]") || dialog.querySelector(".modal-body input, .modal-body textarea, .modal-body select"))?.focus();
}

function draw(view, state) {
  const surface = {
    id: view.id, counts: new Map(), errors: view.errors,
    people: state.users.filter((u) => !u.bot && !u.deleted), rooms: state.channels.filter((c) => !c.dm),
    press: (which, index, values) => act({ act: "press", user: state.user, view: view.id, which, index, values }),
  };
  const submit = view.submit && h("button", { type: "submit", class: "button primary" }, plain(view.submit.text));
  const form = h("form", { novalidate: true, onsubmit: (e) => { e.preventDefault(); send(view, state.user, submit); } },
    h("header", null, h("h2", { id: "modal-title" }, plain(view.title?.text || "")),
      h("button", { type: "button", class: "icon", "aria-label": "Close", onclick: () => close(state.user, view.id) }, "✕")),
    h("div", { class: "modal-body" }, blocks(view.blocks, surface)),
    h("footer", null,
      h("button", { type: "button", class: "button", onclick: () => close(state.user, view.id) }, plain(view.close?.text || (view.submit ? "Cancel" : "Close"))),
      submit));
  dialog.replaceChildren(form);
}

const fields = (root) => root.querySelectorAll("[data-block]");

function read(root) {
  const out = {};
  for (const f of fields(root)) out[f.dataset.block + "/" + f.dataset.action] = valuesOf(f);
  return out;
}

async function send(view, user, button) {
  const values = {};
  for (const f of fields(dialog)) values[f.dataset.block] = valuesOf(f).join(",");
  if (button) button.disabled = true;
  try {
    await act({ act: "submit", user, view: view.id, fields: values });
  } catch (e) {
    toast(String(e));
  } finally {
    if (button) button.disabled = false;
  }
}

const close = (user, view) => act({ act: "close", user, view });
