"""Records the Command Center's answers in Ratchet instead of in the backend's own buffer.

Copy this file into the backend, install `ratchet-client` there, and call `install` where the
backend starts its own learning:

    from rl import continuous
    install(continuous, "http://127.0.0.1:8110", key)

The orchestrator stays as it is. It gets a recorder from `get_rl_system()` for each answer.
"""

from types import ModuleType

from ratchet_client import Ratchet


class RatchetRecorder:
    """Has what the orchestrator calls after each answer."""

    running = True

    def __init__(self, ratchet: Ratchet) -> None:
        self.ratchet = ratchet

    def record_experience(self, **experience: object) -> None:
        """The arguments are fields of an experience, with the same names."""
        self.ratchet.record(experience)


def install(continuous: ModuleType, url: str, key: str | None = None) -> RatchetRecorder:
    """Let the orchestrator record in Ratchet; `continuous` is the backend's `rl.continuous`."""
    recorder = RatchetRecorder(Ratchet(url, key))
    continuous.get_rl_system = lambda: recorder  # type: ignore[attr-defined]
    return recorder
