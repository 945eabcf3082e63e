"""Detects the stage of an export from its files: some stages last a millisecond."""

import time
from pathlib import Path
from typing import Literal, get_args

from exporter_kills.victim import Victim
from redis import Redis
from redis.exceptions import ResponseError

from ratchet.contract import CHECKPOINTS

Stage = Literal[
    "starting",
    "converting the base",
    "building",
    "judging",
    "storing",
    "registering",
    "moving the alias",
    "telling",
    "at rest",
]
ORDER: tuple[Stage, ...] = get_args(Stage)
LONGEST_S: dict[Stage, float] = {
    "starting": 2.0,
    "converting the base": 3.0,
    "building": 2.0,
    "judging": 5.0,
    "storing": 0.01,
    "registering": 0.03,
    "moving the alias": 0.01,
    "telling": 0.02,
}
"""How deep into a stage a kill may come."""
_LOOK_S, _LOOK_CLOSELY_S = 0.01, 0.0005
_LONG: set[Stage] = {"starting", "converting the base", "building"}
_GROUP = "exporter"


class Moments:
    """The stages of exporting `version`, whose checkpoint is the only pending entry."""

    def __init__(
        self, data_dir: Path, model: str, version: str, redis: Redis, victim: Victim
    ) -> None:
        self._cache = data_dir / "cache" / "gguf"
        self._work = data_dir / "work" / f"export-{version}"
        self._registry = data_dir / "registry" / model
        self._version = version
        self._redis = redis
        self._victim = victim
        self._deliveries = 0
        self._claimed = self._judged = False

    def killed(self) -> None:
        """Ignore the files of killed processes until the entry is delivered again."""
        self._claimed = self._judged = False

    def now(self) -> Stage:
        registered = (self._registry / self._version).is_dir()
        latest = self._registry / "latest"
        active = latest.is_symlink() and latest.readlink().name == self._version
        if not self._claimed or active:
            deliveries = self._delivered()
            if not deliveries:
                return "at rest" if active else "starting"
            self._claimed |= deliveries > self._deliveries
            self._deliveries = deliveries
        if not self._claimed:
            return "starting"
        if registered:
            return "telling" if active else "moving the alias"
        if not self._work.is_dir():
            return "registering" if self._judged else "starting"
        files = self._files()
        built = any(name.endswith(".gguf") and "f16" not in name for name in files)
        if self._judged and not built:
            return "storing"
        self._judged = built
        if built:
            return "judging"
        return "converting the base" if any(self._cache.glob(".*")) else "building"

    def _files(self) -> list[str]:
        try:
            return [path.name for path in self._work.iterdir()]
        except FileNotFoundError:  # removed since it was seen
            return []

    def reach(self, stage: Stage, for_s: float, deadline_s: float) -> Stage:
        """Wait until `stage` has lasted `for_s` or has passed; returns the current stage."""
        end = time.monotonic() + deadline_s
        entered: float | None = None
        while (at := time.monotonic()) < end:
            self._victim.require_alive()
            now = self.now()
            if now == stage:
                entered = entered or at
                if at - entered >= for_s:
                    return now
            elif entered is not None or ORDER.index(now) > ORDER.index(stage):
                return now
            time.sleep(_LOOK_S if now in _LONG else _LOOK_CLOSELY_S)
        raise TimeoutError(f"no export was {stage} within {deadline_s:.0f} s")

    def _delivered(self) -> int:
        """The number of deliveries of the entry; 0 before the first and after acknowledgment."""
        try:
            results = self._redis.xpending_range(CHECKPOINTS.key, _GROUP, "-", "+", 1)
        except ResponseError:  # no service has made the group yet
            return 0
        return int(results[0]["times_delivered"]) if results else 0
