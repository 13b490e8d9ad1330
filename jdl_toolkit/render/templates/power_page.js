(() => {
  const byId = id => document.getElementById(id);
  const form = byId("asked"), { alpha, median_share, inputs, measures } = JSON.parse(byId("settings").textContent);
  const names = Object.keys(inputs), all = selector => [...document.querySelectorAll(selector)];
  const grouped = (x, decimals) => x.toLocaleString("en-GB", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
  const fixed = (x, decimals) => grouped(Number(x.toFixed(decimals)) || 0, decimals).replace("-", "\u2212");
  const short = x => x.toLocaleString("en-GB", { maximumFractionDigits: 2 });
  const nearest = x => Math.floor(x + 0.5);
  const twoDigits = n => {
    const unit = 10 ** Math.max(0, String(n).length - 2);
    return unit * nearest(n / unit);
  };

  // --- answers, as `answer` in render/power.py gives them -------------------------------------------------------
  const sdOf = asked => ({
    rate: () => 100 * power.sdOfRate(asked.rate / 100, asked.n, asked.control),
    frequency: () => power.sdOfCount(asked.mean, asked.uneven),
    days: () => asked.days_sd,
  })[asked.measure]();
  const chance = (asked, sd, size) => {
    const found = 100 * power.powerOf(asked.n, asked.control, size / sd, alpha);
    return found > 99.5 ? "over 99" : fixed(found, 0);
  };
  const answer = asked => {
    const { unit, decimals, rows } = measures[asked.measure], wanted = asked.power / 100, sd = sdOf(asked);
    const hoped = asked[`hoped_${asked.measure}`], base = { rate: asked.rate, frequency: asked.mean }[asked.measure];
    const found = power.detectable(asked.n, asked.control, sd, alpha, wanted);
    const floor = power.detectable(Infinity, asked.control, sd, alpha, wanted);
    const needed = power.needed(hoped, sd, asked.control, alpha, wanted);
    const flags = new Set([asked.measure, needed === null ? "never" : "enough"]);
    if (base !== undefined) flags.add(found < base ? "can" : "cannot");
    if (base !== undefined && hoped > base) flags.add("too_much");
    const slots = {
      n: short(asked.n), control: short(asked.control), detectable: fixed(found, decimals),
      floor: fixed(floor, decimals + 1), wanted: String(asked.power), hoped: short(hoped), unit,
      in_hand: chance(asked, sd, hoped),
      needed: needed === null ? "" : short(nearest(needed)),
      sent: needed === null ? "" : short(twoDigits(Math.ceil(nearest(needed) / median_share))),
      base: base === undefined ? "" : short(base),
      left: base === undefined ? "" : fixed(base - found, asked.measure === "rate" ? 0 : 2),
    };
    const table = rows.map(size => {
      if (size > base) return [short(size), "more than there is to reduce", "\u2013"];
      const people = power.needed(size, sd, asked.control, alpha, wanted);
      return [short(size), people === null ? "no number is enough" : short(nearest(people)), chance(asked, sd, size)];
    });
    return { slots, flags: [...flags], rows: table, sd, hoped, needed, found, floor };
  };

  // --- the picture ----------------------------------------------------------------------------------------------
  const SVG = "http://www.w3.org/2000/svg", LEFT = 52, TOP = 14, BOTTOM = 244;
  const drawn = (parent, name, attributes, text = "") => {
    const element = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.textContent = text;
    parent.append(element);
    return element;
  };
  const draw = (asked, shown) => {
    const svg = byId("curve");
    svg.closest("figure").hidden = false;
    const width = Math.min(640, Math.max(290, svg.closest("figure").clientWidth)), RIGHT = width - 20;
    svg.setAttribute("viewBox", `0 0 ${width} 300`);  // letters keep their size on a narrow screen
    const part = selector => svg.querySelector(selector), { decimals, unit } = measures[asked.measure];
    const low = Math.min(30, asked.n);
    const high = Math.max(2000, 3 * asked.n, shown.needed !== null && shown.needed < 1e5 ? 1.5 * shown.needed : 0);
    const wanted = asked.power / 100, size = n => power.detectable(n, asked.control, shown.sd, alpha, wanted);
    const points = Array.from({ length: 41 }, (_, i) => low * (high / low) ** (i / 40)).map(n => [n, size(n)]);
    const top = 1.05 * Math.min(points[0][1], Math.max(6 * shown.floor, 1.6 * shown.found, 1.6 * shown.hoped));
    const x = n => LEFT + (RIGHT - LEFT) * Math.log(n / low) / Math.log(high / low);
    const y = value => BOTTOM - (BOTTOM - TOP) * value / top;
    const grid = part(".grid"), labels = part(".labels");
    grid.replaceChildren();
    labels.replaceChildren();
    const unitOf = 10 ** Math.floor(Math.log10(top / 4)), step = [1, 2, 5, 10].map(k => k * unitOf).find(k => top / k <= 6);
    for (let value = 0; value <= top; value += step) {
      drawn(grid, "path", { d: `M${LEFT} ${y(value)}H${RIGHT}` });
      drawn(grid, "text", { x: LEFT - 6, y: y(value) + 4, "text-anchor": "end" }, short(value));
    }
    let last = -99;
    for (const n of [2, 5, 10, 30, 100, 300, 1000, 3000, 10000, 30000, 100000, 300000, 1e6, 3e6].filter(n => n >= low && n <= high)) {
      if (x(n) - last < 60) continue;
      last = x(n);
      drawn(grid, "path", { class: "frame", d: `M${x(n)} ${BOTTOM}v5` });
      drawn(grid, "text", { x: x(n), y: BOTTOM + 20, "text-anchor": "middle" }, short(n));
    }
    drawn(grid, "path", { class: "frame", d: `M${LEFT} ${BOTTOM}H${RIGHT}` });
    drawn(grid, "text", { x: (LEFT + RIGHT) / 2, y: BOTTOM + 42, "text-anchor": "middle" }, "Your people (logarithmic scale)");
    const inside = points.filter(([, value]) => value <= top);
    part(".line").setAttribute("d", `M${inside.map(([n, value]) => `${x(n).toFixed(1)} ${y(value).toFixed(1)}`).join("L")}`);
    part(".floor").setAttribute("d", `M${LEFT} ${y(shown.floor)}H${RIGHT}`);
    const isNeeded = shown.needed !== null && shown.needed <= high && shown.hoped <= top;
    part(".hope").setAttribute("d", isNeeded ? `M${LEFT} ${y(shown.hoped)}H${x(shown.needed)}V${BOTTOM}` : "");
    part(".needed").setAttribute("visibility", isNeeded ? "visible" : "hidden");
    part(".needed").setAttribute("cx", isNeeded ? x(Math.max(shown.needed, low)) : LEFT);
    part(".needed").setAttribute("cy", isNeeded ? y(shown.hoped) : TOP);
    const at = [x(asked.n), y(Math.min(shown.found, top))];
    part("path.hand").setAttribute("d", `M${at[0]} ${at[1] - 8}l8 8l-8 8l-8 -8z`);
    // The curve falls: above and to the right of a point there is room, or, near the edge, below and to the left.
    const label = (px, py, text) => {
      const fits = px + 12 + 7.5 * text.length < RIGHT;
      const place = fits ? { x: px + 12, y: py - 8, "text-anchor": "start" } : { x: px - 10, y: py + 20, "text-anchor": "end" };
      drawn(labels, "text", place, text);
    };
    label(...at, `your ${shown.slots.n}: ${shown.slots.detectable}`);
    if (isNeeded && Math.abs(Math.log(shown.needed / asked.n)) > 0.5) {
      label(x(Math.max(shown.needed, low)), y(shown.hoped), `${shown.slots.needed} people: ${shown.slots.hoped}`);
    }
    byId("curve-desc").textContent = `In ${unit}. Falling curve: ${short(nearest(points[0][0]))} people could show ${fixed(points[0][1], decimals)}`
      + ` or more, ${short(nearest(high))} people ${fixed(points[40][1], decimals)}. Your ${shown.slots.n} people could show ${shown.slots.detectable};`
      + ` no number of people could show less than ${shown.slots.floor}.`;
  };

  // --- what is chosen -------------------------------------------------------------------------------------------
  const asked = () => ({
    measure: form.elements.measure.value, power: Number(form.elements.power.value),
    ...Object.fromEntries(names.map(name => [name, Number(byId(name).value)])),
  });
  const placed = name => {
    const { low, high, log } = inputs[name], on = log ? Math.log : x => x, slider = byId(`${name}-slider`);
    slider.value = Math.round(1000 * (on(Number(byId(name).value)) - on(low)) / (on(high) - on(low)));
    slider.setAttribute("aria-valuetext", byId(name).value);
  };
  const taken = name => {
    const { low, high, step, log, whole } = inputs[name], share = byId(`${name}-slider`).value / 1000;
    let value = log ? low * (high / low) ** share : low + (high - low) * share;
    const coarse = whole ? Math.max(1, 10 ** (Math.floor(Math.log10(value)) - 1)) : step;
    value = Math.min(high, Math.max(low, coarse * Math.round(value / coarse)));
    byId(name).value = Number(value.toFixed(4));
    byId(`${name}-slider`).setAttribute("aria-valuetext", byId(name).value);
  };
  const show = () => {
    const chosen = asked();
    for (const one of all("[data-of]")) one.hidden = one.dataset.of !== chosen.measure;
    const usable = names.every(name => byId(name).closest("[hidden]") || byId(name).checkValidity());
    byId("unusable").hidden = usable;
    if (!usable) return;
    const shown = answer(chosen);
    for (const slot of all("[data-slot]")) slot.textContent = shown.slots[slot.dataset.slot];
    for (const one of all("[data-if]")) one.hidden = !one.dataset.if.split(" ").every(flag => shown.flags.includes(flag));
    byId("rows").replaceChildren(...shown.rows.map(cells => {
      const row = document.createElement("tr");
      cells.forEach((text, i) => {
        const cell = document.createElement(i ? "td" : "th");
        if (i) cell.className = "r"; else cell.scope = "row";
        cell.textContent = text;
        row.append(cell);
      });
      return row;
    }));
    draw(chosen, shown);
  };
  let waiting = 0;
  const soon = () => {
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(show);
  };
  for (const name of names) {
    byId(`${name}-slider`).hidden = false;
    byId(`${name}-slider`).addEventListener("input", () => { taken(name); soon(); });
    byId(name).addEventListener("input", () => { placed(name); soon(); });
  }
  form.addEventListener("change", soon);
  window.addEventListener("resize", soon);
  form.addEventListener("submit", event => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(() => { names.forEach(placed); show(); }));
  form.querySelector("button").hidden = false;
  window.answerOf = answer;
  show();
})();
