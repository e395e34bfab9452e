// What pages do beyond plain HTML. Everything works without this file.
"use strict";

const language = document.documentElement.lang || "en";

// Times: "2 hours ago" grows old while a page stays open.
const UNITS = [["year", 31536000], ["month", 2592000], ["week", 604800], ["day", 86400], ["hour", 3600], ["minute", 60]];
function ago(from) {
  const seconds = Math.round((from - Date.now()) / 1000);
  if (Math.abs(seconds) < 60) return document.body.dataset.now;
  const [unit, length] = UNITS.find(([, span]) => Math.abs(seconds) >= span);
  return new Intl.RelativeTimeFormat(language, { numeric: "auto" }).format(Math.round(seconds / length), unit);
}
function refreshTimes() {
  for (const shown of document.querySelectorAll("[data-ago]")) {
    shown.textContent = ago(new Date(shown.parentElement.dateTime));
  }
}
setInterval(refreshTimes, 30000);

// A list of suggestions under a text input, as the combobox pattern has it.
function suggest(input, list, find, choose) {
  let options = [];
  let active = -1;
  Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id })
    .forEach(([name, value]) => input.setAttribute(name, value));
  const close = () => {
    list.hidden = true;
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const mark = (index) => {
    active = index;
    [...list.children].forEach((item, place) => item.setAttribute("aria-selected", String(place === index)));
    if (index < 0) return input.removeAttribute("aria-activedescendant");
    input.setAttribute("aria-activedescendant", list.children[index].id);
    list.children[index].scrollIntoView({ block: "nearest" });
  };
  const pick = (index) => {
    const option = options[index];
    close();
    choose(option);
  };
  const show = (found) => {
    options = found;
    list.replaceChildren(...found.map((option, index) => {
      const item = document.createElement("li");
      item.id = `${list.id}-${index}`;
      item.setAttribute("role", "option");
      item.setAttribute("aria-selected", "false");
      const label = document.createElement("strong");
      label.textContent = option.label;
      item.append(label);
      if (option.help) {
        const help = document.createElement("span");
        help.className = "summary";
        help.textContent = ` ${option.help}`;
        item.append(help);
      }
      item.addEventListener("mousedown", (event) => { event.preventDefault(); pick(index); });
      return item;
    }));
    if (!found.length) return close();
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    mark(-1);
  };
  input.addEventListener("input", async () => {
    const asked = input.value;
    const found = asked ? await find(asked) : [];
    if (asked === input.value) show(found);
  });
  input.addEventListener("keydown", (event) => {
    const last = options.length - 1;
    if (list.hidden) return;
    if (event.key === "ArrowDown") mark(active < last ? active + 1 : 0);
    else if (event.key === "ArrowUp") mark(active > 0 ? active - 1 : last);
    else if (event.key === "Escape") close();
    else if ((event.key === "Enter" || event.key === "Tab") && active >= 0) pick(active);
    else return;
    event.preventDefault();
  });
  input.addEventListener("blur", () => setTimeout(close, 100));
}

// The chat page.
const log = document.getElementById("log");
if (log && "live" in log.dataset) {
  const say = document.getElementById("say");
  const composer = document.getElementById("say-form");
  let revision = Number(log.dataset.revision);
  let stream = null;

  const put = (entry) => {
    revision = Math.max(revision, entry.revision);
    const holder = document.createElement("template");
    holder.innerHTML = entry.html;
    const fresh = holder.content.querySelector("[data-entry]");
    const held = document.getElementById(fresh.id);
    document.getElementById("welcome")?.remove();
    if (held) {
      const focused = held.contains(document.activeElement);
      held.replaceWith(fresh);
      if (focused) { fresh.tabIndex = -1; fresh.focus(); }
      return;
    }
    const next = [...log.querySelectorAll("[data-entry]")].find((one) => Number(one.dataset.entry) > entry.id);
    log.insertBefore(fresh, next || null);
    if (!next) fresh.scrollIntoView();
  };
  const listen = () => {
    if (stream) return;
    stream = new EventSource(`/chat/stream?after=${revision}`);
    stream.addEventListener("entry", (event) => put(JSON.parse(event.data)));
  };
  if ("stream" in log.dataset) listen();

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.matches("[data-say], [data-press]") || form.dataset.busy) return event.dataset?.busy && event.preventDefault();
    event.preventDefault();
    if (form === composer && !say.value.trim()) return say.focus();
    form.dataset.busy = "yes";
    const body = new URLSearchParams(new FormData(form, event.submitter));
    body.set("after", revision);
    const typed = say.value;
    if (form === composer) {
      say.value = "";
      say.dispatchEvent(new Event("input"));
    }
    try {
      const response = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } });
      if (!response.ok) throw new Error(String(response.status));
      const told = await response.json();
      if (told.location) {
        if (told.location.startsWith("/#")) location.reload();
        else location.assign(told.location);
        return;
      }
      told.entries.forEach(put);
      document.querySelectorAll("input[name=csrf]").forEach((input) => { input.value = told.csrf; });
      const id = form.querySelector("input[name=id]");
      if (id) id.value = told.id;
      listen();
      delete form.dataset.busy;
    } catch {
      // Send it the plain way: the page that comes says what is wrong and keeps what was typed.
      if (form === composer) say.value = typed;
      if (event.submitter?.name) {
        const pressed = Object.assign(document.createElement("input"), { type: "hidden", name: event.submitter.name, value: event.submitter.value });
        form.append(pressed);
      }
      HTMLFormElement.prototype.submit.call(form);
    }
  });

  const commands = [...document.querySelectorAll("[data-command]")].map((item) => ({
    label: item.dataset.command,
    fill: item.dataset.command + (item.querySelector(".usage") ? " " : ""),
    help: [item.querySelector(".usage")?.textContent, item.querySelector(".summary").textContent].filter(Boolean).join(" · "),
  }));
  suggest(say, document.getElementById("say-list"),
    async (typed) => typed.startsWith("/") ? commands.filter((command) => command.label.startsWith(typed.toLowerCase().trimEnd())) : [],
    (command) => { say.value = command.fill; say.focus(); });
  for (const link of document.querySelectorAll("[data-command] a")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      document.getElementById("commands").open = false;
      say.value = new URL(link.href).searchParams.get("say");
      say.focus();
    });
  }
  // A long answer is read from its beginning. What a page has to say of itself stands at its top.
  if (!location.hash && !document.querySelector(".notice[role=status]")) [...log.querySelectorAll("[data-entry]")].at(-1)?.scrollIntoView();
}

// Fields that are searched: suggestions while typing, in place of the Find button.
for (const field of document.querySelectorAll("[data-search]")) {
  const { name, none, many } = field.dataset;
  const multiple = "multiple" in field.dataset;
  const input = document.getElementById(`${name}-query`);
  const status = field.querySelector("[data-status]");
  const found = field.querySelector("[data-found]");
  field.querySelector("button[name=go]").hidden = true;
  const list = Object.assign(document.createElement("ul"), { id: `${name}-list`, hidden: true });
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", field.querySelector("legend").textContent);
  input.after(list);
  suggest(input, list, async (typed) => {
    if (!typed.trim()) { status.textContent = ""; return []; }
    const response = await fetch(`${field.dataset.search}&q=${encodeURIComponent(typed)}`, { headers: { Accept: "application/json" } });
    const options = response.ok ? await response.json() : [];
    status.textContent = options.length ? many : none;
    return options;
  }, (option) => {
    input.value = "";
    status.textContent = option.label;
    const kept = [...found.querySelectorAll("input")].find((one) => one.value === option.value);
    if (kept) { kept.checked = true; return; }
    const choice = Object.assign(document.createElement("div"), { className: "choice" });
    const id = `${name}-new-${found.children.length}`;
    const box = Object.assign(document.createElement("input"), { type: multiple ? "checkbox" : "radio", id, name, value: option.value, checked: true });
    const label = Object.assign(document.createElement("label"), { htmlFor: id, textContent: option.label });
    choice.append(box, label);
    found.prepend(choice);
  });
  input.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
}

// How many characters are left, said when typing pauses.
for (const area of document.querySelectorAll("textarea[data-most]")) {
  const shown = Object.assign(document.createElement("p"), { className: "hint" });
  shown.setAttribute("aria-live", "polite");
  area.after(shown);
  let timer;
  const count = () => {
    const left = Number(area.dataset.most) - area.value.length;
    const number = new Intl.NumberFormat(language).format(Math.abs(left));
    shown.textContent = left < 0 ? area.dataset.over.replace("{over}", number) : area.dataset.left.replace("{left}", number);
    shown.classList.toggle("error", left < 0);
  };
  area.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(count, 400); });
  count();
}

// A page that comes back with errors begins at their summary.
document.querySelector("[data-focus]")?.focus();
