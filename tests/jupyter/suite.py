"""Runs the tests of this folder, or those whose names contain an argument, and counts them."""

import sys
import unittest


def main(patterns):
    loader = unittest.TestLoader()
    loader.testNamePatterns = [f"*{p}*" for p in patterns] or None
    result = unittest.TextTestRunner(verbosity=2).run(loader.discover("."))
    failed = len(result.failures) + len(result.errors)
    passed = result.testsRun - failed - len(result.skipped)
    if result.skipped:
        print(f"skipped: {', '.join(str(test) for test, _ in result.skipped)}")
    print(f"{passed} passed, {failed} failed")
    return 0 if failed == 0 and passed > 0 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
