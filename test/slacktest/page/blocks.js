// Block Kit to elements.
import { h, menu } from "./dom.js";
import { textObject, plain, markdown, richText, mrkdwn } from "./text.js";
import { input, optionsOf } from "./inputs.js";

// A surface is where blocks stand: {press(which, index, values), people, rooms,
// counts, errors, id}. counts tells elements with one action_id apart.

export function blocks(list, surface) {
  return list.map((b) => h("div", { class: "block block-" + b.type }, block(b, surface)));
}

function block(b, surface) {
  switch (b.type) {
    case "header": return h("h3", null, textObject(b.text));
    case "section": return section(b, surface);
    case "context": return b.elements.map((e) => (e.type === "image" ? image(e, "small") : h("span", null, textObject(e))));
    case "actions": case "context_actions": return b.elements.map((e) => element(e, surface));
    case "divider": return h("hr");
    case "image": return h("figure", null, b.title && h("figcaption", null, textObject(b.title)), image(b, "large"));
    case "markdown": return markdown(b.text);
    case "rich_text": return richText(b);
    case "alert": return h("div", { class: "alert " + (b.level || "default"), role: "note" }, textObject(b.text));
    case "table": case "data_table": return table(b);
    case "input": return input(b, surface, next(b.element, surface));
    case "card": case "container": case "carousel": return nested(b, surface);
  }
  return h("span", { class: "muted" }, `(${b.type})`);
}

function section(b, surface) {
  return [
    h("div", { class: "section-text" },
      b.text && h("div", null, textObject(b.text)),
      b.fields && h("div", { class: "fields" }, b.fields.map((f) => h("div", null, textObject(f))))),
    b.accessory && h("div", { class: "accessory" }, b.accessory.type === "image" ? image(b.accessory, "medium") : element(b.accessory, surface)),
  ];
}

function nested(b, surface) {
  return h("div", { class: "card" },
    b.title && h("b", null, textObject(b.title)), b.subtitle && h("div", { class: "muted" }, textObject(b.subtitle)),
    b.body && h("div", null, textObject(b.body)),
    blocks(b.child_blocks || (b.type === "carousel" ? b.elements : []), surface),
    b.actions && h("div", { class: "block block-actions" }, b.actions.map((e) => element(e, surface))));
}

// image is a placeholder: this page loads nothing from elsewhere.
const image = (e, size) => h("span", { class: "image " + size, role: "img", "aria-label": e.alt_text || "image" }, e.alt_text || "image");

function table(b) {
  const align = (i) => "align-" + (b.column_settings?.[i]?.align || "left");
  const cell = (c, i, tag) => h(tag, { class: align(i) }, c.type === "rich_text" ? richText(c) : plain(String(c.text)));
  return h("div", { class: "scroll" }, h("table", null, b.rows.map((row, r) => h("tr", null, row.map((c, i) => cell(c, i, r ? "td" : "th"))))));
}

// next numbers elements that share an action_id, in the order they are shown.
function next(e, surface) {
  const n = surface.counts.get(e.action_id) || 0;
  surface.counts.set(e.action_id, n + 1);
  return n;
}

// element shows what a person can press or pick.
function element(e, surface) {
  const index = next(e, surface);
  const press = async (values, button) => {
    if (e.confirm && !(await confirmed(e.confirm))) return;
    if (button) button.disabled = true;
    try {
      await surface.press(e.action_id, index, values);
    } finally {
      if (button) button.disabled = false;
    }
  };
  if (e.type === "button" || e.type === "workflow_button" || e.type === "icon_button") {
    const b = h("button", {
      type: "button", class: "button " + (e.style || ""), "aria-label": e.accessibility_label,
      onclick: () => { if (e.url && /^https?:/i.test(e.url)) window.open(e.url, "_blank", "noopener"); press([], b); },
    }, textObject(e.text));
    if (e.url) b.append(h("span", { class: "muted", "aria-hidden": "true" }, " ↗"));
    return b;
  }
  if (e.type === "overflow") {
    const b = h("button", {
      type: "button", class: "button quiet", "aria-label": "More actions", "aria-haspopup": "menu", "aria-expanded": "false",
      onclick: () => menu(b, optionsOf(e).map((o) => ({ content: plain(o.text.text), pick: () => press([o.value]) })), "More actions"),
    }, "⋯");
    return b;
  }
  return input({ element: e, inline: true }, { ...surface, changed: press }, index);
}

// confirmed asks with the app's own words.
function confirmed(c) {
  return new Promise((answer) => {
    const title = plain(c.title?.text || "Are you sure?");
    const dialog = h("dialog", { class: "modal confirm", "aria-label": title },
      h("h2", null, title), h("div", { class: "modal-body" }, c.text?.type === "mrkdwn" ? mrkdwn(c.text.text) : plain(c.text?.text)),
      h("footer", null,
        h("button", { type: "button", class: "button", onclick: () => dialog.close("") }, plain(c.deny?.text || "Cancel")),
        h("button", { type: "button", class: "button " + (c.style === "danger" ? "danger" : "primary"), onclick: () => dialog.close("yes") }, plain(c.confirm?.text || "Yes"))));
    dialog.addEventListener("close", () => { dialog.remove(); answer(dialog.returnValue === "yes"); });
    document.body.append(dialog);
    dialog.showModal();
  });
}
