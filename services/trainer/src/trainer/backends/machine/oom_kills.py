"""Whether the kernel has killed for want of memory."""

from pathlib import Path

_COUNTERS = Path("/proc/vmstat")


def oom_kills() -> int:
    """How many processes the kernel has killed since it started; 0 where it does not say."""
    try:
        lines = _COUNTERS.read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("oom_kill ")), 0)
