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
  else if (target.tagName === "FIELDSET") target.querySelector("input")?.focus();
  else if (target.tagName === "SECTION") {
    target.querySelector("details")?.setAttribute("open", "");
    target.focus();
  } else if (target.matches("select, textarea")) target.focus();
  else target.click();
  return true;
};

// In a group of boxes a digit ticks the box of that number; 0 is the tenth.
const tick = (group, key) => {
  const box = group.querySelectorAll("input")[(Number(key) + 9) % 10];
  box?.focus();
  box?.click();
};

// Moments are written in China's time; a reader elsewhere has their own on hover.
document.addEventListener("DOMContentLoaded", () => {
  if (new Date().getTimezoneOffset() === -480) return;
  for (const one of document.querySelectorAll("time")) {
    one.title = new Date(one.dateTime).toLocaleString(document.documentElement.lang, { timeZoneName: "short" });
  }
});

// What takes a while is asked for once, however often its button is pressed.
document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-once]")) return;
  if (event.target.dataset.sent) event.preventDefault();
  event.target.dataset.sent = "1";
});

document.addEventListener("click", (event) => {
  if (event.target instanceof Element && event.target.closest("[data-help]")) openHelp();
});

document.addEventListener("keydown", (event) => {
  const { key, target } = event;
  if (event.ctrlKey || event.metaKey || event.altKey || help()?.open) return;
  const group = target.closest("[data-digits]");
  if (key === "Escape" && (group || typing(target))) target.blur();
  else if (typing(target)) return;
  else if (group && key === "Enter") group.querySelector(":focus")?.click(); // it decides nothing
  else if (group && /^[0-9]$/.test(key)) tick(group, key);
  else if (key === "?") openHelp();
  else if (key === "j") move(1);
  else if (key === "k") move(-1);
  else if (!press(key)) {
    if (key !== "q") return;
    location.assign("/");
  }
  event.preventDefault();
});
