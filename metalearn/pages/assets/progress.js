"use strict";
// Follows a job by server-sent events and loads its page when it has ended. Without this script the
// page is loaded anew every few seconds.
const watched = document.querySelector("[data-events]");
if (watched) {
  const bar = watched.querySelector("progress");
  const text = watched.querySelector("[role=status]");
  const events = new EventSource(watched.dataset.events);
  events.onerror = () => {
    // A browser asks again by itself after a loss of connection, but not after a refusal (404).
    if (events.readyState === EventSource.CLOSED) location.reload();
    text.textContent = "The server does not answer. If it was ended, start it again: metalearn serve";
  };
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
