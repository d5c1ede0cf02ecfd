// People: their pictures, and the rail with rooms and the switch of person.
import { h, icon, menu } from "./dom.js";

const colours = ["#6d4aff", "#0b7a75", "#b3541e", "#2f5fb3", "#a1326f", "#4c6b1f", "#7a4a2b", "#1f6f8b"];

// avatar is a picture made of initials.
export function avatar(user) {
  const words = user.real_name.split(/[\s.-]+/).filter(Boolean);
  const initials = (words.length > 1 ? words[0][0] + words.at(-1)[0] : user.real_name.slice(0, 2)).toUpperCase();
  let hash = 0;
  for (const c of user.id) hash = (hash * 31 + c.charCodeAt(0)) >>> 0;
  const colour = user.bot ? "#2b2140" : colours[hash % colours.length];
  return h("span", { class: "avatar" + (user.bot ? " bot" : ""), style: `background:${colour}`, "aria-hidden": "true" }, user.bot ? icon("bot") : initials);
}

const badge = (n) => n > 0 && h("span", { class: "badge", "aria-label": `${n} unread` }, String(n));

// rail draws the left column. go(channel) opens a room, become(user) switches.
export function rail(state, open, go, become) {
  const me = state.users.find((u) => u.id === state.user);
  const bot = state.users.find((u) => u.id === state.bot);
  const entry = (c, content) => h("button", {
    type: "button", class: "room" + (c.unread ? " unread" : ""), "aria-current": c.id === open ? "page" : null, onclick: () => go(c.id),
  }, content, badge(c.unread));
  const rooms = state.channels.filter((c) => !c.dm).sort((a, b) => a.name.localeCompare(b.name));
  return [
    h("div", { class: "team" }, state.team),
    me && person(state, me, become),
    h("h2", null, "Rooms"),
    rooms.map((c) => entry(c, [h("span", { class: "sign", "aria-hidden": "true" }, c.private ? icon("lock") : "#"), h("span", { class: "name" }, c.name)])),
    h("h2", null, "Apps"),
    state.channels.filter((c) => c.dm && c.with === state.bot).map((c) => entry(c, [avatar(bot), h("span", { class: "name" }, bot.real_name)])),
  ];
}

function person(state, me, become) {
  const elsewhere = state.users.some((u) => u.id !== me.id && u.unread);
  const b = h("button", {
    type: "button", class: "me", "aria-haspopup": "menu", "aria-expanded": "false", "aria-label": `You are ${me.real_name}. Switch person`,
    onclick: () => menu(b, state.users.filter((u) => !u.bot && !u.deleted).map((u) => ({
      current: u.id === me.id, pick: () => become(u.id),
      content: [avatar(u), h("span", { class: "who" }, h("b", null, u.real_name), h("span", { class: "muted" }, role(u))), badge(u.unread)],
    })), "Switch person"),
  }, avatar(me), h("span", { class: "who" }, h("small", null, "You are"), h("b", null, me.real_name), h("small", null, role(me))),
  elsewhere && h("span", { class: "dot", title: "Someone else has unread messages" }), h("span", { "aria-hidden": "true" }, "▾"));
  return b;
}

const role = (u) => [u.title, u.guest && "guest", u.foreign && "another workspace"].filter(Boolean).join(" · ") || "@" + u.name;
