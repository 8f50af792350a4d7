"""Writes grey PNG images of two classes, discs and squares, into the folder that is named: a person's own data."""

import pathlib
import random
import struct
import sys
import zlib

SIDE, EACH = 16, 40


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(rows):
    header = struct.pack(">IIBBBBB", len(rows[0]), len(rows), 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + bytes(row) for row in rows))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


random.seed(1)
SHAPES = {"discs": lambda x, y, r: x * x + y * y < r * r, "squares": lambda x, y, r: max(abs(x), abs(y)) < r}
for name, inside in SHAPES.items():
    folder = pathlib.Path(sys.argv[1], name)
    folder.mkdir(parents=True)
    for i in range(EACH):
        x, y, r = random.uniform(5, 11), random.uniform(5, 11), random.uniform(2, 5)
        rows = [
            [(220 if inside(h - x, v - y, r) else 20) + random.randint(0, 20) for h in range(SIDE)]
            for v in range(SIDE)]
        (folder / f"{i}.png").write_bytes(png(rows))
