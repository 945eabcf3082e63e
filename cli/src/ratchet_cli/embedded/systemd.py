"""Reports to systemd that the system is up and that its supervisor is not stuck."""

import asyncio
import os
import socket
from typing import NoReturn

_EVERY_S = 10.0
_SOCKET = "NOTIFY_SOCKET"


async def keep_notifying() -> NoReturn:
    """Until cancelled; without effect where systemd did not start this process.

    The messages are those of sd_notify(3).
    """
    _send("READY=1")
    while True:
        _send("WATCHDOG=1")
        await asyncio.sleep(_EVERY_S)


def _send(message: str) -> None:
    address = os.environ.get(_SOCKET)
    if not address:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as notifying:
        try:
            # An address that begins with @ is an abstract one, which begins with a zero byte.
            notifying.sendto(message.encode(), "\0" + address[1:] if address[0] == "@" else address)
        except OSError:
            return
