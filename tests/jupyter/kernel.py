"""Starts the kernel as a frontend does, and collects what a cell answers. Nothing here waits without a limit."""

import contextlib
import os
import queue
import time

from jupyter_client.manager import KernelManager

NAME = os.environ.get("KERNEL", "iresnet")
LIMIT = 60


@contextlib.contextmanager
def started(**options):
    """A running kernel and a client connected to it; afterwards neither."""
    manager = KernelManager(kernel_name=NAME)
    manager.start_kernel(**options)
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=LIMIT)
        yield manager, client
    finally:
        client.stop_channels()
        if manager.has_kernel:
            manager.shutdown_kernel(now=True)


class Answer:
    """The reply to a cell and the messages published under it, each with the time of its arrival."""

    def __init__(self, reply, published):
        self.reply = reply["content"]
        self.published = published

    def of(self, kind):
        return [m["content"] for _, m in self.published if m["msg_type"] == kind]

    def text(self, name="stdout"):
        return "".join(c["text"] for c in self.of("stream") if c["name"] == name)

    def result(self):
        assert self.reply["status"] == "ok", self.reply
        return self.of("execute_result")[-1]["data"]["text/plain"]


def reply_to(client, message, limit=LIMIT):
    """The shell reply to a message, others dropped."""
    end = time.monotonic() + limit
    while time.monotonic() < end:
        with contextlib.suppress(queue.Empty):
            reply = client.get_shell_msg(timeout=1)
            if reply["parent_header"].get("msg_id") == message:
                return reply
    raise TimeoutError("no reply")


def published_under(
        client, message, limit=LIMIT,
        until=lambda m: m["msg_type"] == "status" and m["content"]["execution_state"] == "idle"):
    """What is published under a message, up to the one that ends it."""
    end = time.monotonic() + limit
    found = []
    while time.monotonic() < end:
        with contextlib.suppress(queue.Empty):
            published = client.get_iopub_msg(timeout=1)
            if published["parent_header"].get("msg_id") == message:
                found.append((time.monotonic(), published))
                if until(published):
                    return found
    raise TimeoutError(f"not idle, after {[m['msg_type'] for _, m in found]}")


def run(client, code, limit=LIMIT, **options):
    """Runs a cell to its end."""
    message = client.execute(code, **options)
    published = published_under(client, message, limit)
    return Answer(reply_to(client, message, limit), published)


def running(client, code):
    """Starts a cell, and returns its message once it runs."""
    message = client.execute(f'Console.WriteLine("running"); {code}')
    published_under(client, message, until=lambda m: m["msg_type"] == "stream")
    return message
