"""The ``promptsync`` command that comes with the wheel."""

from __future__ import annotations

import sys


def main() -> int:
    """Runs the command that was typed; gives its exit code."""
    import signal

    from promptsync import _core

    # The command has its own ways to end; Python's would wait until it returns.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    return _core.run(["promptsync", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
