"use strict";
(() => {
  const text = document.getElementById("text");
  const count = document.getElementById("count");
  const nothing = document.getElementById("nothing");
  const chips = [...document.querySelectorAll(".chip")];
  const chapters = [...document.querySelectorAll(".chapter")];
  const requirements = [...document.querySelectorAll("details.requirement")];
  const words = new Map(
    requirements.map((entry) => {
      const parts = entry.querySelectorAll(".level, .id, .statement, .source, .reason, .known, .violation h3");
      return [entry, [...parts].map((part) => part.textContent).join(" ").toLowerCase()];
    }),
  );

  const isShown = (entry) => !entry.hidden;

  const filter = () => {
    const wanted = text.value.toLowerCase().split(/\s+/).filter(Boolean);
    const pressed = chips.filter((chip) => chip.getAttribute("aria-pressed") === "true");
    const verdicts = new Set(pressed.map((chip) => chip.dataset.verdict));
    for (const entry of requirements) {
      const hasVerdict = verdicts.size === 0 || verdicts.has(entry.dataset.verdict);
      entry.hidden = !(hasVerdict && wanted.every((word) => words.get(entry).includes(word)));
    }
    for (const chapter of chapters) {
      chapter.hidden = ![...chapter.querySelectorAll("details.requirement")].some(isShown);
    }
    const shown = requirements.filter(isShown).length;
    count.textContent =
      shown === requirements.length ? `${shown} requirements` : `${shown} of ${requirements.length} requirements`;
    nothing.hidden = shown > 0;
  };

  const clear = () => {
    text.value = "";
    chips.forEach((chip) => chip.setAttribute("aria-pressed", "false"));
    filter();
  };

  text.addEventListener("input", filter);
  text.form.addEventListener("submit", (event) => event.preventDefault());
  for (const chip of chips) {
    chip.addEventListener("click", () => {
      chip.setAttribute("aria-pressed", String(chip.getAttribute("aria-pressed") !== "true"));
      filter();
    });
  }
  for (const [id, open] of [["expand", true], ["collapse", false]]) {
    document.getElementById(id).addEventListener("click", () => {
      requirements.filter(isShown).forEach((entry) => { entry.open = open; });
    });
  }

  // The clipboard is not to be had on every page that was opened from a file; a selection always is.
  const copySelected = (source) => {
    const range = document.createRange();
    range.selectNodeContents(source);
    const selection = window.getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
    return document.execCommand("copy");
  };
  const copy = async (source) => {
    try {
      await navigator.clipboard.writeText(source.textContent);
      return true;
    } catch {
      return copySelected(source);
    }
  };
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.addEventListener("click", async () => {
      const done = await copy(button.parentElement.querySelector("code"));
      button.textContent = done ? "Copied" : "Press Ctrl+C";
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    });
  }

  // A link to a requirement opens it, and shows it whatever the filter hides.
  const openLinked = () => {
    const entry = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!entry || !words.has(entry)) return;
    if (entry.hidden) clear();
    entry.open = true;
    entry.scrollIntoView();
    entry.querySelector("summary").focus();
  };
  window.addEventListener("hashchange", openLinked);
  openLinked();

  const step = (by) => {
    const shown = requirements.filter(isShown).map((entry) => entry.querySelector("summary"));
    const at = shown.indexOf(document.activeElement?.closest("details.requirement")?.querySelector("summary"));
    const next = at < 0 ? (by > 0 ? 0 : shown.length - 1) : Math.min(Math.max(at + by, 0), shown.length - 1);
    shown[next]?.focus();
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") {
      clear();
    } else if (document.activeElement !== text) {
      if (event.key === "/") {
        event.preventDefault();
        text.focus();
      } else if (event.key === "n" || event.key === "p") {
        step(event.key === "n" ? 1 : -1);
      }
    }
  });
})();
