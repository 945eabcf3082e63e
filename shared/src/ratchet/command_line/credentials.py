"""The key that commands bear where the intake asks for one."""

import os


def bearing() -> dict[str, str]:
    """The headers of a call to the intake: RATCHET_API_KEY, where it is set."""
    secret = os.environ.get("RATCHET_API_KEY")
    return {"Authorization": f"Bearer {secret}"} if secret else {}
