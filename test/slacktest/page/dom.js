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
