// The drawings of other platforms are pages in frames. Each frame is as high as
// its content.
"use strict";

function fit(frame) {
  const page = frame.contentDocument?.documentElement;
  if (!page) return;
  new ResizeObserver(() => { frame.style.height = page.offsetHeight + "px"; }).observe(page);
}

export function fitAll(root) {
  for (const frame of root.querySelectorAll("iframe")) {
    frame.addEventListener("load", () => fit(frame));
    if (frame.contentDocument?.readyState === "complete") fit(frame);
  }
}

fitAll(document);
