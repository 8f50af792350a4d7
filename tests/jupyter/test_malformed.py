"""Wrong signatures, malformed messages and bytes that are no messages: dropped or answered, and the kernel lives on."""

import contextlib
import hashlib
import hmac
import json
import os
import random
import socket
import unittest

import zmq

from kernel import reply_to, run, started

MESSAGES = 10_000
TYPES = ["execute_request", "complete_request", "inspect_request", "is_complete_request", "history_request",
         "comm_info_request", "comm_open", "comm_msg", "comm_close", "kernel_info_request", "debug_request",
         "input_reply", "interrupt_request", "nonsense", "", "_request"]
FIELDS = ["code", "cursor_pos", "silent", "store_history", "user_expressions", "allow_stdin", "stop_on_error",
          "hist_access_type", "n", "start", "stop", "pattern", "unique", "output", "detail_level", "comm_id", "data",
          "value"]


def sign(key, parts):
    return hmac.new(key, b"".join(parts), hashlib.sha256).hexdigest().encode()


def any_value(rng, depth=0):
    kinds = [lambda: None, lambda: rng.choice([True, False]), lambda: rng.choice([0, -1, 2**31, 2**70, 1e308, -0.5]),
             lambda: rng.choice(["", "1", "x.", "}", "\ud83d", "\ud83d\ude00", "\x00", '#r "nope.dll"']),
             lambda: rng.choice(["tail", "search", "range", "*?[("])]
    if depth < 3:
        kinds += [lambda: [any_value(rng, depth + 1) for _ in range(rng.randrange(3))],
                  lambda: {rng.choice(FIELDS): any_value(rng, depth + 1) for _ in range(rng.randrange(3))}]
    return rng.choice(kinds)()


def frames(rng, key):
    """A message that is wrong in some way: its structure, its JSON, its signature, or the types of what it holds."""
    header = {"msg_id": str(rng.random()), "session": "s", "username": "u", "version": "5.3",
              "msg_type": rng.choice(TYPES)}
    if rng.random() < 0.1:
        header[rng.choice(list(header))] = any_value(rng)
    content = {field: any_value(rng) for field in rng.sample(FIELDS, rng.randrange(len(FIELDS)))}
    parts = [json.dumps(p).encode() for p in (header, {}, {}, content)]
    damage = rng.randrange(8)
    if damage == 0:
        parts[rng.randrange(4)] = rng.choice(
            [b"", b"{", b"[]", b"null", b"\xff\xfe", b"NaN", b"[" * 5000, b'{"a":1,"a":2}', rng.randbytes(50)])
    signature = sign(key, parts)
    if damage == 1:
        signature = rng.choice([b"", b"0" * 64, signature[:-1], rng.randbytes(64), signature.upper()])
    whole = [b"<IDS|MSG>", signature, *parts]
    if damage == 2:
        whole = rng.sample(whole, rng.randrange(len(whole) + 1))
    elif damage == 3:
        whole = [rng.randbytes(rng.randrange(100)) for _ in range(rng.randrange(1, 12))]
    elif damage == 4:
        whole += [rng.randbytes(10)] * rng.randrange(3)
    return whole or [b""]


class MalformedTests(unittest.TestCase):
    def test_a_wrong_signature_is_dropped(self):
        with started() as (manager, client):
            run(client, "var touched = 0;")
            right = client.session.key
            client.session.key = b"another key"
            message = client.execute("touched = 1;")
            client.session.key = right
            self.assertEqual("0", run(client, "touched").result())
            with self.assertRaises(TimeoutError):
                reply_to(client, message, limit=2)

    def test_ten_thousand_malformed_messages_are_survived(self):
        seed = random.SystemRandom().randrange(2**32)
        rng = random.Random(seed)
        with self.subTest(seed=seed), started(stderr=open(os.devnull, "wb")) as (manager, client):
            run(client, "var kept = 42;")
            info = manager.get_connection_info()
            sockets = []
            for port in ("shell_port", "control_port", "stdin_port"):
                dealer = zmq.Context.instance().socket(zmq.DEALER)
                dealer.linger = 0
                dealer.connect(f"tcp://{info['ip']}:{info[port]}")
                sockets.append(dealer)
            for sent in range(MESSAGES):
                rng.choice(sockets).send_multipart(frames(rng, info["key"]))
                for dealer in sockets:
                    while dealer.poll(0):
                        dealer.recv_multipart()
                if sent % 1000 == 999:
                    self.assertTrue(manager.is_alive())
                    # What is still queued may abort or interrupt a cell of ours, as it may one of its own.
                    answers = (run(client, "kept") for _ in range(20))
                    self.assertEqual("42", next(a for a in answers if a.reply["status"] == "ok").result())
            for dealer in sockets:
                dealer.close()

    def test_bytes_that_are_no_messages_are_survived(self):
        rng = random.Random(1)
        with started(stderr=open(os.devnull, "wb")) as (manager, client):
            info = manager.get_connection_info()
            for port in ("shell_port", "control_port", "stdin_port", "iopub_port", "hb_port"):
                # Among them a greeting of ZeroMQ's own, and one followed by a frame of an absurd length.
                greeting = b"\xff" + bytes(7) + b"\x01\x7f\x03\x00NULL" + bytes(48)
                for data in (b"", b"GET / HTTP/1.1\r\n\r\n", greeting, greeting + b"\x02" + b"\xff" * 8 + b"x" * 100,
                             *(rng.randbytes(200) for _ in range(20))):
                    with socket.create_connection((info["ip"], info[port]), timeout=5) as raw:
                        raw.sendall(data)
            self.assertEqual("2", run(client, "1 + 1").result())
            self.assertTrue(client.hb_channel.is_beating())

    def test_a_message_that_comes_again_is_not_executed_again(self):
        with started() as (manager, client):
            run(client, "var times = 0;")
            info = manager.get_connection_info()
            header = {"msg_id": "once", "session": "s", "username": "u", "version": "5.3",
                      "msg_type": "execute_request"}
            parts = [json.dumps(p).encode() for p in (header, {}, {}, {"code": "times++;"})]
            whole = [b"<IDS|MSG>", sign(info["key"], parts), *parts]
            dealer = zmq.Context.instance().socket(zmq.DEALER)
            dealer.linger = 0
            dealer.connect(f"tcp://{info['ip']}:{info['shell_port']}")
            for _ in range(5):
                dealer.send_multipart(whole)
            self.assertTrue(dealer.poll(10_000))
            self.assertEqual("1", run(client, "times").result())
            dealer.close()

    def test_an_oversized_frame_costs_no_memory(self):
        def resident():
            with open(f"/proc/{client_pid}/status", encoding="ascii") as status:
                return next(int(line.split()[1]) // 1024 for line in status if line.startswith("VmRSS"))

        with started(stderr=open(os.devnull, "wb")) as (manager, client):
            client_pid = int(run(client, "Environment.ProcessId").result())
            before = resident()
            info = manager.get_connection_info()
            greeting = b"\xff" + bytes(7) + b"\x01\x7f\x03\x00NULL" + bytes(48)
            ready = b"\x05READY\x0bSocket-Type" + (6).to_bytes(4, "big") + b"DEALER"
            opened = []
            for port in ("shell_port", "control_port", "stdin_port", "hb_port"):
                raw = socket.create_connection((info["ip"], info[port]), timeout=5)
                opened.append(raw)
                with contextlib.suppress(OSError):
                    raw.sendall(greeting + b"\x04" + bytes([len(ready)]) + ready)
                    raw.sendall(b"\x02" + (1 << 30).to_bytes(8, "big"))
                    for _ in range(128):
                        raw.sendall(bytes(1 << 20))
            self.assertLess(resident() - before, 250)
            self.assertEqual("2", run(client, "1 + 1").result())
            for raw in opened:
                raw.close()


if __name__ == "__main__":
    unittest.main()
