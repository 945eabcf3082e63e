"""Child processes, periodic steps, cancellation, and the embedded Valkey server."""

from ratchet.processes.cancellation import end_all
from ratchet.processes.child import PRIVATE, ChildFailed, child_environment, run_child
from ratchet.processes.child_main import Report, serve_parent
from ratchet.processes.parent_death import PARENT_VARIABLE, signal_on_parent_death
from ratchet.processes.periodic import every
