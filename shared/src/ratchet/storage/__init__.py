"""Durable files, content-addressed artifacts, leases, tombstones and signing keys."""

# fmt: off
# isort: off
from ratchet.storage.artifacts import ArtifactCorrupt, ArtifactMissing, ArtifactStore, sha256_of
from ratchet.storage.durable_write import flush, flush_tree, write_whole
from ratchet.storage.lease import LeaseLost, LeaseTaken, hold_lease
from ratchet.storage.tombstones import (
    SALT_KEY, TOMBSTONE, Tombstones, bury, forgotten_among, hashed, query_ids_of,
    without_forgotten,
)
