"use strict";
// Filters, sorts and tells; the page is whole without it. Text from outside reaches the page as text alone.
(() => {
  const byId = id => document.getElementById(id);
  const { requests, results, words } = JSON.parse(byId("data").textContent);
  const CHOICES = ["status", "need", "setting", "sector", "verdict"];
  const SORTED = { key: "received", up: false };
  const DEFAULTS = { q: "", sort: "", order: "effect", ...Object.fromEntries(CHOICES.map(name => [name, ""])) };
  const rows = requests.map((_, i) => byId(`r${i}`));
  const lines = results.map((_, j) => byId(`p${j}`));
  const links = lines.map(line => line.firstElementChild);
  const body = byId("table").tBodies[0];
  const list = byId("lines-of-results");
  const heads = [...document.querySelectorAll("th[data-key]")];
  const orders = [...document.querySelectorAll("input[name=order]")];
  const plain = text => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().replace(/ß/g, "ss").replace(/æ/g, "ae")
    .replace(/ø/g, "o").replace(/đ/g, "d").replace(/ł/g, "l");
  const texts = requests.map(request => plain(request.text));
  const collator = new Intl.Collator("en-GB", { numeric: true, sensitivity: "base" });
  let state = { ...DEFAULTS };
  let shownLines = [];

  // --- order and choice ---------------------------------------------------------------------------------------
  const compared = (a, b, up) => {  // what is missing comes last, either way
    if (a === b) return 0;
    if (a === null || b === null) return a === null ? 1 : -1;
    const sign = typeof a === "number" ? a - b : collator.compare(a, b);
    return up ? sign : -sign;
  };
  const sortOf = text => {
    const key = text.replace(/^-/, "");
    return heads.some(head => head.dataset.key === key) ? { key, up: !text.startsWith("-") } : SORTED;
  };
  const isChosen = i => {
    const asked = plain(state.q).split(/\s+/).filter(Boolean);
    return asked.every(word => texts[i].includes(word))
      && CHOICES.every(name => !state[name] || requests[i].is[name].includes(state[name]));
  };
  const orderOfRows = () => {
    const { key, up } = sortOf(state.sort);
    return rows.map((_, i) => i).sort((a, b) => compared(requests[a].keys[key], requests[b].keys[key], up) || a - b);
  };
  const ORDERS = {
    effect: (a, b) => compared(results[a].estimate, results[b].estimate, true),
    people: (a, b) => compared(results[a].people, results[b].people, false),
    need: (a, b) => compared(words[results[a].need] ?? null, words[results[b].need] ?? null, true) || ORDERS.effect(a, b),
  };

  // --- what is shown ------------------------------------------------------------------------------------------
  const show = () => {
    const order = orderOfRows(), chosen = new Set(order.filter(isChosen)), place = [];
    order.forEach((i, at) => { place[i] = at; rows[i].hidden = !chosen.has(i); });
    body.append(...order.map(i => rows[i]));
    const { key, up } = sortOf(state.sort);
    for (const head of heads) {
      if (head.dataset.key === key) head.setAttribute("aria-sort", up ? "ascending" : "descending");
      else head.removeAttribute("aria-sort");
    }
    const isShown = j => chosen.has(results[j].row) && (!state.verdict || results[j].verdict === state.verdict);
    const all = lines.map((_, j) => j);
    all.sort(state.order === "table" ? (a, b) => place[results[a].row] - place[results[b].row] || a - b
      : (a, b) => ORDERS[state.order](a, b) || a - b);
    shownLines = all.filter(isShown);
    lines.forEach((line, j) => { line.hidden = !isShown(j); });
    if (list) draw(all);
    tell(chosen.size);
  };
  const draw = all => {
    list.querySelectorAll(".group").forEach(group => group.remove());
    let before = null;
    const parts = [];
    for (const j of all) {
      const need = results[j].need;
      if (state.order === "need" && !lines[j].hidden && need !== before) {
        const group = document.createElement("li");
        const n = shownLines.filter(other => results[other].need === need).length;
        group.className = "group";
        group.textContent = `${words[need] ?? "Need not stated"}: ${n} ${n === 1 ? "result" : "results"}`;
        parts.push(group);
        before = need;
      }
      parts.push(lines[j]);
    }
    list.append(...parts);
    roam(shownLines.find(j => links[j].tabIndex === 0) ?? shownLines[0]);
  };
  const tell = n => {
    const of = rows.length === 1 ? "row" : "rows";
    const chosen = CHOICES.filter(name => state[name]).map(name => {
      const select = byId(`by-${name}`);
      return `${name} ${select.selectedOptions[0].textContent.toLowerCase()}`;
    });
    if (state.q.trim()) chosen.push(`search “${state.q.trim()}”`);
    const drawn = results.length ? ` ${shownLines.length} of ${results.length} ${results.length === 1 ? "result" : "results"} in the picture.` : "";
    const why = chosen.length ? ` Chosen by ${chosen.join(", ")}.` : "";
    byId("told").textContent = `${n} of ${rows.length} ${of} shown.${drawn}${why}`;
  };

  // --- the address keeps the view -----------------------------------------------------------------------------
  const read = () => {
    const text = location.hash.slice(1);
    if (text && !text.includes("=")) return;  // a place on the page, not a view
    const held = new URLSearchParams(text);
    state = { ...DEFAULTS };
    for (const name of Object.keys(DEFAULTS)) if (held.has(name)) state[name] = held.get(name);
    if (!orders.some(one => one.value === state.order)) state.order = DEFAULTS.order;
    for (const name of CHOICES) {
      const select = byId(`by-${name}`);
      select.value = state[name];
      if (select.selectedIndex < 0) select.value = state[name] = "";
    }
    byId("q").value = state.q;
    orders.forEach(one => { one.checked = one.value === state.order; });
    show();
  };
  const change = more => {
    state = { ...state, ...more };
    const held = new URLSearchParams(Object.entries(state).filter(([name, value]) => value !== DEFAULTS[name]));
    if (String(held) || location.hash) history.replaceState(null, "", `#${held}`);
    orders.forEach(one => { one.checked = one.value === state.order; });
    show();
  };

  // --- lines and rows -----------------------------------------------------------------------------------------
  const roam = j => links.forEach((link, k) => { link.tabIndex = k === j ? 0 : -1; });
  const paragraph = (texts, name) => {
    const made = document.createElement("p");
    if (name) made.className = name;
    texts.forEach((text, i) => {
      const span = document.createElement("span");
      span.textContent = text;
      made.append(i ? ", " : "", span);
    });
    return made;
  };
  const point = j => {
    document.querySelectorAll(".at").forEach(one => one.classList.remove("at"));
    if (j === null) return;
    const result = results[j];
    lines[j].classList.add("at");
    rows[result.row].classList.add("at");
    byId("panel-name").replaceChildren(...paragraph([result.name]).childNodes);
    const opens = result.opens ? "Enter opens its report." : "Enter goes to its row of the table.";
    byId("panel-says").replaceChildren(paragraph(result.about), ...result.says.map(text => paragraph([text])),
      paragraph([result.standing]), paragraph([opens], "note"));
  };
  const STEPS = { ArrowDown: at => at + 1, ArrowUp: at => at - 1, Home: () => 0, End: () => shownLines.length - 1 };

  const start = () => {
    for (const id of ["controls", "told", "orders", "panel"]) if (byId(id)) byId(id).hidden = false;
    for (const head of heads) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = head.textContent;
      head.replaceChildren(button);
      button.addEventListener("click", () => {
        const { key, up } = sortOf(state.sort);
        const isUp = head.dataset.key === key ? !up : true;
        const sort = `${isUp ? "" : "-"}${head.dataset.key}`;
        change({ sort: sort === "-received" ? "" : sort, order: "table" });
      });
    }
    byId("q").addEventListener("input", event => change({ q: event.target.value }));
    for (const name of CHOICES) byId(`by-${name}`).addEventListener("change", event => change({ [name]: event.target.value }));
    for (const one of orders) one.addEventListener("change", () => change({ order: one.value }));
    byId("clear-all").addEventListener("click", () => {
      for (const name of CHOICES) byId(`by-${name}`).value = "";
      byId("q").value = "";
      change(DEFAULTS);
      byId("q").focus();
    });
    lines.forEach((line, j) => {
      line.addEventListener("pointerenter", () => point(j));
      links[j].addEventListener("focus", () => { roam(j); point(j); });
      links[j].addEventListener("click", event => {
        if (results[j].opens) return;
        event.preventDefault();
        rows[results[j].row].focus();
      });
      links[j].addEventListener("keydown", event => {
        const step = STEPS[event.key];
        if (!step || event.ctrlKey || event.altKey || event.metaKey) return;
        event.preventDefault();
        const at = Math.min(Math.max(step(shownLines.indexOf(j)), 0), shownLines.length - 1);
        links[shownLines[at]].focus();
      });
    });
    addEventListener("hashchange", read);
    read();
    if (location.hash && !location.hash.includes("=")) show();
  };
  start();
})();
