"use strict";
(() => {
  const all = (selector, below = document) => [...below.querySelectorAll(selector)];
  const found = document.getElementById("search");
  const result = document.getElementById("search-result");
  const releases = new Map(all(".r-release").map((one) => [one.id, one]));
  const boxes = new Map();
  for (const title of all(".r-drawing svg g > title")) {
    const box = title.parentNode;
    if (box.querySelector(".box")) boxes.set(box, title.textContent.split(", layer ")[0].toLowerCase());
  }
  const lines = all(".r-drawing svg .line").filter((one) => !one.closest(".legend"));
  let opened = [];

  // What a search opens, the end of the search closes again.
  const reveal = (part) => {
    for (let place = part; place; place = place.parentElement.closest("details")) {
      if (!place.open) { place.open = true; opened.push(place); }
    }
  };

  const search = () => {
    const words = found.value.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = (text) => words.every((word) => text.includes(word));
    const shown = new Set();
    for (const [name, one] of releases) if (fits(one.dataset.find)) shown.add(name);
    for (const one of opened) one.open = false;
    opened = [];
    for (const one of all("[data-release]")) {
      one.hidden = words.length > 0 && !shown.has(one.dataset.release);
    }
    for (const one of all("[data-find]:not([data-release])")) one.hidden = words.length > 0 && !fits(one.dataset.find);
    for (const one of all(".r-group, tbody")) {
      const members = all("[data-release], [data-find]", one);
      const empty = members.length > 0 && members.every((member) => member.hidden);
      (one.matches("tbody") ? one.closest(".r-scroll") : one).hidden = empty;
    }
    const names = new Set([...shown].map((name) => releases.get(name).querySelector("summary").firstChild.data.trim().toLowerCase()));
    for (const [box, name] of boxes) box.classList.toggle("r-dim", words.length > 0 && !names.has(name));
    for (const line of lines) line.classList.toggle("r-dim", words.length > 0);
    if (words.length > 0 && shown.size <= 40) {
      for (const one of all(".r-node:not([hidden])")) reveal(one.parentElement.closest("details"));
    }
    result.textContent = words.length ? `${shown.size} of ${releases.size} releases fit.` : "";
  };

  const step = (event) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const here = event.target.closest(".r-releases a, .r-lanes a, .r-release > summary, .r-node > summary");
    if (!here) return;
    const kind = here.matches("summary") ? `.${here.parentElement.className} > summary` : here.closest(".r-lanes") ? ".r-lanes a" : ".r-releases a";
    const row = all(kind).filter((one) => one.checkVisibility());
    const next = row[row.indexOf(here) + (event.key === "ArrowDown" ? 1 : -1)];
    if (next) { event.preventDefault(); next.focus(); }
  };

  const follow = () => {
    const target = document.getElementById(location.hash.slice(1));
    if (!target || !target.closest("details")) return;
    for (let place = target.closest("details"); place; place = place.parentElement.closest("details")) place.open = true;
    target.scrollIntoView();
    target.querySelector("summary")?.focus();
  };

  let before = [];
  addEventListener("beforeprint", () => {
    before = all("details:not([open])");
    for (const one of before) one.open = true;
  });
  addEventListener("afterprint", () => { for (const one of before) one.open = false; });
  addEventListener("hashchange", follow);
  document.addEventListener("keydown", step);
  found.addEventListener("input", search);
  const fold = (open) => { for (const one of all("main details")) one.open = open; opened = []; };
  document.getElementById("open-all").addEventListener("click", () => fold(true));
  document.getElementById("close-all").addEventListener("click", () => fold(false));
  document.getElementById("tools").hidden = false;
  if (location.hash) follow();
})();
