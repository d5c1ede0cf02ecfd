// Making elements, and asking the server.

// h makes an element: h("button", {class: "x", onclick: f}, "text", child…).
// Attributes that are false, null or undefined are left out.
export function h(tag, attributes, ...children) {
  const e = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) e.addEventListener(name.slice(2), value);
    else if (name === "value") e.value = value;
    else e.setAttribute(name, value === true ? "" : value);
  }
  e.append(...children.flat().filter((c) => c !== null && c !== undefined && c !== false));
  return e;
}

const icons = {
  lock: "M5 7V5a3 3 0 0 1 6 0v2h.5A1.5 1.5 0 0 1 13 8.5v4a1.5 1.5 0 0 1-1.5 1.5h-7A1.5 1.5 0 0 1 3 12.5v-4A1.5 1.5 0 0 1 4.5 7zm1.5 0h3V5a1.5 1.5 0 0 0-3 0z",
  file: "M4 1h5.5L13 4.5V13a2 2 0 0 1-2 2H4.5A1.5 1.5 0 0 1 3 13.5V2.5A1.5 1.5 0 0 1 4.5 1zm5 1.5V5h2.5zM5 8v1.2h6V8zm0 2.8V12h6v-1.2z",
  reply: "M3 2.5h10A1.5 1.5 0 0 1 14.5 4v6a1.5 1.5 0 0 1-1.5 1.5H8L4.5 14.5v-3H3A1.5 1.5 0 0 1 1.5 10V4A1.5 1.5 0 0 1 3 2.5zM4.5 5v1.2h7V5zm0 2.6v1.2h5V7.6z",
  check: "M6.4 12.6 2 8.2l1.4-1.4 3 3 6.2-6.3L14 4.900z",
  eyes: "M8 3.5c3.2 0 5.6 2.3 6.8 4.5-1.2 2.2-3.6 4.5-6.8 4.5S2.4 10.2 1.2 8C2.4 5.8 4.8 3.5 8 3.5zm0 1.700a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6zm0 1.5a1.3 1.3 0 1 1 0 2.6 1.3 1.3 0 0 1 0-2.6z",
  bot: "M7.2 1h1.6v2H12a2 2 0 0 1 2 2v6a2 2 0 0 1-2 2H9l-2.5 2.2V13H4a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2h3.2zM5.5 6.2a1.3 1.3 0 1 0 0 2.6 1.3 1.3 0 0 0 0-2.6zm5 0a1.3 1.3 0 1 0 0 2.6 1.3 1.3 0 0 0 0-2.6z",
};

// icon draws one of the page's own signs, which must not depend on a font.
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  for (const [k, v] of [["viewBox", "0 0 16 16"], ["class", "glyph"], ["aria-hidden", "true"]]) svg.setAttribute(k, v);
  path.setAttribute("d", icons[name]);
  path.setAttribute("fill-rule", "evenodd");
  svg.append(path);
  return svg;
}

// The endpoints lie beside this module, whatever the prefix or the frame.
const base = new URL("_ui/", import.meta.url);

export async function fetchState(user, channel) {
  const url = new URL("state", base);
  url.searchParams.set("user", user || "");
  url.searchParams.set("channel", channel || "");
  const response = await fetch(url);
  if (!response.ok) throw new Error(`the server answers ${response.status}`);
  return response.json();
}

export async function fetchEmoji() {
  const response = await fetch(new URL("emoji.json", import.meta.url));
  return response.json();
}

export function live(changed) {
  const source = new EventSource(new URL("live", base));
  source.onmessage = changed;
  return source;
}

// act does what a person does; problems become a toast.
export async function act(request) {
  const response = await fetch(new URL("act", base), {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(request),
  });
  const answer = await response.json().catch(() => ({ error: `the server answers ${response.status}` }));
  if (answer.error) toast(answer.error);
  else if (answer.notice && request.act !== "slash") toast(answer.notice);
  return answer;
}

let hideToast = 0;

export function toast(text) {
  const e = document.getElementById("toast");
  e.textContent = text;
  e.classList.add("shown");
  clearTimeout(hideToast);
  hideToast = setTimeout(() => e.classList.remove("shown"), 5000);
}

// menu opens a list under a button; arrows move, Enter picks, Escape closes.
export function menu(anchor, items, label) {
  closeMenus();
  const list = h("div", { class: "menu", role: "menu", "aria-label": label });
  for (const item of items) {
    list.append(h("button", {
      type: "button", role: "menuitem", "aria-current": item.current ? "true" : null,
      onclick: () => { closeMenus(); anchor.focus(); item.pick(); },
    }, item.content));
  }
  list.addEventListener("keydown", (e) => {
    const all = [...list.children];
    const at = all.indexOf(document.activeElement);
    if (e.key === "ArrowDown") all[(at + 1) % all.length].focus();
    else if (e.key === "ArrowUp") all[(at + all.length - 1) % all.length].focus();
    else if (e.key === "Escape") { closeMenus(); anchor.focus(); }
    else return;
    e.preventDefault();
  });
  const host = anchor.closest("dialog") || document.body;
  host.append(list);
  place(list, anchor);
  anchor.setAttribute("aria-expanded", "true");
  list.anchor = anchor;
  (list.querySelector("[aria-current]") || list.firstChild).focus();
  setTimeout(() => document.addEventListener("pointerdown", outside));
}

function place(list, anchor) {
  const at = anchor.getBoundingClientRect();
  const size = list.getBoundingClientRect();
  const below = at.bottom + 4 + size.height < window.innerHeight;
  list.style.left = Math.max(8, Math.min(at.left, window.innerWidth - size.width - 8)) + "px";
  list.style.top = Math.max(8, below ? at.bottom + 4 : at.top - 4 - size.height) + "px";
}

function outside(e) {
  if (!e.target.closest(".menu")) closeMenus();
}

function closeMenus() {
  document.removeEventListener("pointerdown", outside);
  for (const list of document.querySelectorAll(".menu")) {
    list.anchor.setAttribute("aria-expanded", "false");
    list.remove();
  }
}
