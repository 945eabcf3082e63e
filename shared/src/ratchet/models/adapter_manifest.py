"""The manifest of an adapter: written last, it makes the files of a checkpoint one thing."""

from ratchet.contract import ArtifactRef, GateFigures, Method, Scores, Value


class AdapterManifest(Value):
    """`files` maps PEFT's file names to their artifacts; `base_sha256` hashes the base weights.

    `base_revision` is a commit of the hub or a package's release, None for a plain directory.
    `parent` is the manifest of the adapter this one went on from, None where it began at the
    base; `champion` that of the one it was held against. `versions` names the libraries, and the
    code that trained by its sha256. `references` is a file that tells how the trained model goes
    on after some chats, held out or of the fixed set (`ratchet.models.references`).
    `figures` are what the gate accepted it on; `regression_sha256` hashes the fixed questions.
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
