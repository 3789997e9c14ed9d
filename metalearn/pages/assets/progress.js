"use strict";
// Follows a job by server-sent events and loads its page when it has ended. Without this script the
// page is loaded anew every few seconds.
const watched = document.querySelector("[data-events]");
if (watched) {
  const bar = watched.querySelector("progress");
  const text = watched.querySelector("[role=status]");
  const events = new EventSource(watched.dataset.events);
  events.onmessage = (event) => {
    const job = JSON.parse(event.data);
    text.textContent = job.text;
    if (job.done === null) bar.removeAttribute("value");
    else bar.value = job.done;
    if (["done", "failed", "cancelled"].includes(job.state)) {
      events.close();
      location.reload();
    }
  };
}
