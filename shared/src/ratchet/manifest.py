"""The manifest of an adapter: written last, it makes the files of a checkpoint one thing."""

from ratchet.events.artifact import ArtifactRef
from ratchet.events.base import Value
from ratchet.events.run import Method, Scores


class AdapterManifest(Value):
    """`files` maps PEFT's file names to their artifacts; `base_sha256` hashes the base weights.

    `parity_prompts` are held-out user turns for the exporter to compare answers on.
    """

    run_id: str
    method: Method
    base_model: str
    base_sha256: str
    settings: dict[str, float | int | str | list[str]]
    dataset_sha256: str
    example_ids: tuple[str, ...]
    files: dict[str, ArtifactRef]
    parity_prompts: tuple[str, ...]
    before: Scores
    after: Scores
    versions: dict[str, str]
