"""Start, latency and memory. Memory is checked; times depend on the machine, so they are printed beside what they
should be."""

import pathlib
import statistics
import time
import unittest

from kernel import run, started

CELLS = 500


def megabytes(pid, field):
    """VmRSS: all that is resident. RssAnon: without the pages of files, which are the system's cache: of libtorch's
    library another part is touched on every processor, up to 190 MB."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) / 1024
    raise LookupError(pid)


class FigureTests(unittest.TestCase):
    def test_figures(self):
        clock = time.monotonic()
        with started() as (manager, client):
            ready = time.monotonic() - clock
            clock = time.monotonic()
            self.assertEqual("2", run(client, "1 + 1").result())
            first = time.monotonic() - clock
            times = []
            for i in range(CELLS):
                clock = time.monotonic()
                self.assertEqual(str(i + 1), run(client, f"var v{i} = {i}; v{i} + 1").result())
                times.append(time.monotonic() - clock)
            resident, own = (megabytes(manager.provisioner.pid, field) for field in ("VmRSS", "RssAnon"))
            median, last = (1000 * statistics.median(t) for t in (times, times[-100:]))
            print(f"  ready after {ready:.2f} s; first cell {first:.2f} s (at most 1.5); "
                  f"trivial cell, median of {CELLS}: {median:.1f} ms (at most 25), of the last 100: {last:.1f} ms; "
                  f"resident after {CELLS} cells {resident:.0f} MB, of which {own:.0f} MB are no file's (at most 500)",
                  flush=True)
            self.assertLess(own, 500)


if __name__ == "__main__":
    unittest.main()
