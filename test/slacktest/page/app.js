// The page: what is open, and drawing it whenever the workspace changes.
import { h, icon, fetchState, fetchEmoji, live, act, toast } from "./dom.js";
import { setEmoji, setNames } from "./text.js";
import { blocks } from "./blocks.js";
import { rail } from "./people.js";
import { messageList } from "./messages.js";
import { composer } from "./composer.js";
import { showModal } from "./modal.js";

const byID = (id) => document.getElementById(id);
const stored = (key) => { try { return sessionStorage.getItem("chat-" + key); } catch { return null; } };
const store = (key, value) => { try { sessionStorage.setItem("chat-" + key, value); } catch { /* a frame without storage */ } };

const here = { user: new URLSearchParams(location.search).get("user") || stored("user") || "", channel: "", thread: "", tab: "messages", state: null };

readHash();
const drawList = messageList(byID("list"));
const writer = composer(() => ({ state: here.state, channel: here.channel }), "Message");
byID("composer").append(writer.box);
const threadList = h("div", { class: "thread-list", role: "log", "aria-label": "Replies", tabindex: "0" });
const drawThread = messageList(threadList);
const replier = composer(() => ({ state: here.state, channel: here.channel, thread: here.thread }), "Reply in the thread");
byID("thread").append(
  h("header", null, h("h2", null, "Thread"), h("button", { type: "button", class: "icon", "aria-label": "Close thread", onclick: () => openThread("") }, "✕")),
  threadList, replier.box);

// readHash takes #channel or #channel/ts, which permalinks lead to.
function readHash() {
  const [channel, thread] = decodeURIComponent(location.hash.slice(1)).split("/");
  if (channel) Object.assign(here, { channel, thread: thread || "", tab: "messages" });
}

function go(channel) {
  Object.assign(here, { channel, thread: "", tab: "messages" });
  setHash();
  refresh().then(() => writer.focus());
}

function openThread(ts) {
  here.thread = ts;
  setHash();
  draw();
  if (ts) replier.focus();
}

function setHash() {
  history.replaceState(null, "", "#" + here.channel + (here.thread ? "/" + here.thread : ""));
}

function become(user) {
  here.user = user;
  store("user", user);
  Object.assign(here, { thread: "", tab: "messages" });
  refresh();
}

// refresh asks for the state and draws it; calls while one is under way are
// answered by one more round.
let busy = null, again = false;
function refresh() {
  if (busy) { again = true; return busy; }
  busy = (async () => {
    do {
      again = false;
      const [user, channel] = [here.user, here.channel];
      const state = await fetchState(user, channel);
      if (user !== here.user || channel !== here.channel) { again = true; continue; }
      here.user = state.user;
      here.state = state;
      const found = state.channels.find((c) => c.id === here.channel);
      if (!found) {
        const first = state.channels.find((c) => !c.dm) || state.channels[0];
        if (first) { here.channel = first.id; here.thread = ""; again = true; continue; }
      }
      draw();
    } while (again);
  })().catch((e) => toast("Not connected: " + e.message)).finally(() => { busy = null; });
  return busy;
}

function draw() {
  const state = here.state;
  const channel = state?.channels.find((c) => c.id === here.channel);
  if (!channel?.messages) return;
  setNames(state);
  document.title = (channel.dm ? "App" : "#" + channel.name) + " · " + state.team;
  keepFocus(byID("rail"), rail(state, here.channel, go, become).flat());
  drawHead(state, channel);
  const home = channel.dm && here.tab === "home";
  byID("room").classList.toggle("home", home);
  if (home) drawHome(state);
  else drawMessages(state, channel);
  drawSide(state, channel);
  showModal(state);
  if (channel.unread && document.visibilityState === "visible" && !home) act({ act: "read", user: state.user, channel: channel.id });
}

// keepFocus replaces children but leaves the focus on the one in the same place.
function keepFocus(container, children) {
  const at = [...container.querySelectorAll("button")].indexOf(document.activeElement);
  container.replaceChildren(...children.filter(Boolean));
  if (at >= 0) container.querySelectorAll("button")[at]?.focus();
}

function drawHead(state, channel) {
  const bot = state.users.find((u) => u.id === state.bot);
  const people = channel.members.map((id) => state.users.find((u) => u.id === id)?.real_name || id);
  const tab = (name, label) => h("button", { type: "button", role: "tab", "aria-selected": String(here.tab === name), onclick: () => openTab(name) }, label);
  keepFocus(byID("head"), [
    h("h1", null, channel.dm ? bot.real_name : [channel.private ? icon("lock") : "#", " ", channel.name]),
    channel.dm ? h("div", { role: "tablist", class: "tabs" }, tab("messages", "Messages"), tab("home", "Home"))
      : h("span", { class: "muted", title: people.join(", ") }, `${people.length} members`),
  ]);
  writer.label(channel.dm ? "Message " + bot.real_name : "Message #" + channel.name);
  const hints = here.thread ? [] : (state.hints || {})[channel.id] || []; // a thread leaves no room for them
  keepFocus(byID("hints"), hints.length ? [h("span", { class: "muted" }, "Try"), ...hints.map((text) => h("button", { type: "button", onclick: () => writer.fill(text) }, text))] : []);
}

function openTab(name) {
  here.tab = name;
  here.thread = "";
  if (name === "home") act({ act: "home", user: here.user });
  draw();
}

let homeDrawn = "";
function drawHome(state) {
  const version = state.user + (state.home?.hash || "");
  if (homeDrawn === version && byID("list").querySelector(".home-tab")) return;
  homeDrawn = version;
  drawList([], { key: "home", empty: "" });
  const surface = {
    id: "home", counts: new Map(), people: state.users.filter((u) => !u.bot && !u.deleted), rooms: state.channels.filter((c) => !c.dm),
    press: (which, index, values) => act({ act: "press", user: state.user, view: state.home.id, which, index, values }),
  };
  byID("list").replaceChildren(h("div", { class: "home-tab" },
    state.home ? blocks(state.home.blocks, surface) : h("p", { class: "muted" }, "The app has not put anything here yet.")));
}

function context(state, channel, extra) {
  return {
    state, channel: channel.id, key: state.user + channel.id, names: state.users.length + "/" + state.user, thread: false, openThread,
    empty: channel.dm ? "Write to the app, or use a command." : "Nothing has been said here yet.", ...extra,
  };
}

function drawMessages(state, channel) {
  const roots = channel.messages.filter((m) => !m.thread_ts || m.thread_ts === m.ts);
  drawList(roots, context(state, channel));
}

function drawSide(state, channel) {
  const side = byID("thread");
  const thread = channel.messages.filter((m) => m.ts === here.thread || m.thread_ts === here.thread);
  side.hidden = !here.thread || !thread.length;
  document.body.classList.toggle("with-thread", !side.hidden);
  if (!side.hidden) drawThread(thread, context(state, channel, { thread: true, key: state.user + here.thread }));
}

window.addEventListener("hashchange", () => { readHash(); refresh(); });
document.addEventListener("visibilitychange", draw);
// A permalink of this workspace opens here, not in another tab.
document.addEventListener("click", (e) => {
  const to = /\/archives\/(\w+)\/p(\d+)(\d{6})(?:\?.*thread_ts=([\d.]+))?/.exec(e.target.closest?.("a")?.href || "");
  if (!to) return;
  e.preventDefault();
  location.hash = `${to[1]}/${to[4] || to[2] + "." + to[3]}`;
});

fetchEmoji().then(setEmoji).finally(() => live(refresh));
