"""Drives .NET Interactive over its standard streams, as VS Code does: one JSON object a line. Nothing here waits
without a limit."""

import contextlib
import json
import os
import queue
import re
import subprocess
import threading
import time

LIMIT = 60


class Answer:
    """What happened under a cell, each event with the time since it was sent."""

    def __init__(self, events):
        self.events = events

    def of(self, kind):
        return [event["event"] for _, event in self.events if event["eventType"] == kind]

    def values(self, kind):
        """MIME type to content, for each value of that kind."""
        return [{v["mimeType"]: v["value"] for v in event["formattedValues"]} for event in self.of(kind)]

    @property
    def shown(self):
        return self.values("DisplayedValueProduced")

    @property
    def result(self):
        return self.values("ReturnValueProduced")[-1]

    @property
    def printed(self):
        return "".join(value["text/plain"] for value in self.values("StandardOutputValueProduced"))

    @property
    def failure(self):
        """Why the cell failed; None if it did not."""
        assert self.events[-1][1]["eventType"] in ("CommandSucceeded", "CommandFailed"), "the cell did not end in time"
        failed = self.of("CommandFailed")
        return failed[-1]["message"] if failed else None


class Interactive:
    """A running kernel, as a context."""

    def __init__(self, folder):
        self._program = subprocess.Popen(
            [os.path.join(os.environ["INTERACTIVE_TOOLS"], "dotnet-interactive"), "stdio",
             "--default-kernel", "csharp", "--working-dir", folder],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=folder)
        self._events, self._sent = queue.Queue(), 0
        threading.Thread(target=self._read, daemon=True).start()

    def __enter__(self):
        end = time.monotonic() + LIMIT
        while self._next(end)["eventType"] != "KernelReady":
            pass
        return self

    def __exit__(self, *_):
        # The closed input alone does not end it.
        self._send("Quit")
        self._program.stdin.close()
        try:
            self._program.wait(10)
        except subprocess.TimeoutExpired:
            self._program.kill()
        self._program.stdout.close()

    def run(self, code, limit=LIMIT, cancel=False):
        """Runs a cell to its end, or asks for it to be stopped as soon as it prints."""
        token, start, events = self._send("SubmitCode", code=code), time.monotonic(), []
        with contextlib.suppress(queue.Empty):
            while True:
                event = self._next(start + limit)
                owner = (event.get("command") or {}).get("token") or ""
                # Parts of a cell have the token of the cell with a suffix.
                if re.split("[./]", owner)[0] != token:
                    continue
                events.append((time.monotonic() - start, event))
                if owner == token and event["eventType"] in ("CommandSucceeded", "CommandFailed"):
                    break
                if cancel and event["eventType"] == "StandardOutputValueProduced":
                    self._send("Cancel")
                    cancel = False
        return Answer(events)

    def _send(self, kind, **command):
        self._sent += 1
        token = f"t{self._sent}"
        with contextlib.suppress(BrokenPipeError):
            self._program.stdin.write(
                json.dumps({"token": token, "commandType": kind, "command": command, "routingSlip": []}) + "\n")
            self._program.stdin.flush()
        return token

    def _next(self, end):
        return self._events.get(timeout=max(0.01, end - time.monotonic()))

    def _read(self):
        for line in self._program.stdout:
            self._events.put(json.loads(line))
