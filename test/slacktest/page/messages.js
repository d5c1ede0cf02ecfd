// Messages of a room or thread. Each is drawn anew only when it changed, so
// that focus and open menus survive what happens elsewhere.
import { h, icon, act, menu } from "./dom.js";
import { mrkdwn, plain } from "./text.js";
import { blocks } from "./blocks.js";
import { avatar } from "./people.js";

// messageList keeps a container in step with a list of messages.
export function messageList(container) {
  let drawn = new Map(); // key → {version, element}
  let room = "";
  let atEnd = true; // and stays there when the room shrinks
  container.addEventListener("scroll", () => { atEnd = container.scrollHeight - container.scrollTop - container.clientHeight < 60; });
  new ResizeObserver(() => { if (atEnd) container.scrollTop = container.scrollHeight; }).observe(container);
  return (messages, context) => {
    const fresh = room !== context.key;
    if (fresh) drawn = new Map();
    room = context.key;
    const next = new Map();
    const nodes = [];
    let previous = null;
    for (const m of messages) {
      if (!previous || day(previous) !== day(m)) {
        if (!context.thread) nodes.push(keep(drawn, next, "day" + day(m), "", () => h("div", { class: "day", role: "separator" }, h("span", null, dayName(m)))));
      }
      const compact = follows(previous, m);
      const version = JSON.stringify(m) + compact + context.names + context.thread;
      nodes.push(keep(drawn, next, m.ts, version, () => message(m, compact, context)));
      previous = m;
    }
    drawn = next;
    if (!messages.length) nodes.push(h("p", { class: "empty muted" }, context.empty));
    sync(container, nodes);
    atEnd = atEnd || fresh;
    if (atEnd) container.scrollTop = container.scrollHeight;
  };
}

function keep(drawn, next, key, version, make) {
  const old = drawn.get(key);
  const entry = old && old.version === version ? old : { version, element: make() };
  next.set(key, entry);
  return entry.element;
}

// sync makes a container's children these nodes without touching those that stay.
function sync(container, nodes) {
  const wanted = new Set(nodes);
  for (const c of [...container.childNodes]) if (!wanted.has(c)) c.remove();
  nodes.forEach((n, i) => { if (container.childNodes[i] !== n) container.insertBefore(n, container.childNodes[i] || null); });
}

const when = (m) => new Date(Number(m.ts) * 1000);
const day = (m) => when(m).toDateString();

function dayName(m) {
  const days = Math.round((new Date().setHours(0, 0, 0, 0) - when(m).setHours(0, 0, 0, 0)) / 864e5);
  if (days === 0) return "Today";
  if (days === 1) return "Yesterday";
  return new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" }).format(when(m));
}

const follows = (a, b) => Boolean(a && a.user === b.user && !a.is_ephemeral && !b.is_ephemeral && !a.reply_count && !a.blocks && !b.blocks && b.ts - a.ts < 300 && day(a) === day(b));

function message(m, compact, context) {
  const author = context.state.users.find((u) => u.id === m.user) || { id: m.user, name: "slackbot", real_name: "Slackbot", bot: true };
  const time = new Intl.DateTimeFormat(undefined, { timeStyle: "short" }).format(when(m));
  const head = h("div", { class: "by" }, h("b", null, author.real_name), author.bot && h("span", { class: "tag" }, "app"),
    h("time", { class: "muted", datetime: when(m).toISOString(), title: when(m).toLocaleString() }, time));
  return h("article", {
    class: "message" + (compact ? " compact" : "") + (m.is_ephemeral ? " ephemeral" : ""), id: (context.thread ? "t" : "m") + m.ts,
    "data-ts": m.ts, "aria-label": `${author.real_name}, ${time}`,
  },
    compact ? h("time", { class: "gutter muted", "aria-hidden": "true" }, time) : avatar(author),
    h("div", { class: "body" },
      m.is_ephemeral && h("div", { class: "only muted" }, "Only visible to you"),
      !compact && head, content(m, context), files(m), reactions(m, context), threadLink(m, context)),
    !m.is_ephemeral && tools(m, context));
}

function content(m, context) {
  const surface = {
    id: m.ts, counts: new Map(), people: context.state.users.filter((u) => !u.bot && !u.deleted), rooms: context.state.channels.filter((c) => !c.dm),
    press: (which, index, values) => act({ act: "press", user: context.state.user, channel: context.channel, ts: m.ts, which, index, values }),
  };
  const attachments = (m.attachments || []).map((a) => h("div", { class: "attachment", style: /^#[0-9a-f]{6}$/i.test(a.color || "") ? `border-color:${a.color}` : null },
    a.blocks ? blocks(a.blocks, surface) : mrkdwn(a.text || a.fallback)));
  const edited = m.edited && h("span", { class: "muted edited" }, " (edited)");
  if (m.blocks) return h("div", { class: "blocks" }, blocks(m.blocks, surface), attachments);
  return h("div", { class: "text" }, mrkdwn(m.text), edited, attachments);
}

const files = (m) => (m.files || []).map((f) => h("details", { class: "file", open: f.preview.split("\n").length < 8 },
  h("summary", null, icon("file"), " ", f.title || f.name, h("span", { class: "muted" }, ` ${f.size} bytes`)),
  h("pre", null, f.preview), h("a", { href: f.url_private, target: "_blank", rel: "noopener" }, "Open the file")));

function reactions(m, context) {
  if (!m.reactions) return null;
  const name = (id) => context.state.users.find((u) => u.id === id)?.real_name || id;
  return h("div", { class: "reactions" }, m.reactions.map((r) => {
    const mine = r.users.includes(context.state.user);
    return h("button", {
      type: "button", "aria-pressed": String(mine), title: r.users.map(name).join(", "), "aria-label": `${r.name.replaceAll("_", " ")}, ${r.count}`,
      onclick: () => react(m, context, r.name, mine),
    }, plain(`:${r.name}:`), " ", String(r.count));
  }));
}

const react = (m, context, name, remove) =>
  act({ act: "react", user: context.state.user, channel: context.channel, ts: m.ts, which: name, index: remove ? 1 : 0 });

function threadLink(m, context) {
  if (context.thread || !m.reply_count) return null;
  return h("button", { type: "button", class: "replies", onclick: () => context.openThread(m.ts) },
    m.reply_count === 1 ? "1 reply" : `${m.reply_count} replies`);
}

// tools appear when the pointer or the focus is on a message.
function tools(m, context) {
  const toggle = (name, sign, label) => {
    const mine = m.reactions?.find((r) => r.name === name)?.users.includes(context.state.user);
    return h("button", { type: "button", "aria-label": label, title: label, onclick: () => react(m, context, name, mine) }, icon(sign));
  };
  const more = context.state.shortcuts?.length && h("button", {
    type: "button", "aria-label": "More message actions", title: "More message actions", "aria-haspopup": "menu",
    onclick: (e) => menu(e.currentTarget, context.state.shortcuts.map((s) => ({
      content: s.name, pick: () => act({ act: "shortcut", user: context.state.user, channel: context.channel, ts: m.ts, which: s.callback_id }),
    })), "Message shortcuts"),
  }, "⋯");
  return h("div", { class: "tools" }, toggle("white_check_mark", "check", "React with a check mark"), toggle("eyes", "eyes", "React with eyes"),
    !context.thread && h("button", { type: "button", "aria-label": "Reply in thread", title: "Reply in thread", onclick: () => context.openThread(m.ts) }, icon("reply")),
    more || null);
}
