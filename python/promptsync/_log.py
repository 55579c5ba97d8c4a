"""The package's log: silent until the program, or ``PROMPTSYNC_LOG=debug|info|warning``, asks for it."""

from __future__ import annotations

from promptsync._typing import TYPE_CHECKING

if TYPE_CHECKING:
    import logging


def log() -> logging.Logger:
    """The logger ``promptsync``. Values of variables are never written to it."""
    import logging
    import os

    logger = logging.getLogger("promptsync")
    if not logger.handlers:
        wanted = os.environ.get("PROMPTSYNC_LOG", "").upper()
        level = logging.getLevelName(wanted) if wanted else None
        if isinstance(level, int):
            logger.addHandler(logging.StreamHandler())
            logger.setLevel(level)
        else:
            logger.addHandler(logging.NullHandler())
    return logger
