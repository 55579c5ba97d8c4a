"""Times with and without a zone, side by side.

Old files and old code have times without a zone, which mean UTC. New times have the zone.
"""

from __future__ import annotations

from datetime import datetime, timezone


def utc_now() -> datetime:
    """Give the present time, with its zone.

    >>> utc_now().tzinfo is not None
    True
    """
    return datetime.now(timezone.utc)


def as_utc(time: datetime) -> datetime:
    """Give the same moment with the zone UTC, so that any two can be compared.

    >>> as_utc(datetime(2024, 1, 1)) == datetime(2024, 1, 1, tzinfo=timezone.utc)
    True
    """
    if time.tzinfo is None:
        return time.replace(tzinfo=timezone.utc)
    return time.astimezone(timezone.utc)


def in_period(time: datetime, since: datetime | None, until: datetime | None) -> bool:
    """Tell whether a time lies between two others, both included.

    >>> in_period(datetime(2024, 1, 1), datetime(2024, 1, 1, tzinfo=timezone.utc), None)
    True
    """
    moment = as_utc(time)
    if since is not None and moment < as_utc(since):
        return False
    return until is None or moment <= as_utc(until)
