"""The version tag of a checkpoint: the same for every delivery, later checkpoints sort later."""

from ratchet.contract import CheckpointReady, derived_id


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


def may_follow(version: str, newest: str | None) -> bool:
    """Whether a checkpoint's `version` may become active by itself.

    `newest` is the latest that ever was: a late delivery never moves the alias back, and one that
    comes again never undoes a rollback.
    """
    return newest is None or version > newest


def surplus(
    versions: tuple[str, ...], active: str | None, keep: int, way_back: str | None = None
) -> tuple[str, ...]:
    """The versions beyond `keep` that are not active, oldest first.

    Those kept are where a rollback leads, and the newest.
    """
    idle = sorted(
        (version for version in versions if version != active),
        key=lambda version: (version == way_back, version),
    )
    return tuple(idle[: max(len(idle) - keep, 0)])
