// Everything here is a comfort: without it the same forms and links do the same things.

const texts = document.getElementById("texts")?.dataset ?? {};
const field = () => document.getElementById("text");
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

// --- Toasts: polite, they wait while the pointer or the focus is on them ---
function armToast(toast) {
  let timer;
  const leave = () => toast.remove();
  const start = () => { timer = setTimeout(leave, toast.querySelector("form") ? 20000 : 9000); };
  const stop = () => clearTimeout(timer);
  for (const name of ["mouseenter", "focusin"]) toast.addEventListener(name, stop);
  for (const name of ["mouseleave", "focusout"]) toast.addEventListener(name, start);
  start();
}

function showToast(text) {
  const template = document.getElementById("toast-template");
  if (!template || !text) return;
  const toast = template.content.firstElementChild.cloneNode(true);
  toast.querySelector("p").textContent = text;
  document.getElementById("toasts").append(toast);
}

const toasts = document.getElementById("toasts");
if (toasts) {
  $$("[data-toast]", toasts).forEach(armToast);
  new MutationObserver((changes) => {
    for (const change of changes)
      for (const node of change.addedNodes) if (node.matches?.("[data-toast]")) armToast(node);
  }).observe(toasts, { childList: true });
}

// --- Menus close on Escape, on a click elsewhere and when another one opens ---
function closeMenus(except) {
  for (const menu of $$("details[data-menu][open]")) if (menu !== except) menu.open = false;
}

document.addEventListener("click", (event) => {
  const target = event.target;
  closeMenus(target.closest("details[data-menu]"));
  if (target.closest("[data-close-toast]")) target.closest("[data-toast]").remove();
  if (target.closest("[data-close-dialog]")) {
    const dialog = target.closest("dialog");
    if (dialog) {
      event.preventDefault();
      dialog.close();
    }
  }
  const example = target.closest("[data-example]");
  if (example && field()) {
    event.preventDefault();
    fill(example.dataset.example);
  }
  if (target.closest("[data-clear]") && field()) {
    event.preventDefault();
    fill("");
    const blank = document.getElementById("blank-answer");
    if (blank) document.getElementById("answer").replaceChildren(blank.content.cloneNode(true));
  }
});

// --- Keys: "/" searches, "g" and a letter goes to a section, Ctrl+Enter sends, Escape closes ---
const keysOn = document.querySelector(".frame")?.dataset.keys !== "off";

function goTo(event) {
  const going = document.body.dataset.going;
  delete document.body.dataset.going;
  if (going && Date.now() - Number(going) < 2000) {
    event.preventDefault(); // the letter is no command of the page
    document.querySelector(`[data-go="${CSS.escape(event.key)}"]`)?.click();
  } else if (event.key === "g") document.body.dataset.going = String(Date.now());
}

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input:not([type=checkbox]), textarea, select, [contenteditable]");
  if (event.key === "Escape") {
    const menu = document.querySelector("details[data-menu][open]");
    if (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    } else if (typing && !event.target.closest("dialog")) event.target.blur(); // for the keys
  }
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target === field()) {
    event.preventDefault();
    field().form.requestSubmit();
  }
  if (!keysOn || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (!document.querySelector("dialog[open]")) goTo(event);
  if (event.key === "/") {
    const search = document.getElementById("search");
    if (search && search.offsetParent !== null && !document.querySelector("dialog[open]")) {
      event.preventDefault();
      search.focus();
      search.select();
    }
  }
});

// --- The field: live count in code points, as the server counts ---
function count() {
  const output = document.getElementById("count");
  if (!output || !field()) return;
  const length = [...field().value].length;
  const limit = Number(output.dataset.limit);
  const number = new Intl.NumberFormat(document.documentElement.lang, { useGrouping: "always" });
  output.firstElementChild.textContent = number.format(length);
  output.classList.toggle("count-over", length > limit);
}

function fill(text) {
  field().value = text;
  setError("");
  count();
  field().focus();
}

function setError(text) {
  const error = document.getElementById("text-error");
  if (error && !text) error.replaceChildren();
  field()?.removeAttribute("aria-invalid");
}

document.addEventListener("input", (event) => {
  if (event.target === field()) {
    count();
    setError("");
  }
});
count();

// --- A draft survives the change of language, and nothing else ---
document.querySelector("[data-language-form]")?.addEventListener("submit", () => {
  if (field()?.value) sessionStorage.setItem("draft", field().value);
});
const draft = sessionStorage.getItem("draft");
if (draft !== null) {
  sessionStorage.removeItem("draft");
  if (field() && !field().value) {
    field().value = draft;
    count();
  }
}

// --- Theme: at once and without leaving the page; the cookie is set by the server ---
document.querySelector("[data-theme-form]")?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.currentTarget;
  const theme = event.submitter.value;
  document.documentElement.dataset.theme = theme;
  const scheme = document.querySelector("meta[name='color-scheme']");
  scheme.content = theme === "auto" ? "light dark" : theme;
  for (const button of $$("button", form)) button.setAttribute("aria-pressed", String(button === event.submitter));
  form.closest("details").open = false;
  form.closest("details").querySelector("summary").focus();
  const body = new FormData(form);
  body.set("theme", theme);
  try {
    await fetch(form.action, { method: "POST", body, redirect: "manual" });
  } catch {
    showToast(texts.offline);
  }
});

// --- Answers of the server ---
document.addEventListener("htmx:afterSwap", (event) => {
  const target = event.detail.target;
  const dialog = document.getElementById("dialog");
  if (target.id === "dialog-body" && !dialog.open) dialog.showModal();
  if (target.id === "answer" && matchMedia("(max-width: 860px)").matches)
    document.getElementById("answer-card").scrollIntoView({ block: "start" });
});

// A part that comes anew by itself leaves open what somebody opened, and the focus where it was.
const identity = (element) => [
  element.getAttribute("href"),
  element.closest("details")?.querySelector("summary")?.outerHTML,
  element.matches("details") ? "" : element.textContent,
].join("\n");
let refocus = null;
document.addEventListener("htmx:oobBeforeSwap", (event) => {
  const { target, fragment } = event.detail;
  const again = (old) => $$(old.localName, fragment).find((part) => identity(part) === identity(old));
  for (const opened of $$("details[open]", target)) again(opened)?.setAttribute("open", "");
  if (target.contains(document.activeElement)) refocus = again(document.activeElement);
});
document.addEventListener("htmx:oobAfterSwap", () => {
  refocus?.focus({ preventScroll: true });
  refocus = null;
});

document.addEventListener("htmx:afterRequest", (event) => {
  // what was undone can't be undone again
  if (event.detail.successful) event.detail.elt.closest?.("[data-toast]")?.remove();
  // what a menu was opened for is done
  const menu = event.detail.elt.closest?.("details[data-menu]");
  if (menu?.open && event.detail.requestConfig.verb === "post") {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
  if (document.getElementById("text-error")?.childElementCount) {
    field()?.setAttribute("aria-invalid", "true");
    field()?.focus();
  }
});

document.addEventListener("htmx:beforeSwap", (event) => {
  const dialog = document.getElementById("dialog");
  const asker = event.detail.requestConfig?.elt;
  // the question comes anew, or a part of it
  const stays = event.detail.target.id === "dialog-body" || asker?.matches("[data-stays]");
  if (dialog?.open && !stays && dialog.contains(asker)) dialog.close();
});

// The address of a filtered list names only the conditions that there are.
document.addEventListener("htmx:configRequest", (event) => {
  if (!event.detail.elt.matches("[data-filters]")) return;
  for (const [name, value] of Object.entries(event.detail.parameters))
    if (value === "") delete event.detail.parameters[name];
});

// What asks by itself says in its place that it got no answer, instead of a toast every time.
function unanswered(event, text) {
  const asker = event.detail.elt;
  if (asker.matches("[data-quiet]")) asker.classList.add("is-stale");
  else showToast(text);
}
document.addEventListener("htmx:sendError", (event) => unanswered(event, texts.offline));
document.addEventListener("htmx:responseError", (event) => unanswered(event, texts.refused));

document.getElementById("dialog")?.addEventListener("close", () => {
  document.getElementById("dialog-body").replaceChildren();
});
