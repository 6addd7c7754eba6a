"use strict";
(() => {
  const root = document.documentElement;
  const all = (selector, from = document) => Array.from(from.querySelectorAll(selector));

  // Language.
  const buttons = all("[data-set-language]");
  const speak = (language) => {
    root.lang = language;
    root.dataset.language = language;
    for (const button of buttons) {
      button.setAttribute("aria-pressed", String(button.dataset.setLanguage === language));
    }
  };
  for (const button of buttons) {
    button.addEventListener("click", () => speak(button.dataset.setLanguage));
  }
  speak(root.dataset.language);

  // Findings.
  const form = document.getElementById("filters");
  if (form) {
    form.hidden = false;
    const findings = all("#findings .finding");
    const groups = all("#findings .group");
    const shown = document.getElementById("shown");
    const nothing = document.getElementById("nothing-shown");
    const texts = new Map();
    const text = (finding) => {
      if (!texts.has(finding)) texts.set(finding, finding.textContent.toLowerCase());
      return texts.get(finding);
    };
    const filter = () => {
      const chosen = new FormData(form);
      const severities = chosen.getAll("severity");
      const [rule, about, path] = ["rule", "about", "path"].map((name) => chosen.get(name));
      const words = document.getElementById("search").value.toLowerCase().split(/\s+/).filter(Boolean);
      let count = 0;
      for (const finding of findings) {
        const data = finding.dataset;
        const fits = severities.includes(data.severity)
          && (!rule || data.rule === rule)
          && (!about || data.about === about)
          && (!path || data.paths.split(" ").includes(path))
          && words.every((word) => text(finding).includes(word));
        finding.hidden = !fits;
        if (fits) count += 1;
      }
      for (const group of groups) group.hidden = !group.querySelector(".finding:not([hidden])");
      shown.value = String(count);
      nothing.hidden = count > 0;
    };
    form.addEventListener("input", filter);
    form.addEventListener("reset", () => setTimeout(filter));
    form.addEventListener("submit", (event) => event.preventDefault());
    filter();
    // A link to a finding that a filter hides shows it.
    const reveal = () => {
      const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
      if (target && target.closest("[hidden]")) {
        form.reset();
        setTimeout(() => target.scrollIntoView());
      }
      if (target instanceof HTMLDetailsElement) target.open = true;
    };
    addEventListener("hashchange", reveal);
    reveal();
  }

  // Picture.
  const legend = document.getElementById("legend");
  if (legend) {
    const ways = all("#estate .way").map((way) => ({
      way,
      own: way.dataset.state,
      paths: new Map(way.dataset.paths.split(" ").map((pair) => pair.split("="))),
      marked: all(".arrow, .stop", way),
    }));
    const ends = all("#estate .end");
    const draw = () => {
      const chosen = new FormData(legend);
      const states = chosen.getAll("state");
      const path = chosen.get("path");
      const end = chosen.get("end");
      for (const { way, own, paths, marked } of ways) {
        const state = path ? paths.get(path) : own;
        way.classList.toggle("away", !state || !states.includes(state));
        way.classList.toggle("dim", Boolean(end) && way.dataset.from !== end && way.dataset.to !== end);
        for (const part of marked) {
          part.setAttribute("class", `${part.classList[0]} ${state || own}`);
          if (part.hasAttribute("marker-end")) part.setAttribute("marker-end", `url(#head-${state || own})`);
        }
      }
      for (const other of ends) other.classList.toggle("chosen", Boolean(end) && other.dataset.end === end);
    };
    legend.addEventListener("input", draw);
    for (const end of ends) {
      end.addEventListener("click", () => {
        const select = legend.elements.namedItem("end");
        const known = Array.from(select.options).some((option) => option.value === end.dataset.end);
        if (!known) return;
        select.value = select.value === end.dataset.end ? "" : end.dataset.end;
        draw();
      });
    }
    draw();
  }

  // Paper shows everything.
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = all("details:not([open])");
    for (const detail of closed) detail.open = true;
  });
  addEventListener("afterprint", () => {
    for (const detail of closed) detail.open = false;
    closed = [];
  });
})();
