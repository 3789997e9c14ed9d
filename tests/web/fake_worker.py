"""A worker that speaks the protocol and does what the name of the target says, without metalearn.

`slow` reports progress and sleeps, `crash` kills itself, `hang` never answers, `fail` ends with an
error; anything else answers with its own command.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time


def say(**answer: object) -> None:
    print(json.dumps(answer), flush=True)


for line in sys.stdin:
    asked = json.loads(line)
    if "look" in asked:
        with open(asked["look"], encoding="utf-8", errors="replace") as file:
            rows = [text.rstrip("\n").split(",") for text in file]
        if rows[0][0] == "crash":
            os.kill(os.getpid(), signal.SIGKILL)
        if len(rows) - 1 > asked["most_rows"]:
            say(code=1, out="", err=f"the table has {len(rows) - 1} rows; {asked['look']}")
        else:
            found = {"columns": rows[0], "n_rows": len(rows) - 1, "head": rows[1:6]}
            say(code=0, out=json.dumps(found), err="")
        continue
    words = asked["argv"]
    target = next((w.partition("=")[2] for w in words if w.startswith("--target=")), "")
    if target == "crash":
        os.kill(os.getpid(), signal.SIGKILL)
    if target == "hang":
        time.sleep(60)
    if target == "slow":
        for i in range(4):
            say(progress=[f"step {i}", i, 4])
            time.sleep(0.05)
    page = next((w.partition("=")[2] for w in words if w.startswith("--html=")), "")
    if page:
        with open(page, "w") as file:
            file.write("<!doctype html><title>page</title>")
    model = next((w.partition("=")[2] for w in words if w.startswith("--output=")), "")
    if model:
        with open(model, "wb") as file:
            file.write(b"model")
    out = next((w.partition("=")[2] for w in words if w.startswith("--out=")), "")
    if out:
        os.makedirs(out)
        with open(os.path.join(out, "index.html"), "w") as file:
            file.write("<!doctype html><title>memory</title>")
    if target == "fail":
        say(code=1, out="", err="metalearn fit: it cannot be done; do this next")
    else:
        say(code=0, out=json.dumps({"argv": words, "members": []}), err="note")
