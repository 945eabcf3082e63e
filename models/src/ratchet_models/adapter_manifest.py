"""The manifest of an adapter, written last: it completes a checkpoint."""

from ratchet.contract import ArtifactRef, GateFigures, Method, Scores, Value


class AdapterManifest(Value):
    """`files` maps PEFT's file names to their artifacts; `base_sha256` hashes the base weights.

    `base_revision` is a commit of the hub or a package's release, None for a plain directory.
    `parent` is the manifest of the adapter that this one was trained from, None for the base;
    `champion` that of the adapter it was compared with. `versions` contains those of the
    libraries, and the sha256 of the training code. `references` is a file of reference answers
    (`ratchet_models.references`). `figures` are the figures of the acceptance gate;
    `regression_sha256` hashes the fixed questions, and
    `chat_template_sha256` the pinned chat template (None: it was not pinned).
    """

    run_id: str
    method: Method
    base_model: str
    base_sha256: str
    settings: dict[str, float | int | str | list[str]]
    dataset_sha256: str
    example_ids: tuple[str, ...]
    files: dict[str, ArtifactRef]
    before: Scores
    after: Scores
    versions: dict[str, str]
    base_revision: str | None = None
    parent: ArtifactRef | None = None
    champion: ArtifactRef | None = None
    figures: GateFigures | None = None
    regression_sha256: str | None = None
    references: ArtifactRef | None = None
    chat_template_sha256: str | None = None
