// Inputs of modals, and selects and pickers in messages.
import { h } from "./dom.js";
import { plain, textObject } from "./text.js";

export const optionsOf = (e) => (e.options || []).concat((e.option_groups || []).flatMap((g) => g.options));

// input shows an input block with its label, hint and error; or, inline, just
// the element, which then reports every change.
export function input(b, surface, index) {
  const e = b.element;
  const id = `i-${surface.id}-${e.action_id}-${index}`.replace(/[^\w-]/g, "_");
  const error = surface.errors?.[b.block_id];
  const label = b.inline ? plain(e.placeholder?.text || e.accessibility_label || e.action_id) : null;
  const field = control(e, surface, id, label);
  if (b.inline || b.dispatch_action) {
    field.addEventListener("change", () => (b.inline ? surface.changed(valuesOf(field)) : surface.press(e.action_id, index, valuesOf(field))));
  }
  if (b.inline) return field;
  field.dataset.block = b.block_id;
  field.dataset.action = e.action_id;
  if (error) {
    field.setAttribute("aria-invalid", "true");
    field.setAttribute("aria-describedby", id + "-error");
  }
  const grouped = field.tagName === "FIELDSET";
  const text = [plain(b.label.text), b.optional && h("span", { class: "muted" }, " (optional)")];
  if (grouped) field.prepend(h("legend", null, text));
  return [
    !grouped && h("label", { for: id }, text),
    field,
    error && h("div", { class: "error", id: id + "-error", role: "alert" }, error),
    b.hint && h("div", { class: "muted hint" }, textObject(b.hint)),
  ];
}

function control(e, surface, id, label) {
  const common = { id, "aria-label": label, placeholder: e.placeholder ? plain(e.placeholder.text) : null, autofocus: e.focus_on_load };
  switch (e.type) {
    case "plain_text_input": case "email_text_input": case "url_text_input":
      return e.multiline
        ? h("textarea", { ...common, rows: 4, value: e.initial_value || "", maxlength: e.max_length })
        : h("input", { ...common, type: "text", value: e.initial_value || "", maxlength: e.max_length });
    case "number_input":
      return h("input", { ...common, type: "number", step: e.is_decimal_allowed ? "any" : "1", min: e.min_value, max: e.max_value, value: e.initial_value || "" });
    case "datepicker": return h("input", { ...common, type: "date", value: e.initial_date || "" });
    case "timepicker": return h("input", { ...common, type: "time", value: e.initial_time || "" });
    case "datetimepicker": return dateTime(e, common);
    case "checkboxes": return choices(e, id, label, "checkbox", (e.initial_options || []).map((o) => o.value));
    case "radio_buttons": return choices(e, id, label, "radio", e.initial_option ? [e.initial_option.value] : []);
  }
  if (e.type.endsWith("_select")) return select(e, surface, common);
  return h("input", { ...common, type: "text", disabled: true, title: e.type + " is not part of this page" });
}

function dateTime(e, common) {
  const start = e.initial_date_time ? new Date(e.initial_date_time * 1000 - new Date().getTimezoneOffset() * 60000).toISOString().slice(0, 16) : "";
  const field = h("input", { ...common, type: "datetime-local", value: start });
  field.dataset.seconds = "yes";
  return field;
}

function choices(e, id, label, type, chosen) {
  return h("fieldset", { id, class: "choices", "aria-label": label },
    optionsOf(e).map((o) => h("label", null,
      h("input", { type, name: id, value: o.value, checked: chosen.includes(o.value) }), " ",
      h("span", null, textObject(o.text), o.description && h("span", { class: "muted" }, " ", textObject(o.description))))));
}

function select(e, surface, common) {
  const many = e.type.startsWith("multi_");
  const chosen = new Set([e.initial_option?.value, e.initial_user, e.initial_channel, e.initial_conversation,
    ...(e.initial_options || []).map((o) => o.value), ...(e.initial_users || []), ...(e.initial_channels || []), ...(e.initial_conversations || [])]);
  const entry = (value, text) => h("option", { value, selected: chosen.has(value) }, text);
  let entries;
  if (e.type.includes("users")) entries = surface.people.map((u) => entry(u.id, u.real_name));
  else if (e.type.includes("channels") || e.type.includes("conversations")) entries = surface.rooms.map((c) => entry(c.id, "#" + c.name));
  else if (e.option_groups) entries = e.option_groups.map((g) => h("optgroup", { label: plain(g.label.text) }, g.options.map((o) => entry(o.value, plain(o.text.text)))));
  else entries = optionsOf(e).map((o) => entry(o.value, plain(o.text.text)));
  const first = many ? null : h("option", { value: "", selected: chosen.size === 1 && chosen.has(undefined) }, common.placeholder || "Choose…");
  return h("select", { ...common, placeholder: null, multiple: many, size: many ? Math.min(6, Math.max(2, entries.length)) : null }, first, entries);
}

// valuesOf reads what a control holds.
export function valuesOf(field) {
  if (field.tagName === "FIELDSET") return [...field.querySelectorAll("input:checked")].map((i) => i.value);
  if (field.tagName === "SELECT") return [...field.selectedOptions].map((o) => o.value).filter((v) => v !== "");
  if (field.dataset.seconds) return field.value ? [String(Math.floor(new Date(field.value) / 1000))] : [""];
  return [field.value];
}

// setValues puts back what a control held before it was drawn anew.
export function setValues(field, values) {
  if (field.tagName === "FIELDSET") for (const i of field.querySelectorAll("input")) i.checked = values.includes(i.value);
  else if (field.tagName === "SELECT") for (const o of field.options) o.selected = values.includes(o.value) || (values.length === 0 && o.value === "");
  else if (!field.dataset.seconds) field.value = values[0] ?? "";
}
