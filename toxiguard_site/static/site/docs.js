// What Swagger's page leaves out for screen readers: names of its fields, the levels of its headings.
const page = document.getElementById("swagger-ui");

function mend() {
  page.querySelector(".information-container:not([role])")?.setAttribute("role", "banner");
  for (const dialog of page.querySelectorAll(".modal-ux:not([role])")) {
    dialog.setAttribute("role", "dialog");
    dialog.setAttribute("aria-label", dialog.querySelector("h3")?.textContent ?? "Authorize");
  }
  page.querySelector(".close-modal:not([aria-label])")?.setAttribute("aria-label", "Close");
  for (const heading of page.querySelectorAll(":is(h3, h4, h5, h6):not([aria-level])"))
    heading.setAttribute("aria-level", String(Number(heading.tagName[1]) - 1)); // none is an h2
  for (const list of page.querySelectorAll("select:not([aria-label])")) {
    const around = list.closest(".examples-select, .content-type-wrapper, td, label");
    const words = around?.querySelector("label, .examples-select__section-label, small, p")?.textContent;
    list.setAttribute("aria-label", words || list.name || "Media type");
  }
  for (const body of page.querySelectorAll("textarea:not([aria-label])"))
    body.setAttribute("aria-label", "Request body");
}

new MutationObserver(mend).observe(page, { childList: true, subtree: true });
