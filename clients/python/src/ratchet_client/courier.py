"""The thread that sends what waits in the channels."""

import logging
import math
from collections.abc import Mapping
from threading import Condition, Event, Thread

from ratchet_client.channel import Channel
from ratchet_client.events import EventKind

_log = logging.getLogger("ratchet_client")
_AFTER_A_FAULT_S = 5.0


class Courier:
    """`linger_s` is how long it waits after an event for others to send along."""

    def __init__(self, channels: Mapping[EventKind, Channel], linger_s: float) -> None:
        self._channels = channels
        self._linger_s = linger_s
        self._woken, self._stopped, self._hurried = Event(), Event(), Event()
        self._round = Condition()
        self._thread = Thread(target=self._run, name="ratchet-client", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        if not self._woken.is_set():
            self._woken.set()

    def flush(self, timeout_s: float) -> bool:
        """Send at once; returns whether all that waits now was settled within the time."""
        goals = [channel.goal() for channel in self._channels.values()]
        for channel in self._channels.values():
            channel.hurry()
        self._hurried.set()
        self._woken.set()
        with self._round:
            settled = self._round.wait_for(
                lambda: all(is_reached() for is_reached in goals), timeout_s
            )
        self._hurried.clear()
        return settled

    def stop(self, timeout_s: float) -> None:
        """Begin no other batch; waits for the one that is being sent."""
        self._stopped.set()
        self._hurried.set()
        self._woken.set()
        self._thread.join(timeout_s)

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                pause = min(
                    math.inf if self._stopped.is_set() else channel.send()
                    for channel in self._channels.values()
                )
            except Exception:  # noqa: BLE001 -- the thread must outlive every fault
                _log.exception("a batch could not be sent; it is tried again")
                pause = _AFTER_A_FAULT_S
            with self._round:
                self._round.notify_all()
            if pause > 0 and self._woken.wait(None if math.isinf(pause) else pause):
                self._woken.clear()
                self._hurried.wait(self._linger_s)
