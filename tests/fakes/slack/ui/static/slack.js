// Sends what a person does to the fake, and draws the page's parts anew when something happened.
"use strict";

const body = document.body;
const modal = document.getElementById("modal");
let modalKey = body.dataset.modalKey;

async function act(name, details) {
  const answer = await fetch(`/control/${name}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ as: body.dataset.as, ...details }),
  });
  const told = await answer.json();
  toast(told.error || told.problem || (told.reason ? `The app did not answer: ${told.reason}` : ""));
  return told;
}

function toast(words) {
  const place = document.getElementById("toast");
  place.textContent = words;
  place.hidden = !words;
}

// Where an element stands: in a view or in a message.
function where(element) {
  const view = element.closest("[data-view]");
  if (view) return { view: view.dataset.view };
  const message = element.closest("[data-ts]");
  return { channel: message.dataset.channel, ts: message.dataset.ts };
}

function valueOf(element) {
  const kind = element.dataset.type;
  if (kind === "checkboxes") return [...element.querySelectorAll(":checked")].map((each) => each.value);
  if (kind === "radio_buttons") return element.querySelector(":checked")?.value ?? null;
  if (element.classList.contains("searched")) {
    const chips = [...element.querySelectorAll(".chip")].map((chip) => JSON.parse(chip.dataset.option));
    return element.dataset.several === "1" ? chips : chips[0] ?? null;
  }
  if (element.multiple) return [...element.selectedOptions].map((option) => option.value);
  return element.value || null;
}

async function use(element, value) {
  const { block, action, confirm } = element.dataset;
  if (confirm && !(await confirmed(JSON.parse(confirm)))) return;
  await act(element.dataset.use, { ...where(element), block_id: block, action_id: action, value });
}

function confirmed(words) {
  const dialog = document.getElementById("confirm");
  const [no, yes] = dialog.querySelectorAll("button");
  dialog.querySelector("h1").textContent = words.title.text;
  dialog.querySelector("p").textContent = words.text.text;
  no.textContent = words.deny.text;
  yes.textContent = words.confirm.text;
  yes.className = `button ${words.style === "danger" ? "danger" : "primary"}`;
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((settle) => {
    dialog.addEventListener("close", () => settle(dialog.returnValue === "yes"), { once: true });
  });
}

document.addEventListener("click", async (event) => {
  const target = event.target.closest("button, a, summary");
  if (!event.target.closest("details.overflow")) closeMenus();
  if (!target) return;
  if (target.dataset.action) {
    const overflow = target.dataset.type === "overflow";
    closeMenus();
    await use(target, overflow ? target.value : undefined);
  } else if (target.dataset.shortcut) {
    closeMenus();
    await act("shortcut", { ...where(target), callback_id: target.dataset.shortcut });
  } else if (target.dataset.close) {
    const everything = target.dataset.close === "everything";
    await act("close", { view: target.closest("[data-view]").dataset.view, everything });
  } else if (target.dataset.membership) {
    await act(target.dataset.membership, { channel: body.dataset.in });
  } else if ("toggleMenu" in target.dataset) {
    body.classList.toggle("menu-open");
  } else if ("unchoose" in target.dataset) {
    const searched = target.closest(".searched");
    target.closest(".chip").remove();
    await use(searched, valueOf(searched));
  }
});

function closeMenus() {
  document.querySelectorAll("details.overflow[open]").forEach((menu) => menu.removeAttribute("open"));
}

document.addEventListener("change", async (event) => {
  if (event.target.id === "who") {
    location.href = `/?${new URLSearchParams({ as: event.target.value })}`;
    return;
  }
  const element = event.target.closest("[data-action]");
  if (element && !("query" in event.target.dataset)) await use(element, valueOf(element));
});

let typing;
document.addEventListener("input", (event) => {
  const element = event.target.closest("[data-action]");
  clearTimeout(typing);
  if ("query" in event.target.dataset) {
    typing = setTimeout(() => search(element, event.target.value), 200);
  } else if (element?.dataset.live) {
    typing = setTimeout(() => use(element, valueOf(element)), 400);
  }
});

async function search(element, query) {
  const found = element.querySelector(".found");
  if (query.length < Number(element.dataset.least)) {
    found.hidden = true;
    return;
  }
  const options = element.dataset.offered ? offered(element, query) : await loaded(element, query);
  found.replaceChildren(
    ...options.map((option) => {
      const item = document.createElement("li");
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = option.text.text;
      button.addEventListener("click", () => choose(element, option));
      item.append(button);
      return item;
    }),
  );
  if (!options.length) found.textContent = "No results";
  found.hidden = false;
}

async function loaded(element, query) {
  const { block, action } = element.dataset;
  const { options = [] } = await act("options", { ...where(element), block_id: block, action_id: action, query });
  return options;
}

// A menu whose options are all here shows those not chosen yet.
function offered(element, query) {
  const chosen = new Set(valueOf(element).map((option) => option.value));
  return JSON.parse(element.dataset.offered).filter(
    (option) => !chosen.has(option.value) && option.text.text.toLowerCase().includes(query.toLowerCase()),
  );
}

document.addEventListener("focusin", (event) => {
  const element = event.target.closest(".searched");
  document.querySelectorAll(".found").forEach((found) => {
    if (!element?.contains(found)) found.hidden = true;
  });
  if (element?.dataset.offered && "query" in event.target.dataset) search(element, event.target.value);
});

async function choose(element, option) {
  const chip = document.createElement("span");
  chip.className = "chip";
  chip.dataset.option = JSON.stringify(option);
  chip.textContent = option.text.text;
  const remove = document.createElement("button");
  remove.type = "button";
  remove.dataset.unchoose = "";
  remove.textContent = "×";
  remove.setAttribute("aria-label", `Remove ${option.text.text}`);
  chip.append(remove);
  const chosen = element.querySelector(".chosen");
  if (element.dataset.several === "1") chosen.append(chip);
  else chosen.replaceChildren(chip);
  element.querySelector("[data-query]").value = "";
  element.querySelector(".found").hidden = true;
  await use(element, valueOf(element));
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.method === "dialog") return;
  event.preventDefault();
  if (form.classList.contains("composer")) {
    const text = form.elements.text.value.trim();
    form.elements.text.value = "";
    const thread = form.dataset.threadTs || undefined;
    if (text) await act("say", { channel: body.dataset.in, text, thread_ts: thread, typed: true });
  } else if (form.id === "newcomer") {
    const { id } = await act("join_team", { name: form.elements.name.value });
    if (id) location.href = `/?${new URLSearchParams({ as: id })}`;
  } else if (form.classList.contains("modal")) {
    // What was typed last may not have been sent yet.
    const elements = form.querySelectorAll("[data-use=fill]:not([data-live])");
    for (const element of elements) if (!element.closest(".searched")) await fillQuietly(element);
    await act("submit", { view: form.dataset.view });
  }
});

async function fillQuietly(element) {
  const { block, action } = element.dataset;
  const details = { ...where(element), block_id: block, action_id: action, value: valueOf(element), quiet: true };
  await act("fill", details);
}

function draw(id, html) {
  const place = document.getElementById(id);
  if (!place || place.dataset.drawn === html) return;
  const messages = place.querySelector(".messages");
  const atEnd = !messages || messages.scrollTop + messages.clientHeight > messages.scrollHeight - 40;
  const active = place.contains(document.activeElement) ? document.activeElement : null;
  place.dataset.drawn = html;
  place.innerHTML = html;
  if (atEnd) toEnd(place);
  if (active?.dataset.action) refocus(place, active);
}

// A form that the app changed while someone types in it keeps the cursor and what was typed.
function refocus(place, active) {
  const { block, action } = active.dataset;
  const same = place.querySelector(`[data-block="${CSS.escape(block)}"][data-action="${CSS.escape(action)}"]`);
  if (!same) return;
  if (typeof active.value === "string") same.value = active.value;
  same.focus();
}

function toEnd(place) {
  const messages = place.querySelector(".messages");
  if (messages) messages.scrollTop = messages.scrollHeight;
}

async function follow() {
  for (;;) {
    try {
      const query = { as: body.dataset.as, in: body.dataset.in, thread: body.dataset.thread, version: body.dataset.version };
      const answer = await fetch(`/state?${new URLSearchParams(query)}`);
      const state = await answer.json();
      body.dataset.version = state.version;
      if (!("main" in state)) continue;
      draw("main", state.main);
      draw("thread", state.thread);
      if (!document.getElementById("sidebar").contains(document.activeElement)) draw("sidebar", state.sidebar);
      if (state.modal_key !== modalKey) {
        modalKey = state.modal_key;
        draw("modal", state.modal);
        if (!modal.contains(document.activeElement)) modal.querySelector(".content [data-action], footer .button")?.focus();
      }
    } catch {
      await new Promise((settle) => setTimeout(settle, 2000));
    }
  }
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && modal.querySelector("[data-close=one]")) modal.querySelector("[data-close=one]").click();
});

toast("");
document.querySelectorAll("#main, #thread").forEach(toEnd);
if (body.dataset.tab) act("home", { tab: body.dataset.tab });
follow();
