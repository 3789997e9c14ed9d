"use strict";
// Says that a file is empty or too large before it is sent. The server refuses it without this script.
for (const input of document.querySelectorAll("input[type=file][data-most]")) {
  const most = Number(input.dataset.most);
  input.addEventListener("change", () => {
    const size = input.files[0]?.size ?? 1;
    let problem = "";
    if (size === 0) problem = "This file is empty.";
    if (size > most) problem = `This file has ${(size / 1e6).toFixed(1)} MB; at most ${most / 1e6} MB are taken.`;
    input.setCustomValidity(problem);
    if (problem) input.reportValidity();
  });
}
