"""What a method gives inside a running event loop while the answer is still on its way.

A loop is never held up by the network: the work goes on on the client's own threads. ``await`` waits for it without
holding the loop up; whoever uses the value without ``await`` waits for it there, as long as the call's deadline says.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Generator, Sequence

from promptsync._typing import Any, Generic, Protocol
from promptsync._typing import Value as T


class Waiting(Protocol):
    """Work that is under way: a flight of the compiled part, or a thread."""

    def done(self) -> bool:
        """Whether it is over."""
        ...

    def wait(self) -> Any:
        """What came out, once it is over."""

    def on_done(self, call: Callable[[], object]) -> None:
        """Calls this once it is over."""


def running_loop() -> Any:
    """The event loop that runs in this thread; none also where asyncio was never imported."""
    asyncio = sys.modules.get("asyncio")
    return None if asyncio is None else asyncio._get_running_loop()


class ThreadFlight:
    """Work on a thread of its own, which ends with it."""

    def __init__(self, work: Callable[[], Any]) -> None:
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._calls: list[Callable[[], object]] = []
        self._failure: BaseException | None = None
        self._value: Any = None
        self._thread = threading.Thread(target=self._run, args=(work,), name="promptsync-work", daemon=True)
        self._thread.start()

    def _run(self, work: Callable[[], Any]) -> None:
        try:
            self._value = work()
        except BaseException as failure:
            self._failure = failure
        with self._lock:
            self._over.set()
            calls, self._calls = self._calls, []
        for call in calls:
            call()

    def done(self) -> bool:
        """Whether it is over."""
        return self._over.is_set()

    def wait(self) -> Any:
        """What came out, once it is over."""
        self._thread.join()
        if self._failure is not None:
            raise self._failure
        return self._value

    def on_done(self, call: Callable[[], object]) -> None:
        """Calls this once it is over."""
        with self._lock:
            if not self._over.is_set():
                self._calls.append(call)
                return
        call()


class Landing(Generic[T]):
    """One or more pieces of work and the value they make together; made once."""

    def __init__(self, flights: Sequence[Waiting], make: Callable[..., T]) -> None:
        self.flights = tuple(flights)
        self._make = make
        self._lock = threading.Lock()
        self._made: list[T] = []

    def value(self) -> T:
        """The value, waited for in this thread."""
        with self._lock:
            if not self._made:
                self._made.append(self._make(*(flight.wait() for flight in self.flights)))
            return self._made[0]

    def in_loop(self) -> Generator[Any, None, T]:
        """The value, waited for by the running loop."""
        for flight in self.flights:
            if not flight.done():
                yield from self._landed(flight)
        return self.value()

    @staticmethod
    def _landed(flight: Waiting) -> Generator[Any, None, None]:
        import asyncio

        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()

        def land() -> None:
            if not future.done():
                future.set_result(None)

        def tell() -> None:
            try:
                loop.call_soon_threadsafe(land)
            except RuntimeError:
                # The loop was closed meanwhile: nobody waits any more.
                pass

        flight.on_done(tell)
        yield from future


class Pending(Generic[T]):
    """A value on its way. It becomes the value when it is awaited, and behaves as the value when it is used."""

    __slots__ = ("_landing",)

    def __init__(self, flights: Sequence[Waiting], make: Callable[..., T]) -> None:
        self._landing = Landing(flights, make)

    def __await__(self) -> Generator[Any, None, T]:
        value = yield from self._landing.in_loop()
        # What awaiting the value itself gives: nothing, for a method that has nothing to say.
        again = getattr(value, "__await__", None)
        return value if again is None else (yield from again())

    def __getattr__(self, name: str) -> Any:
        return getattr(self._landing.value(), name)

    def __repr__(self) -> str:
        return repr(self._landing.value())

    def __str__(self) -> str:
        return str(self._landing.value())

    def __bool__(self) -> bool:
        return bool(self._landing.value())

    def __int__(self) -> int:
        return int(self._landing.value())  # type: ignore[call-overload, no-any-return]

    def __eq__(self, other: object) -> bool:
        return self._landing.value() == other

    def __hash__(self) -> int:
        return id(self)

    def __iter__(self) -> Any:
        return iter(self._landing.value())  # type: ignore[call-overload]

    def __len__(self) -> int:
        return len(self._landing.value())  # type: ignore[arg-type]

    def __getitem__(self, key: Any) -> Any:
        return self._landing.value()[key]  # type: ignore[index]


def settled(flights: Sequence[Waiting], make: Callable[..., T]) -> T:
    """The value: at once outside of a loop, on its way inside of one."""
    if running_loop() is None:
        return Landing(flights, make).value()
    # It is used as the value is, so that it has its type.
    return Pending(flights, make)  # type: ignore[return-value]
