"""Ends a child process with its parent, even when the parent is killed."""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1
PARENT_VARIABLE = "RATCHET_PARENT_PID"


def signal_on_parent_death(number: signal.Signals) -> None:
    """Ask the kernel to send this process `number` when its parent dies (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, number)


def die_with_parent() -> None:
    """Die with the parent; exit now if it is already dead. Call first in a child process."""
    signal_on_parent_death(signal.SIGKILL)
    expected = os.environ.get(PARENT_VARIABLE)
    if expected is not None and os.getppid() != int(expected):
        sys.exit("the parent process died before this child started")
