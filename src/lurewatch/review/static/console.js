"use strict";
// Everything works without this file; it only lets keys press the page's own buttons. It is loaded
// before the page and looks things up when a key is pressed, so that no key comes too early.
const typing = (target) => target.matches("input:not([type=checkbox]), textarea, select");
const help = () => document.getElementById("help");
const openHelp = () => help() && !help().open && help().showModal();

const move = (by) => {
  const links = [...document.querySelectorAll("[data-list] a")];
  const at = links.indexOf(document.activeElement);
  links[Math.max(0, Math.min(links.length - 1, at + by))]?.focus();
};

const press = (key) => {
  const target = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (!target) return false;
  if (target.tagName === "FORM") target.requestSubmit();
  else target.click();
  return true;
};

document.addEventListener("click", (event) => {
  if (event.target instanceof Element && event.target.closest("[data-help]")) openHelp();
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || help()?.open) return;
  if (event.key === "?") openHelp();
  else if (event.key === "j") move(1);
  else if (event.key === "k") move(-1);
  else if (event.key === "q") location.assign("/");
  else if (!press(event.key)) return;
  event.preventDefault();
});
