"""One line a check, `ok - name` or `not ok - name`, and a process that ends non-zero when any failed."""

import sys
import traceback

_failed = 0


def check(name, fn, *args):
    """Runs fn(*args); a raised exception is the failure."""
    global _failed
    try:
        fn(*args)
    except Exception:  # noqa: BLE001 - every failure is reported the same way
        _failed += 1
        print(f"not ok - {name}", flush=True)
        traceback.print_exc(file=sys.stdout)
    else:
        print(f"ok - {name}", flush=True)


def done():
    sys.exit(1 if _failed else 0)
