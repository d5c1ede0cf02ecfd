// Text to elements: mrkdwn, Markdown, rich_text, emoji, mentions, dates.
// Nothing here ever becomes HTML by way of a string.
import { h } from "./dom.js";

let emoji = {};
let names = { users: {}, groups: {}, channels: {} };

export function setEmoji(table) { emoji = table; }

export function setNames(state) {
  names = { users: {}, groups: {}, channels: {} };
  for (const u of state.users) names.users[u.id] = u.name;
  for (const g of state.groups) names.groups[g.id] = g.handle;
  for (const c of state.channels) names.channels[c.id] = c.name;
}

const unescape = (text) => text.replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&");

// plain shows emoji codes as characters.
export const plain = (text) => (text || "").replace(/:([a-z0-9_+-]+):/g, (all, name) => emoji[name] || all);

const inlinePattern = new RegExp([
  "`([^`\\n]+)`", // 1 code
  "<([^<>\\n]+)>", // 2 reference
  "(?<![\\w*])\\*(?=\\S)([^*\\n]+?)(?<=\\S)\\*(?![\\w*])", // 3 bold
  "(?<![\\w_])_(?=\\S)([^_\\n]+?)(?<=\\S)_(?![\\w_])", // 4 italic
  "(?<![\\w~])~(?=\\S)([^~\\n]+?)(?<=\\S)~(?![\\w~])", // 5 strike
  ":([a-z0-9_+-]+):", // 6 emoji
  "(\\n)", // 7
].join("|"), "g");

// inline turns one run of mrkdwn into nodes.
export function inline(text) {
  const out = [];
  let end = 0;
  for (const m of text.matchAll(inlinePattern)) {
    if (m.index > end) out.push(unescape(text.slice(end, m.index)));
    end = m.index + m[0].length;
    if (m[1] !== undefined) out.push(h("code", null, unescape(m[1])));
    else if (m[2] !== undefined) out.push(reference(m[2]));
    else if (m[3] !== undefined) out.push(h("b", null, inline(m[3])));
    else if (m[4] !== undefined) out.push(h("i", null, inline(m[4])));
    else if (m[5] !== undefined) out.push(h("s", null, inline(m[5])));
    else if (m[6] !== undefined) out.push(emoji[m[6]] || m[0]);
    else out.push(h("br"));
  }
  out.push(unescape(text.slice(end)));
  return out;
}

// mrkdwn turns a whole text into nodes: fences, quotes, and what inline knows.
export function mrkdwn(text) {
  const out = [];
  (text || "").split(/```/).forEach((part, i) => {
    if (i % 2) {
      out.push(h("pre", null, unescape(part.replace(/^\n|\n$/g, "")).replace(/<([^|>]+)\|([^>]+)>/g, "$2")));
      return;
    }
    let quote = [], lines = [];
    const flushLines = () => { if (lines.length) out.push(...inline(lines.join("\n"))); lines = []; };
    const flushQuote = () => { if (quote.length) out.push(h("blockquote", null, inline(quote.join("\n")))); quote = []; };
    for (const line of part.replace(i ? /^\n/ : /^(?!)/, "").split("\n")) {
      const m = /^(?:&gt;|>) ?(.*)$/.exec(line);
      if (m) { flushLines(); quote.push(m[1]); } else { flushQuote(); lines.push(line); }
    }
    flushQuote();
    if (lines.length && lines.join("") !== "") flushLines();
  });
  return out;
}

// reference shows what stands between < and >.
function reference(inner) {
  const bar = inner.indexOf("|");
  const target = bar < 0 ? inner : inner.slice(0, bar);
  const label = bar < 0 ? "" : inner.slice(bar + 1);
  if (target.startsWith("@")) return mention("@" + (names.users[target.slice(1)] || label || target.slice(1)));
  if (target.startsWith("#")) return mention("#" + (names.channels[target.slice(1)] || label || target.slice(1)));
  if (target.startsWith("!subteam^")) return mention("@" + (names.groups[target.slice(9)] || label || "group"));
  if (target.startsWith("!date^")) return date(target, label);
  if (target.startsWith("!")) return mention("@" + target.slice(1));
  return link(unescape(target), label ? unescape(plain(label)) : unescape(target).replace(/^mailto:/, ""));
}

const mention = (text) => h("span", { class: "mention" }, text);

export function link(url, text) {
  if (!/^(https?:|mailto:)/i.test(url)) return text;
  return h("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, text);
}

const dateFormats = {
  date: { dateStyle: "long" }, date_pretty: { dateStyle: "long" }, date_long: { dateStyle: "full" }, date_long_pretty: { dateStyle: "full" },
  date_short: { dateStyle: "medium" }, date_short_pretty: { dateStyle: "medium" }, date_num: { dateStyle: "short" }, date_slash: { dateStyle: "short" },
  time: { timeStyle: "short" }, time_secs: { timeStyle: "medium" },
};

function date(target, fallback) {
  const [, seconds, format, url] = target.split("^");
  const when = new Date(Number(seconds) * 1000);
  if (isNaN(when) || !format) return fallback || target;
  const text = format.replace(/\{(\w+)\}/g, (all, name) => {
    if (name === "ago") return ago(when);
    const days = Math.round((new Date(when).setHours(0, 0, 0, 0) - new Date().setHours(0, 0, 0, 0)) / 864e5);
    if (name.endsWith("_pretty") && Math.abs(days) < 2) return ["yesterday", "today", "tomorrow"][days + 1];
    return dateFormats[name] ? new Intl.DateTimeFormat(undefined, dateFormats[name]).format(when) : all;
  });
  const time = h("time", { datetime: when.toISOString(), title: fallback || null }, text);
  return url ? link(url, time) : time;
}

function ago(when) {
  const seconds = (when - Date.now()) / 1000;
  const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });
  for (const [unit, size] of [["day", 86400], ["hour", 3600], ["minute", 60]]) {
    if (Math.abs(seconds) >= size) return relative.format(Math.round(seconds / size), unit);
  }
  return relative.format(Math.round(seconds), "second");
}

// textObject shows a plain_text or mrkdwn object.
export const textObject = (o) => (!o ? [] : o.type === "mrkdwn" ? mrkdwn(o.text) : [plain(o.text)]);

// markdown shows the markdown block: headings, lists, tables, fences, emphasis.
export function markdown(text) {
  const out = [];
  text.split(/```\w*\n?/).forEach((part, i) => {
    if (i % 2) { out.push(h("pre", null, part.replace(/\n$/, ""))); return; }
    for (const para of part.split(/\n{2,}/)) {
      const lines = para.split("\n").filter((l) => l.trim());
      if (!lines.length) continue;
      const heading = /^(#{1,6}) (.*)$/.exec(lines[0]);
      if (heading) { out.push(h("h" + Math.min(6, heading[1].length + 2), null, span(heading[2]))); lines.shift(); }
      if (!lines.length) continue;
      if (lines.every((l) => /^\s*[-*] /.test(l))) out.push(h("ul", null, lines.map((l) => h("li", null, span(l.replace(/^\s*[-*] /, ""))))));
      else if (lines.every((l) => /^\s*\d+\. /.test(l))) out.push(h("ol", null, lines.map((l) => h("li", null, span(l.replace(/^\s*\d+\. /, ""))))));
      else if (lines.length > 1 && /^\|?[\s:|-]+$/.test(lines[1])) out.push(pipeTable(lines));
      else out.push(h("p", null, lines.flatMap((l, j) => (j ? [h("br"), ...span(l)] : span(l)))));
    }
  });
  return out;
}

function pipeTable(lines) {
  const cells = (l) => l.replace(/^\||\|$/g, "").split("|").map((c) => c.trim());
  return h("table", null,
    h("tr", null, cells(lines[0]).map((c) => h("th", null, span(c)))),
    lines.slice(2).map((l) => h("tr", null, cells(l).map((c) => h("td", null, span(c))))));
}

function span(text) {
  const out = [];
  let end = 0;
  for (const m of text.matchAll(/`([^`]+)`|\*\*([^*]+)\*\*|[*_]([^*_]+)[*_]|\[([^\]]+)\]\(([^)\s]+)\)|:([a-z0-9_+-]+):/g)) {
    out.push(text.slice(end, m.index));
    end = m.index + m[0].length;
    if (m[1]) out.push(h("code", null, m[1]));
    else if (m[2]) out.push(h("b", null, m[2]));
    else if (m[3]) out.push(h("i", null, m[3]));
    else if (m[4]) out.push(link(m[5], m[4]));
    else out.push(emoji[m[6]] || m[0]);
  }
  out.push(text.slice(end));
  return out;
}

// richText shows a rich_text block.
export function richText(block) {
  return block.elements.map((e) => {
    if (e.type === "rich_text_list") {
      return h(e.style === "ordered" ? "ol" : "ul", { class: "indent-" + (e.indent || 0) }, e.elements.map((s) => h("li", null, s.elements.map(richElement))));
    }
    if (e.type === "rich_text_quote") return h("blockquote", null, e.elements.map(richElement));
    if (e.type === "rich_text_preformatted") return h("pre", null, e.elements.map(richElement));
    return h("div", { class: "rich" }, e.elements.map(richElement));
  });
}

function richElement(e) {
  let node;
  switch (e.type) {
    case "user": node = mention("@" + (names.users[e.user_id] || e.user_id)); break;
    case "usergroup": node = mention("@" + (names.groups[e.usergroup_id] || e.usergroup_id)); break;
    case "channel": node = mention("#" + (names.channels[e.channel_id] || e.channel_id)); break;
    case "broadcast": node = mention("@" + e.range); break;
    case "emoji": node = document.createTextNode(plain(":" + e.name + ":")); break;
    case "link": node = link(e.url, e.text || e.url); break;
    case "date": node = date(`!date^${e.timestamp}^${e.format}`, e.fallback); break;
    default: node = document.createTextNode(e.text || "");
  }
  const style = e.style || {};
  for (const [name, tag] of [["code", "code"], ["bold", "b"], ["italic", "i"], ["strike", "s"], ["underline", "u"]]) {
    if (style[name]) node = h(tag, null, node);
  }
  return node;
}
