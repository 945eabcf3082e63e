"""Version tags: the same for every delivery of a checkpoint, ordered by its time."""

from ratchet.contract import CheckpointReady, derived_id


def version_tag(checkpoint: CheckpointReady) -> str:
    """`v<UTC time of the checkpoint>-<12 hex>`; the hex is of the run and its manifest.

    It does not depend on the exported bytes: a retry after a crash finds the version that the
    first attempt registered, even if another release of a library writes other bytes.
    """
    moment = checkpoint.occurred_at.utctimetuple()
    stamp = (
        f"{moment.tm_year:04}{moment.tm_mon:02}{moment.tm_mday:02}"
        f"t{moment.tm_hour:02}{moment.tm_min:02}{moment.tm_sec:02}"
    )
    return f"v{stamp}-{derived_id(checkpoint.run_id, checkpoint.manifest.sha256)[:12]}"


def may_follow(version: str, newest: str | None) -> bool:
    """Whether a checkpoint's `version` may become active without a command.

    `newest` is the latest version that was ever active: a late delivery never moves the alias
    back, and a redelivery never undoes a rollback.
    """
    return newest is None or version > newest


def surplus(
    versions: tuple[str, ...], active: str | None, keep: int, way_back: str | None = None
) -> tuple[str, ...]:
    """The versions beyond `keep` that are not active, oldest first.

    Retained are the version a rollback leads to, and the newest.
    """
    idle = sorted(
        (version for version in versions if version != active),
        key=lambda version: (version == way_back, version),
    )
    return tuple(idle[: max(len(idle) - keep, 0)])
