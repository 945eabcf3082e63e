"""Child processes, periodic steps, cancellation, and the embedded Valkey server."""

from ratchet.processes.child import (
    PRIVATE,
    ChildFailed,
    Report,
    child_environment,
    run_child,
    serve_parent,
)
from ratchet.processes.outages import OneLineOfAnOutage, is_outage
from ratchet.processes.parent_death import PARENT_VARIABLE, signal_on_parent_death
from ratchet.processes.periodic import end_all, every
