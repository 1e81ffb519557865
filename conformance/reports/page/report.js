"use strict";
(() => {
  const text = document.getElementById("text");
  const count = document.getElementById("count");
  const nothing = document.getElementById("nothing");
  const chips = [...document.querySelectorAll(".chip")];
  const groups = [...document.querySelectorAll(".group")];
  const chapters = [...document.querySelectorAll("details.chapter")];
  const requirements = [...document.querySelectorAll("details.requirement")];
  const words = new Map(
    requirements.map((entry) => {
      const parts = entry.querySelectorAll(".level, .id, .statement, .source, .reason, .violation h3");
      const because = entry.closest(".because")?.querySelector(".reason");
      return [entry, [...parts, ...(because ? [because] : [])].map((part) => part.textContent).join(" ").toLowerCase()];
    }),
  );

  const isShown = (entry) => !entry.hidden;
  const pressed = (key) =>
    new Set(chips.filter((chip) => chip.dataset[key] && chip.getAttribute("aria-pressed") === "true")
      .map((chip) => chip.dataset[key]));

  // A filter opens the chapters in which it finds something; when it is cleared they are as they were.
  const openedByFilter = new Set();
  const filter = () => {
    const wanted = text.value.toLowerCase().split(/\s+/).filter(Boolean);
    const verdicts = pressed("verdict");
    const levels = pressed("level");
    for (const entry of requirements) {
      const isChosen = (verdicts.size === 0 || verdicts.has(entry.dataset.verdict))
        && (levels.size === 0 || levels.has(entry.dataset.level));
      entry.hidden = !(isChosen && wanted.every((word) => words.get(entry).includes(word)));
    }
    for (const group of groups) {
      group.hidden = ![...group.querySelectorAll("details.requirement")].some(isShown);
    }
    const shown = requirements.filter(isShown).length;
    const isFiltering = shown < requirements.length;
    for (const chapter of chapters) {
      if (isFiltering && !chapter.hidden && !chapter.open) {
        chapter.open = true;
        openedByFilter.add(chapter);
      } else if (!isFiltering && openedByFilter.delete(chapter)) {
        chapter.open = false;
      }
    }
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
  const toggle = (button) => {
    const isPressed = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(isPressed));
    return isPressed;
  };
  for (const chip of chips) {
    chip.addEventListener("click", () => {
      toggle(chip);
      filter();
    });
  }
  for (const [id, open] of [["expand", true], ["collapse", false]]) {
    document.getElementById(id).addEventListener("click", () => {
      chapters.filter(isShown).forEach((chapter) => { chapter.open = open; });
      openedByFilter.clear();
      requirements.filter(isShown).forEach((entry) => { entry.open = open; });
    });
  }

  // Letters stand for the long names of operations; the bytes as they were are one click away.
  const names = document.getElementById("names");
  const lettered = [...document.querySelectorAll("b.name")].map((name) => [name, name.textContent]);
  names.hidden = lettered.length === 0;
  names.addEventListener("click", () => {
    const isFull = toggle(names);
    for (const [name, letter] of lettered) name.textContent = isFull ? name.dataset.name : letter;
    document.body.classList.toggle("full-names", isFull);
  });

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

  const unfold = (entry) => {
    const chapter = entry.closest("details.chapter");
    if (chapter) {
      chapter.open = true;
      openedByFilter.delete(chapter);
    }
  };

  // A link to a requirement opens it, and shows it whatever the filter hides.
  const linked = (hash) => {
    const entry = document.getElementById(decodeURIComponent(hash.slice(1)));
    return entry && words.has(entry) ? entry : null;
  };
  const openLinked = () => {
    const entry = linked(location.hash);
    if (!entry) return;
    if (entry.hidden) clear();
    unfold(entry);
    entry.open = true;
    entry.scrollIntoView();
    entry.querySelector("summary").focus({ preventScroll: true });
  };
  window.addEventListener("hashchange", openLinked);
  openLinked();
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#']");
    if (link && linked(link.hash)) {
      // A second click changes no hash, and opens it all the same.
      event.preventDefault();
      history.pushState(null, "", link.hash);
      openLinked();
      return;
    }
    const entry = event.target.closest("details.requirement > summary")?.parentElement;
    if (entry && !entry.open) history.replaceState(null, "", `#${encodeURIComponent(entry.id)}`);
  });

  const step = (by) => {
    const shown = requirements.filter(isShown);
    const at = shown.indexOf(document.activeElement?.closest("details.requirement"));
    const next = at < 0 ? (by > 0 ? 0 : shown.length - 1) : Math.min(Math.max(at + by, 0), shown.length - 1);
    if (!shown[next]) return;
    unfold(shown[next]);
    shown[next].querySelector("summary").focus();
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
