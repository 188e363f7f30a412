// The page can be read without this file. With it, new messages appear by
// themselves, buttons and the command box work, and times are local.
"use strict";

import { fitAll } from "./frames.js";

const $ = (id) => document.getElementById(id);
const channel = document.body.dataset.channel;
const feed = $("feed");
const line = $("line");

// element returns the single element in a piece of the server's HTML.
function element(html) {
  const t = document.createElement("template");
  t.innerHTML = html.trim();
  localTimes(t.content);
  return t.content.firstElementChild;
}

// Times are in the language of the page, in the reader's own variant if it has one.
const spoken = document.documentElement.lang;
const usual = new Intl.DateTimeFormat().resolvedOptions().locale;
const locale = usual.split("-")[0] === spoken.split("-")[0] ? usual : spoken;
const posted = new Intl.DateTimeFormat(locale, {
  weekday: "short", year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit",
});
const told = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });

function localTimes(root) {
  for (const time of root.querySelectorAll("time")) {
    const date = new Date(time.dateTime);
    time.textContent = (time.closest(".when") ? posted : told).format(date);
    time.title = date.toString();
  }
}

function announce(words) {
  $("status").textContent = words;
}

const headline = (article) => article.querySelector("h2, h3, p:not(.when, .asked)")?.textContent ?? "";

// Events: messages are posted, edited and removed

// Anything posted before the page was rendered is on it, or on a later page.
const newest = Number(document.body.dataset.newest);

// twin finds the counterpart of an element after its message was redrawn: the
// element with the same text.
function twin(old, root) {
  return [...root.querySelectorAll(old.localName)].find((e) => e.textContent === old.textContent);
}

// keepPlace changes the feed without moving the text that is being read. It
// reports whether the reader has scrolled past the top of the feed.
function keepPlace(change) {
  const reading = window.scrollY > feed.offsetTop;
  const edge = document.querySelector(".top").getBoundingClientRect().bottom;
  const below = (e) => e.getBoundingClientRect().bottom > edge;
  const article = [...feed.querySelectorAll(":scope > article")].find(below);
  const eye = reading && article && ([...article.querySelectorAll("h2, h3, p, li")].find(below) ?? article);
  const top = eye && eye.getBoundingClientRect().top;
  change();
  if (!eye) return reading;
  const now = eye.isConnected ? eye : twin(eye, $(article.id) ?? feed);
  if (now) window.scrollBy({ top: now.getBoundingClientRect().top - top, behavior: "instant" });
  return reading;
}

function arrive({ id, html }) {
  const old = $("m" + id);
  if (old) {
    if (old.parentElement === feed) keepPlace(() => redraw(old, element(html)));
    return;
  }
  if (id <= newest) return;
  const article = element(html);
  article.classList.add("fresh-message");
  feed.querySelector(".empty")?.remove();
  const older = [...feed.querySelectorAll(":scope > article.message")].find((a) => Number(a.id.slice(1)) < id);
  if (keepPlace(() => feed.insertBefore(article, older ?? null))) $("fresh").hidden = false;
  announce($("status").dataset.fresh + ": " + headline(article));
}

// redraw replaces a message with its new version. Parts that the reader has
// opened stay open, and the focus stays where it was.
function redraw(old, article) {
  const active = old.contains(document.activeElement) ? document.activeElement : null;
  const was = { likeness: old.querySelector("[data-beside][aria-current]"), thread: old.querySelector(".thread")?.open };
  old.replaceWith(article);
  if (was.thread && article.querySelector(".thread")) article.querySelector(".thread").open = true;
  if (was.likeness) beside(twin(was.likeness, article));
  if (active) twin(active, article)?.focus({ preventScroll: true });
}

function removed({ id }) {
  const article = $("m" + id);
  if (!article) return;
  keepPlace(() => {
    // A reply to one of its buttons is removed, too.
    if (article.nextElementSibling?.classList.contains("reply")) article.nextElementSibling.remove();
    article.remove();
  });
}

function elsewhere({ id, channel: name, path }) {
  if (id <= newest) return;
  const links = [...$("channels").querySelectorAll("a")];
  let link = links.find((a) => a.dataset.channel === name);
  if (!link) {
    const item = links[0].parentElement.cloneNode(true);
    link = item.firstElementChild;
    link.removeAttribute("aria-current");
    link.dataset.channel = name;
    link.textContent = name;
    link.href = path;
    $("channels").append(item);
  }
  link.classList.add("unread");
}

// answered makes a request, and goes to the login page if the session has ended.
async function answered(address, options) {
  const response = await fetch(address, options);
  if (response.status === 401) location.assign("/login");
  return response;
}

function follow() {
  const query = new URLSearchParams({ channel, after: document.body.dataset.revision });
  const events = new EventSource("/events?" + query);
  events.addEventListener("message", (e) => arrive(JSON.parse(e.data)));
  events.addEventListener("removed", (e) => removed(JSON.parse(e.data)));
  events.addEventListener("elsewhere", (e) => elsewhere(JSON.parse(e.data)));
  events.addEventListener("open", () => { $("offline").hidden = true; });
  events.addEventListener("error", async () => {
    $("offline").hidden = false;
    if (events.readyState !== EventSource.CLOSED) return; // it reconnects by itself
    try {
      if ((await answered("/api/messages?" + query)).status === 401) return;
    } catch {
      // The bot is unreachable.
    }
    setTimeout(follow, 2000);
  });
  // A page that is being left is not offline.
  window.addEventListener("pagehide", () => events.close());
  window.addEventListener("pageshow", (e) => { if (e.persisted) location.reload(); });
}

$("fresh").addEventListener("click", () => {
  window.scrollTo({ top: 0 });
  feed.focus({ preventScroll: true });
});

window.addEventListener("scroll", () => {
  if (window.scrollY <= feed.offsetTop) $("fresh").hidden = true;
}, { passive: true });

// Earlier messages

async function earlier() {
  const link = $("earlier");
  const query = new URLSearchParams({ channel, before: link.dataset.before });
  const response = await answered("/api/messages?" + query);
  if (!response.ok) return false;
  const page = await response.json();
  for (const message of page.messages) {
    if (!$("m" + message.id)) feed.append(element(message.html));
  }
  if (page.before) link.dataset.before = page.before;
  else link.parentElement.remove();
  return true;
}

$("earlier")?.addEventListener("click", (e) => {
  e.preventDefault();
  earlier();
});

// permalink scrolls to the message in the address, however old it is.
async function permalink() {
  const id = /^#m(\d+)$/.exec(location.hash)?.[1];
  if (!id || $("m" + id)) return;
  while (!$("m" + id) && $("earlier") && Number($("earlier").dataset.before) > Number(id)) {
    if (!await earlier()) return;
  }
  // Setting the hash again makes the message the page's target.
  if ($("m" + id)) location.replace("#m" + id);
}

// How a message looks on other platforms

// beside shows a message as it looks on the platform of one of its links, or
// hides that again.
async function beside(link) {
  const article = link.closest(".message");
  const shown = article.querySelector(":scope > .likeness");
  const again = link.ariaCurrent === "true";
  for (const other of link.parentElement.children) other.removeAttribute("aria-current");
  if (again) {
    shown?.remove();
    return;
  }
  link.ariaCurrent = "true";
  let likeness;
  try {
    const response = await answered(link.href);
    if (!response.ok) throw new Error(response.statusText);
    likeness = new DOMParser().parseFromString(await response.text(), "text/html").querySelector(".likeness");
  } catch {
    likeness = document.createElement("div");
    likeness.className = "likeness";
    likeness.append($("failed").content.querySelector(".notice").cloneNode(true));
  }
  if (link.ariaCurrent !== "true") return; // another one was pressed in the meantime
  article.querySelector(":scope > .likeness")?.remove();
  article.querySelector(":scope > .when").after(likeness);
  fitAll(likeness);
}

document.addEventListener("click", (e) => {
  const link = e.target.closest("[data-beside]");
  if (!link || e.ctrlKey || e.metaKey || e.shiftKey) return;
  e.preventDefault();
  beside(link);
});

// Commands

const askers = new WeakMap(); // the button that each reply answers

// ask sends a line and shows the reply: instead of the reply or form that it
// continues, below the message whose button was pressed, or else below the
// command box. values are those of a form that the line has opened.
async function ask(text, button, values) {
  let article;
  let turns = false;
  try {
    const id = crypto.getRandomValues(new Uint32Array(4)).join("-");
    const response = await answered("/api/command", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ id, channel, line: text, values }),
    });
    if (!response.ok) throw new Error(response.statusText);
    const reply = await response.json();
    if (!reply.html) return; // the reply is posted, and arrives as a message
    article = element(reply.html);
    turns = reply.turns || values !== undefined;
  } catch {
    article = $("failed").content.firstElementChild.cloneNode(true);
    article.querySelector("code").textContent = text;
  }
  if (button) {
    const from = button.closest(".message, .reply");
    const old = from.nextElementSibling;
    if (turns && from.classList.contains("reply")) {
      button = askers.get(from) ?? button;
      from.replaceWith(article);
      article.tabIndex = -1;
      article.focus({ preventScroll: true });
    } else if (old?.classList.contains("reply")) old.replaceWith(article);
    else from.after(article);
    askers.set(article, button);
    article.scrollIntoView({ block: "nearest" });
  } else {
    $("replies").prepend(article);
    window.scrollTo({ top: 0 });
  }
  article.querySelector(".ask :is(input, select)")?.focus({ preventScroll: true });
  announce($("status").dataset.replied + ": " + headline(article));
}

document.addEventListener("click", async (e) => {
  const button = e.target.closest("button");
  if (!button) return;
  if (button.classList.contains("dismiss")) {
    const reply = button.closest(".reply");
    const asker = askers.get(reply);
    (asker?.isConnected ? asker : feed).focus({ preventScroll: true });
    reply.remove();
  } else if (button.dataset.line && button.ariaBusy !== "true") {
    button.ariaBusy = "true";
    await ask(button.dataset.line, button);
    button.ariaBusy = "false";
  }
});

// Lists of choices. A pointer selects at once; keys move through the list, and
// Enter selects.
let byKey = false;

async function choose(list) {
  const option = list.selectedOptions[0];
  if (!option?.value || list.ariaBusy === "true") return;
  if (option.dataset.begin !== undefined) {
    line.value = option.value;
    list.selectedIndex = 0;
    line.focus();
    suggest();
    return;
  }
  list.ariaBusy = "true";
  await ask(option.value, list);
  list.ariaBusy = "false";
}

document.addEventListener("change", (e) => {
  const list = e.target.closest(".choose select");
  if (list && !byKey) choose(list);
});
document.addEventListener("keydown", (e) => {
  const list = e.target.closest?.(".choose select");
  byKey = true;
  if (!list) return;
  if (e.key === "Enter" && list.value) {
    e.preventDefault();
    choose(list);
  }
}, { capture: true });
document.addEventListener("pointerdown", () => { byKey = false; }, { capture: true });

document.addEventListener("submit", async (e) => {
  const form = e.target.closest("form.ask");
  if (!form) return;
  e.preventDefault();
  if (form.ariaBusy === "true") return;
  form.ariaBusy = "true";
  await ask(form.dataset.line, form, Object.fromEntries(new FormData(form)));
  form.ariaBusy = "false";
});

async function submit(text) {
  text = text.trim();
  const form = $("command");
  if (!text || form.ariaBusy === "true") return;
  past.push(text);
  close();
  form.ariaBusy = "true";
  line.value = "";
  await ask(text, null);
  form.ariaBusy = "false";
}

$("command").addEventListener("submit", (e) => {
  e.preventDefault();
  submit(line.value);
});

// History of lines, as in a shell

const past = {
  lines: JSON.parse(sessionStorage.getItem("lines") ?? "[]"),
  at: 0, // how far back the box shows one of them
  push(text) {
    this.lines = [...this.lines.filter((l) => l !== text), text].slice(-50);
    this.at = 0;
    sessionStorage.setItem("lines", JSON.stringify(this.lines));
  },
  move(by) {
    const at = this.at + by;
    if (at < 0 || at > this.lines.length) return;
    this.at = at;
    line.value = at === 0 ? "" : this.lines[this.lines.length - at];
    line.setSelectionRange(line.value.length, line.value.length);
  },
};

// Suggestions

const choices = $("choices");
let selected = -1;
let asking; // aborts the request in flight
let answer = Promise.resolve(); // settles with the newest request

function suggest() {
  answer = lookUp();
}

async function lookUp() {
  asking?.abort();
  asking = new AbortController();
  try {
    const query = new URLSearchParams({ channel, line: line.value });
    const response = await answered("/api/suggest?" + query, { signal: asking.signal });
    if (response.ok) open((await response.json()).choices);
  } catch {
    // A newer request has replaced it, or the page is offline and says so.
  }
}

function open(list) {
  if (document.activeElement !== line) return;
  const chosen = choices.children[selected]?.dataset.line;
  choices.replaceChildren(...list.map((c, i) => {
    const item = document.createElement("li");
    item.id = "choice" + i;
    item.role = "option";
    item.dir = "auto";
    item.dataset.line = c.line;
    item.dataset.open = c.open;
    item.append(c.label);
    if (c.summary) {
      const summary = document.createElement("span");
      summary.textContent = c.summary;
      item.append(summary);
    }
    return item;
  }));
  choices.hidden = list.length === 0;
  line.ariaExpanded = String(!choices.hidden);
  select(list.findIndex((c) => c.line === chosen));
}

function close() {
  asking?.abort();
  choices.hidden = true;
  line.ariaExpanded = "false";
  select(-1);
}

function select(i) {
  selected = i;
  [...choices.children].forEach((item, n) => { item.ariaSelected = String(n === i); });
  const item = choices.children[i];
  if (item) {
    line.setAttribute("aria-activedescendant", item.id);
    item.scrollIntoView({ block: "nearest" });
  } else {
    line.removeAttribute("aria-activedescendant");
  }
}

// accept puts a choice into the box; a complete line may run at once.
function accept(item, run) {
  if (run && item.dataset.open === "false") {
    submit(item.dataset.line);
    return;
  }
  line.value = item.dataset.line;
  line.focus();
  suggest();
}

line.addEventListener("input", () => {
  past.at = 0;
  suggest();
});
line.addEventListener("click", suggest);
line.addEventListener("blur", close);
choices.addEventListener("pointerdown", (e) => e.preventDefault()); // keeps the focus in the box
choices.addEventListener("click", (e) => {
  const item = e.target.closest("li");
  if (item) accept(item, true);
});

line.addEventListener("keydown", (e) => {
  if (e.isComposing) return; // the keys belong to the input method
  const shown = choices.hidden ? 0 : choices.children.length;
  const browsing = past.at > 0 || selected < 0 && line.value === "";
  switch (e.key) {
    case "ArrowDown":
      if (past.at > 0) past.move(-1);
      else if (shown) select((selected + 1) % shown);
      else suggest();
      break;
    case "ArrowUp":
      if (browsing) {
        close();
        past.move(1);
      } else if (shown) {
        select(selected < 0 ? shown - 1 : selected - 1);
      }
      break;
    case "Tab":
      if (!shown || e.shiftKey || line.value === "" && selected < 0) return;
      // Fast typists mean the suggestions for the whole line, not those for an earlier one.
      answer.then(() => {
        if (!choices.hidden) accept(choices.children[Math.max(selected, 0)], false);
      });
      break;
    case "Enter":
      if (selected < 0) return;
      accept(choices.children[selected], true);
      break;
    case "Escape":
      if (!shown) return;
      close();
      break;
    default:
      return;
  }
  e.preventDefault();
});

document.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
localTimes(document);
permalink();
follow();
