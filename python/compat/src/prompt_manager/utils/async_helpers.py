"""Event loops."""

from promptsync.library.event_loops import get_or_create_event_loop, is_async_context, run_sync

__all__ = ["get_or_create_event_loop", "is_async_context", "run_sync"]
