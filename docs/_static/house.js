// What scrolls sideways can be scrolled by keyboard, and the two side bars have names.
const mayScroll = "pre, .formula, .table-wrapper, .cell_output, p:has(> img[src$='.svg'])";
function reach() {
  for (const part of document.querySelectorAll(mayScroll)) {
    if (part.scrollWidth > part.clientWidth) part.tabIndex = 0;
    else part.removeAttribute("tabindex");
  }
}
document.addEventListener("DOMContentLoaded", () => {
  document.querySelector(".sidebar-drawer")?.setAttribute("aria-label", "All pages");
  document.querySelector(".toc-drawer")?.setAttribute("aria-label", "On this page");
  reach();
});
window.addEventListener("resize", reach);
