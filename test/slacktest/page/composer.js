// The box in which a person writes, with completion of commands and mentions.
import { h, act, toast } from "./dom.js";

// composer makes a box; context() says at the time of writing who writes where.
export function composer(context, label) {
  const list = h("ul", { class: "suggest", role: "listbox", "aria-label": "Suggestions", hidden: true });
  const text = h("textarea", { rows: 1, "aria-label": label, placeholder: label, autocomplete: "off", spellcheck: "false" });
  const send = h("button", { type: "button", class: "button primary send", "aria-label": "Send" }, "Send");
  const box = h("div", { class: "box" }, list, text, send);
  let found = [], at = 0;

  const size = () => { text.style.height = "auto"; text.style.height = Math.min(160, text.scrollHeight + 2) + "px"; };
  const show = () => {
    list.hidden = !found.length;
    list.replaceChildren(...found.map((f, i) => h("li", {
      role: "option", "aria-selected": String(i === at), onpointerdown: (e) => { e.preventDefault(); at = i; accept(); },
    }, h("b", null, f.name), h("span", { class: "muted" }, " " + (f.about || "")))));
  };
  const look = () => {
    found = suggestions(text.value.slice(0, text.selectionStart), context());
    at = 0;
    show();
  };
  const accept = () => {
    const { from, insert } = found[at];
    const rest = text.value.slice(text.selectionStart);
    text.value = text.value.slice(0, from) + insert + " " + rest.trimStart();
    text.setSelectionRange(from + insert.length + 1, from + insert.length + 1);
    found = [];
    show();
    size();
  };
  const submit = async () => {
    const value = text.value.trim();
    if (!value) return;
    found = [];
    show();
    text.value = "";
    size();
    await write(value, context());
    text.focus();
  };
  text.addEventListener("input", () => { size(); look(); });
  text.addEventListener("blur", () => { found = []; show(); });
  text.addEventListener("keydown", (e) => {
    if (found.length && ["ArrowDown", "ArrowUp"].includes(e.key)) {
      at = (at + (e.key === "ArrowDown" ? 1 : found.length - 1)) % found.length;
      show();
    } else if (found.length && (e.key === "Tab" || (e.key === "Enter" && text.value.trim() !== found[at].insert))) accept();
    else if (found.length && e.key === "Escape") { found = []; show(); }
    else if (e.key === "Enter" && !e.shiftKey && !e.isComposing) submit();
    else return;
    e.preventDefault();
  });
  send.addEventListener("click", submit);
  return {
    box,
    label: (l) => { text.setAttribute("aria-label", l); text.placeholder = l; },
    fill: (value) => { text.value = value; size(); text.focus(); text.setSelectionRange(value.length, value.length); },
    focus: () => text.focus(),
  };
}

// suggestions completes the last word: a command at the start, else a mention.
function suggestions(before, { state }) {
  if (/^\/\S*$/.test(before)) {
    return (state.commands || []).filter((c) => c.name.startsWith(before))
      .map((c) => ({ from: 0, insert: c.name, name: c.name, about: [c.hint, c.description].filter(Boolean).join(" — ") }));
  }
  const word = /(^|\s)([@#])([\w.-]*)$/.exec(before);
  if (!word) return [];
  const [, , sign, start] = word;
  const all = sign === "#"
    ? state.channels.filter((c) => !c.dm).map((c) => ({ name: c.name, about: "" }))
    : [...state.users.filter((u) => !u.deleted).map((u) => ({ name: u.name, about: u.bot ? "app" : u.real_name })), ...state.groups.map((g) => ({ name: g.handle, about: g.name }))];
  return all.filter((u) => u.name.toLowerCase().startsWith(start.toLowerCase())).slice(0, 8)
    .map((u) => ({ from: before.length - start.length - 1, insert: sign + u.name, name: sign + u.name, about: u.about }));
}

async function write(value, { state, channel, thread }) {
  const command = /^(\/\S+)\s*([\s\S]*)$/.exec(value);
  if (command && thread) return toast("Commands cannot be used in threads. Write it in the room.");
  if (command) return act({ act: "slash", user: state.user, channel, which: command[1], text: command[2] });
  return act({ act: "say", user: state.user, channel, thread: thread || "", text: value });
}
