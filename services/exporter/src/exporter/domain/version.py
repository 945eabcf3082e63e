"""The version tag of a checkpoint: the same for every delivery, later checkpoints sort later."""

from ratchet.events.base import derived_id
from ratchet.events.run import CheckpointReady


def version_tag(checkpoint: CheckpointReady) -> str:
    """`v<UTC time of the checkpoint>-<12 hex>`; the hex is of the run and its manifest.

    It does not depend on the exported bytes: a second try after a crash finds what the first
    registered, even if a library between the two writes other bytes.
    """
    moment = checkpoint.occurred_at.utctimetuple()
    stamp = (
        f"{moment.tm_year:04}{moment.tm_mon:02}{moment.tm_mday:02}"
        f"t{moment.tm_hour:02}{moment.tm_min:02}{moment.tm_sec:02}"
    )
    return f"v{stamp}-{derived_id(checkpoint.run_id, checkpoint.manifest.sha256)[:12]}"


def may_follow(version: str, active: str | None) -> bool:
    """Whether the alias may move from `active` to `version`: never back by a late delivery."""
    return active is None or version >= active


def surplus(versions: tuple[str, ...], active: str | None, keep: int) -> tuple[str, ...]:
    """The versions beyond the `keep` newest that are not active, oldest first."""
    idle = sorted(version for version in versions if version != active)
    return tuple(idle[: max(len(idle) - keep, 0)])
