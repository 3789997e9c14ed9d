"use strict";
// Says that a file is empty or too large before it is sent, and takes a file that is dropped on the
// page. The server refuses such files, and the form works, without this script.
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
  const hint = input.form.querySelector("[data-drop]");
  if (hint) hint.hidden = false;
  const over = (is) => document.body.classList.toggle("over", is);
  addEventListener("dragover", (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault(); // or the browser opens the file in place of the page
    over(true);
  });
  addEventListener("dragleave", (event) => event.relatedTarget || over(false));
  addEventListener("drop", (event) => {
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    over(false);
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event("change"));
    input.form.requestSubmit();
  });
}
