"use strict";
// Power of a two-sample t-test, as jdl_toolkit/power/t_test.py has it; the page is whole, with its first answers, without it.
const power = (() => {
  const DEPTH = 45, MOST_NODES = 200000, MOST_PEOPLE = 1e9, SQRT_2PI = Math.sqrt(2 * Math.PI);

  // Φ: its series near the middle, the continued fraction of the tail beyond; both to the last digits of a double.
  const normal = x => {
    if (Math.abs(x) > 3.5) {
      if (Math.abs(x) > 38) return x > 0 ? 1 : 0;
      let fraction = 0;
      for (let k = 60; k > 0; k--) fraction = k / (Math.abs(x) + fraction);
      const tail = Math.exp(-x * x / 2) / SQRT_2PI / (Math.abs(x) + fraction);
      return x > 0 ? 1 - tail : tail;
    }
    let term = x, sum = x;
    for (let k = 3; Math.abs(term) > 1e-18 * Math.abs(sum); k += 2) {
      term *= x * x / k;
      sum += term;
    }
    return 0.5 + sum * Math.exp(-x * x / 2) / SQRT_2PI;
  };

  // Where a function that rises from below zero to above it is zero: the Illinois form of false position.
  const root = (f, low, high) => {
    let below = f(low), above = f(high);
    for (let i = 0; i < 200 && high - low > 1e-14 * high; i++) {
      let x = (low * above - high * below) / (above - below);
      if (!(x > low && x < high) || i % 8 === 7) x = (low + high) / 2;
      const y = f(x);
      if (y === 0) return x;
      if (y > 0) {
        [high, above] = [x, y];
        below /= 2;
      } else {
        [low, below] = [x, y];
        above /= 2;
      }
    }
    return (low + high) / 2;
  };

  // Values of S, the root of a chi-squared over its degrees of freedom, evenly spaced in log S, with their weights.
  const spread = (df, ncp, q) => {
    const depth = 2 * DEPTH / df, wide = depth + Math.sqrt(2 * depth);
    const lowest = -wide / 2, highest = Math.log1p(wide) / 2;
    const rise = Math.max(Math.min(ncp, q * Math.exp(highest)), 1);
    const step = Math.min(1 / Math.sqrt(18 * df), 0.06, 0.4 / rise);
    const n = Math.min(Math.ceil((highest - lowest) / step), MOST_NODES), found = [];
    let total = 0;
    for (let i = 0; i < n; i++) {
      const u = lowest + (highest - lowest) * i / (n - 1);
      const weight = Math.exp(-df / 2 * (Math.expm1(2 * u) - 2 * u));
      found.push([Math.exp(u), weight]);
      total += weight;
    }
    for (const one of found) one[1] /= total;
    return found;
  };

  const kept = new Map();  // critical values by degrees of freedom and level
  const critical = (df, alpha) => {
    const key = `${df} ${alpha}`;
    if (!kept.has(key)) {
      const start = df === Infinity ? [[1, 1]] : spread(df, 1, 10);
      const tail = q => alpha / 2 - start.reduce((sum, [s, w]) => sum + w * normal(-q * s), 0);
      let high = 4;
      while (tail(high) < 0) high *= 2;
      if (kept.size > 5000) kept.clear();
      kept.set(key, root(tail, 0, high));
    }
    return kept.get(key);
  };
  const reached = (ncp, df, alpha) => {
    const q = critical(df, alpha);
    const values = df === Infinity ? [[1, 1]] : spread(df, ncp, q);
    return Math.min(values.reduce((sum, [s, w]) => sum + w * (normal(ncp - q * s) + normal(-ncp - q * s)), 0), 1);
  };
  const noncentrality = (n, nControl, effect) => Math.abs(effect) / Math.sqrt(1 / n + 1 / nControl);

  const powerOf = (n, nControl, effect, alpha) => reached(noncentrality(n, nControl, effect), n + nControl - 2, alpha);
  const detectable = (n, nControl, sd, alpha, wanted) => {
    const df = n + nControl - 2;
    let high = 1;
    while (reached(high, df, alpha) < wanted) high *= 2;
    return root(c => reached(c, df, alpha) - wanted, 0, high) * sd * Math.sqrt(1 / n + 1 / nControl);
  };
  const needed = (difference, sd, nControl, alpha, wanted) => {
    const lacking = n => powerOf(n, nControl, difference / sd, alpha) - wanted;
    let low = 2, high = 4;
    if (lacking(low) >= 0) return low;
    if (lacking(Infinity) <= 0) return null;
    while (lacking(high) < 0) {
      [low, high] = [high, 2 * high];
      if (low > MOST_PEOPLE) return null;
    }
    return root(lacking, low, high);
  };
  // One standard deviation for both groups, with the base rate in each; of a count, the root of its variance.
  const sdOfRate = (rate, n, nControl) => Math.sqrt(rate * (1 - rate) * (n / (n - 1) + nControl / (nControl - 1)) / 2);
  const sdOfCount = (mean, overdispersion) => Math.sqrt(mean * overdispersion);
  return { normal, powerOf, detectable, needed, sdOfRate, sdOfCount };
})();
