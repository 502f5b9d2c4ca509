// Keeps pages live and adds small comforts. Every page works without it.
"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("js");

  // Filters apply when they change.
  document.addEventListener("change", (e) => {
    const form = e.target.closest("form[data-auto]");
    if (form) form.requestSubmit();
  });

  // Copy buttons.
  document.addEventListener("click", async (e) => {
    const button = e.target.closest("[data-copy]");
    if (!button || !navigator.clipboard) return;
    await navigator.clipboard.writeText(button.dataset.copy);
    button.classList.add("done");
    setTimeout(() => button.classList.remove("done"), 1200);
  });

  // A link to folded details opens them.
  const unfold = () => {
    const target = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
    if (target && target.matches("details")) target.open = true;
  };
  addEventListener("hashchange", unfold);
  unfold();

  const fragments = () => [...document.querySelectorAll("[data-live]")];
  const dot = document.querySelector("[data-live-dot]");
  if (!dot || !window.EventSource) return;

  // swap replaces what changed inside a fragment. Open details and the focus
  // stay as they are; a fragment in which somebody writes is left alone.
  const swap = (old, fresh) => {
    if (old.contains(document.activeElement) && document.activeElement.matches("input, textarea, select")) return;
    const open = [...old.querySelectorAll("details[id]")].map((d) => [d.id, d.open]);
    for (const [id, was] of open) {
      const d = fresh.querySelector("#" + CSS.escape(id));
      if (d) d.open = was;
    }
    if (old.isEqualNode(fresh)) return;
    const focus = old.contains(document.activeElement) ? pathTo(old, document.activeElement) : null;
    const scrolled = [...old.querySelectorAll("pre, .map")].map((p) => [p.scrollTop, p.scrollLeft]);
    for (const a of [...old.attributes]) if (!fresh.hasAttribute(a.name)) old.removeAttribute(a.name);
    for (const a of fresh.attributes) old.setAttribute(a.name, a.value);
    old.replaceChildren(...fresh.childNodes);
    old.querySelectorAll("pre, .map").forEach((p, i) => { if (scrolled[i]) [p.scrollTop, p.scrollLeft] = scrolled[i]; });
    const target = focus && focus.reduce((node, i) => node && node.children[i], old);
    if (target) target.focus({ preventScroll: true });
  };
  const pathTo = (top, node) => {
    const path = [];
    for (; node !== top; node = node.parentElement) path.unshift([...node.parentElement.children].indexOf(node));
    return path;
  };

  // A form that answers a state disappears when the state has gone.
  const settle = () => {
    const state = document.querySelector("[data-state]");
    if (!state) return;
    document.querySelectorAll("[data-while]").forEach((el) => { el.hidden = el.dataset.while !== state.dataset.state; });
  };

  // The audit page only counts: reading the ledger is itself recorded in it.
  const fresh = document.querySelector("[data-fresh]");
  let missed = 0;

  let busy = false, again = false, last = 0, timer = 0;
  const refresh = async () => {
    timer = 0;
    if (busy) { again = true; return; }
    busy = true;
    last = Date.now();
    try {
      const url = location.pathname + location.search;
      const answer = await fetch(url, { headers: { "X-Aureus-Live": "1" }, credentials: "same-origin" });
      if (answer.status === 401) { location.reload(); return; }
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const old of fragments()) {
        const next = page.querySelector('[data-live="' + CSS.escape(old.dataset.live) + '"]');
        if (next) swap(old, next);
      }
      settle();
      root.dataset.refreshed = String(Number(root.dataset.refreshed || 0) + 1);
    } catch {
      // The server is away: the event stream says so and comes back by itself.
    } finally {
      busy = false;
      if (again) { again = false; soon(); }
    }
  };
  // soon refreshes at most once a second.
  const soon = () => {
    if (!timer) timer = setTimeout(refresh, Math.max(50, 1000 - (Date.now() - last)));
  };

  const stream = new EventSource("/console/events");
  stream.addEventListener("open", () => { dot.hidden = false; dot.textContent = "live"; dot.classList.remove("off"); });
  stream.addEventListener("error", () => { dot.hidden = false; dot.textContent = "offline"; dot.classList.add("off"); });
  stream.addEventListener("change", () => {
    if (!fresh) { soon(); return; }
    missed += 1;
    fresh.hidden = false;
    fresh.textContent = missed + " newer";
  });
  // A slow reader misses events, and times such as "3 min ago" grow old.
  // What has no events, such as the progress of an evaluation, asks for a hurry.
  setInterval(() => { if (document.querySelector("[data-hurry]") && document.visibilityState === "visible") soon(); }, 3000);
  setInterval(() => { if (!fresh && document.visibilityState === "visible") soon(); }, 30000);
  addEventListener("pagehide", () => stream.close());
})();
