"use strict";
// Curves: a range is chosen by dragging, or with the arrow keys (Shift extends, Escape ends). What it
// says stands below the curve; on surfaces with the same axis, the range is outlined.
for (const group of document.querySelectorAll("[data-brush]")) {
  const strips = [...group.children];
  const svg = group.ownerSVGElement;
  const said = document.createElement("output");
  said.className = "tip";
  said.setAttribute("aria-live", "polite");
  svg.after(said);
  let [first, last, dragged] = [-1, -1, false];
  const words = (strip) => strip.querySelector("title").textContent;
  const value = (strip) => words(strip).split(":")[0];
  const outline = (low, high) => {
    for (const rect of document.querySelectorAll(".window")) {
      if (rect.dataset.axis !== group.dataset.brush) continue;
      rect.dataset.whole ??= ["x", "y", "width", "height"].map((n) => rect.getAttribute(n)).join(" ");
      const [x, y, wide, high_] = rect.dataset.whole.split(" ").map(Number);
      rect.classList.toggle("on", low < high);
      if (rect.dataset.along === "x") {
        rect.setAttribute("x", x + low * wide);
        rect.setAttribute("width", Math.max(high - low, 0) * wide);
      } else {
        rect.setAttribute("y", y + (1 - high) * high_);
        rect.setAttribute("height", Math.max(high - low, 0) * high_);
      }
    }
  };
  const show = () => {
    const [low, high] = [Math.min(first, last), Math.max(first, last)];
    strips.forEach((strip, i) => strip.classList.toggle("on", first >= 0 && low <= i && i <= high));
    if (first < 0) {
      said.textContent = "";
      outline(0, 0);
      return;
    }
    outline(low / strips.length, (high + 1) / strips.length);
    if (low === high) {
      said.textContent = words(strips[low]);
      return;
    }
    const chosen = strips.slice(low, high + 1);
    const heights = chosen.map((strip) => Number(strip.dataset.y));
    said.textContent =
      `${value(strips[low])} to ${value(strips[high]).split(" = ")[1]}: ` +
      `${Math.min(...heights)} to ${Math.max(...heights)}`;
  };
  strips.forEach((strip, i) => {
    strip.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      strip.releasePointerCapture?.(event.pointerId);
      [first, last, dragged] = [i, i, true];
      show();
    });
    strip.addEventListener("pointerenter", () => {
      if (dragged) last = i;
      else if (first === last) first = last = i;
      if (dragged || first === last) show();
    });
  });
  addEventListener("pointerup", () => (dragged = false));
  svg.tabIndex = 0;
  svg.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (event.key === "Escape") first = last = -1;
    else if (step) {
      last = Math.min(Math.max(last + step, 0), strips.length - 1);
      if (!event.shiftKey || first < 0) first = last;
    } else return;
    event.preventDefault();
    show();
  });
}
