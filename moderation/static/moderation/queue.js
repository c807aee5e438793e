// The queue's comforts: keys, choosing many, what colleagues do meanwhile, claims, pauses.
// Without this, the same forms and links do the same things.

const bench = document.getElementById("workbench");
const live = document.getElementById("live-queue");
const item = () => document.getElementById("item");
const opened = () => item()?.dataset.item ?? "";
const rows = () => [...document.querySelectorAll("#rows .item-row")];
const rowOf = (pk) => (pk ? document.getElementById(`row-${pk}`) : null);
const keysOn = bench.dataset.keys === "on";
const narrow = matchMedia("(max-width: 860px)");
let busy = false; // another item, a decision or an undo is on its way
let usedAt = Date.now();
let listTop = 0; // where the list of a phone was before an item covered it
let searching = false; // the search of a phone was asked for, which an item covers

// --- What is open: its row is marked and in sight, its title has the focus ---
function mark() {
  const pk = opened();
  for (const row of rows()) {
    const link = row.querySelector(".item-link");
    if (row.dataset.item === pk) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  rowOf(pk)?.scrollIntoView({ block: "nearest" });
}

function shown() {
  busy = false; // also where the form that asked is gone, so that nobody hears of its end
  for (const pk of (item()?.dataset.gone ?? "").split(" ")) rowOf(pk)?.remove();
  mark();
  count();
  if (narrow.matches) scrollTo(0, opened() ? 0 : listTop);
  const active = document.activeElement;
  if (searching) {
    searching = false;
    document.getElementById("search").focus();
  } else if (!active || active === document.body || active.closest("#item, #rows, .toast")) focusTitle();
}

// The title of what is open, or of the list where that covers it: a start without the place.
function focusTitle() {
  const title = item()?.querySelector("h2");
  const seen = title?.offsetParent ? title : document.getElementById("queue-title");
  seen?.focus({ preventScroll: true });
}

// --- News: each part takes the place of the old one, where that is still there ---
const news = document.getElementById("news");

function spread() {
  for (const pk of (news.querySelector("[data-gone]")?.dataset.gone ?? "").split(" "))
    rowOf(pk)?.remove();
  for (const part of [...news.children].filter((child) => child.id)) {
    const fresh = news.removeChild(part);
    const old = document.getElementById(fresh.id);
    // what was just decided here is no news, and its form must stay until it is answered
    const stale = fresh.id === "deciding" && (busy || fresh.dataset.item !== opened());
    if (old && !stale) old.replaceWith(fresh);
  }
  news.replaceChildren();
  count();
}

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target === news) spread();
});

document.addEventListener("htmx:afterSettle", (event) => {
  const target = event.detail.target;
  if (target.id === "item" || event.detail.elt?.id === "item") shown();
  else if (target.id === "queue-list" || target.closest?.("#queue-list")) {
    mark();
    count();
    if (document.activeElement === document.body) focusTitle();
  } else if (target.id === "notes") {
    const wrong = document.querySelector("#note[aria-invalid]");
    (wrong ?? document.getElementById("notes-title")).focus({ preventScroll: !wrong });
  }
});

// --- Requests: who is left, what is on the screen, one decision at a time ---
document.addEventListener("htmx:configRequest", (event) => {
  const { elt, headers, parameters, verb, target } = event.detail;
  if (elt === live) {
    const state = (row) => row.querySelector(".item-meta").dataset.state;
    parameters.rows = rows().map((row) => `${row.dataset.item}:${state(row)}`).join(",");
    parameters.open = document.getElementById("decide") ? opened() : "";
    parameters.said = document.getElementById("queue-new")?.dataset.said ?? "0";
    parameters.used = Date.now() - usedAt < 60_000 ? "true" : "";
  } else if (verb === "post" && target?.id === "item") {
    headers["X-Open"] = opened();
    headers["X-Beside"] = rowOf(opened()) ? opened() : "";
  } else if (verb === "get" && target?.id === "item" && opened()) {
    headers["X-Left"] = opened();
  }
});

const changesItem = (detail) => detail.target?.id === "item" && detail.requestConfig.elt !== live;

document.addEventListener("htmx:beforeRequest", (event) => {
  const elt = event.detail.elt;
  if (elt === live && document.hidden) event.preventDefault();
  else if (changesItem(event.detail)) busy = true;
  if (narrow.matches && elt.matches(".item-link")) listTop = scrollY;
});

document.addEventListener("htmx:afterRequest", (event) => {
  // a moment later, when htmx knows the new forms
  if (changesItem(event.detail)) setTimeout(() => { busy = false; }, 50);
  if (event.detail.elt === live && event.detail.successful) live.classList.remove("is-stale");
});

// --- Leaving gives the item back; a reload has claimed it anew by then, with another time ---
addEventListener("pagehide", () => {
  const claim = document.getElementById("claim");
  if (!claim?.dataset.until) return;
  const form = new FormData();
  form.set("csrfmiddlewaretoken", live.elements.csrfmiddlewaretoken.value);
  form.set("until", claim.dataset.until);
  navigator.sendBeacon(claim.dataset.release, form);
});
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});

// --- Choosing many ---
let anchor = null; // the row that a range begins at

function count() {
  const output = document.querySelector("[data-batch-count]");
  if (output) output.textContent = String(document.querySelectorAll(".item-check:checked").length);
}

document.addEventListener("click", (event) => {
  const box = event.target.closest(".item-check");
  if (box) {
    const all = rows();
    const row = box.closest(".item-row");
    if (event.shiftKey && all.includes(anchor)) {
      const [from, to] = [all.indexOf(anchor), all.indexOf(row)].sort((a, b) => a - b);
      for (const between of all.slice(from, to + 1))
        between.querySelector(".item-check").checked = box.checked;
    }
    anchor = row;
    count();
  }
  if (event.target.closest("[data-show-keys]")) document.getElementById("keys").showModal();
  if (event.target.closest("[data-unveil]")) unveil();
});
document.addEventListener("reset", () => setTimeout(count));
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submit-on-change]")) event.target.form.requestSubmit();
});

// What leads back leads to the item that is open by now.
document.addEventListener("submit", (event) => {
  const next = event.target.elements.namedItem("next");
  if (next) next.value = location.pathname + location.search;
});

function unveil() {
  document.querySelector("#text.is-veiled")?.classList.remove("is-veiled");
  document.querySelector(".veil-help")?.remove();
}

// --- Rejecting: the category decides; where the policy asks for a reason, that comes first ---
const panel = () => document.querySelector("#item details.reject");

function choose(button) {
  const reason = document.getElementById("reason");
  if (button.dataset.reasonRequired !== undefined && reason && !reason.value.trim()) {
    panel().dataset.chosen = button.value;
    for (const other of panel().querySelectorAll(".reject-category"))
      other.classList.toggle("is-chosen", other === button);
    reason.focus();
    return false;
  }
  return true;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest(".reject-category");
  if (button && !choose(button)) event.preventDefault();
});

function openPanel() {
  const details = panel();
  if (!details) return;
  details.open = !details.open;
  if (details.open)
    (details.querySelector(".is-suggested") ?? details.querySelector(".reject-category")).focus();
  else details.querySelector("summary").focus();
}

document.addEventListener("keydown", (event) => {
  if (event.target.id !== "reason" || event.key !== "Enter" || event.shiftKey) return;
  event.preventDefault();
  const chosen = panel().dataset.chosen;
  if (chosen && event.target.value.trim())
    panel().querySelector(`.reject-category[value="${chosen}"]`).click();
});

// --- Keys: not in fields, not with modifiers, not while a dialog is open ---
function go(step) {
  const begin = document.querySelector("#item [data-begin]");
  if (begin) return begin.click();
  const all = rows();
  const at = all.findIndex((row) => row.dataset.item === opened());
  const next = at < 0 ? all[0] : all[at + step];
  if (next) return next.querySelector(".item-link").click();
  if (step > 0) document.querySelector("#item [data-next]")?.click();
}

function press(selector) {
  const button = document.querySelector(selector);
  if (button && !busy) button.click();
}

// With items chosen, approving and rejecting are about them.
function decide(action, alone) {
  if (document.querySelector(".item-check:checked")) press(`.batch-bar [value=${action}]`);
  else alone();
}

const DEEDS = {
  a: () => decide("approve", () => press("#decide [name=action][value=approve]")),
  e: () => press("#decide [name=action][value=escalate]"),
  s: () => press("#decide [name=action][value=skip]"),
  r: () => decide("reject", openPanel),
  z: () => press("[data-undo-last] button"),
  j: () => go(1),
  k: () => go(-1),
  x: () => (document.activeElement.closest(".item-row") ?? rowOf(opened()))?.querySelector(".item-check").click(),
  v: unveil,
  n: () => document.getElementById("note")?.focus(),
  "/": () => {
    const back = document.querySelector("#item .item-back a"); // (where it is in sight, the page did it)
    searching = Boolean(back?.offsetParent);
    if (searching) back.click();
  },
  "?": () => document.getElementById("keys").showModal(),
};

document.addEventListener("keydown", (event) => {
  usedAt = Date.now();
  if (!keysOn || event.defaultPrevented || event.repeat) return;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const field = event.target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");
  if (field || document.querySelector("dialog[open]")) return;
  if (document.body.dataset.going) return; // "g" was pressed: the next key says where to
  const number = /^[1-9]$/.test(event.key) ? Number(event.key) : 0;
  if (number && panel()?.open) {
    event.preventDefault();
    panel().querySelectorAll(".reject-category")[number - 1]?.click();
    return;
  }
  const deed = DEEDS[event.key];
  if (!deed) return;
  event.preventDefault();
  deed();
});

// --- A pause now and then: time at work without five minutes away from it ---
const PAUSE = Number(bench.dataset.pause) * 60_000;
const AWAY = 300_000;
const remembered = () => JSON.parse(localStorage.getItem("work") ?? "null");

function worked() {
  const now = Date.now();
  usedAt = now;
  let work = remembered();
  if (!work || now - work.last > AWAY) work = { since: now, last: now };
  if (now - work.last < 10_000 && work.since !== now) return;
  work.last = now;
  localStorage.setItem("work", JSON.stringify(work));
  if (PAUSE && now - work.since > PAUSE && !document.querySelector(".toast-pause"))
    document
      .getElementById("toasts")
      .append(document.getElementById("pause-template").content.cloneNode(true));
}

for (const name of ["keydown", "pointerdown", "pointermove", "wheel", "touchstart"])
  document.addEventListener(name, worked, { passive: true });
document.addEventListener("click", (event) => {
  const later = event.target.closest("[data-pause-later]");
  if (!later && !event.target.closest("[data-pause-taken]")) return;
  const since = Date.now() - (later ? PAUSE - 600_000 : 0);
  localStorage.setItem("work", JSON.stringify({ since, last: Date.now() }));
  event.target.closest(".toast").remove();
  focusTitle();
});

mark();
count();
