"""The base model with the chat template that the adapter was trained with."""

import json
from pathlib import Path

_CONFIG = "tokenizer_config.json"
_TEMPLATE_FILES = ("chat_template.jinja", "chat_template.json")


def name_of(base: Path) -> str:
    """The name of the directory, or of the hub's repository that it is a snapshot of.

    llama.cpp sets attributes of tokens by parts of the name, such as "phi-3".
    """
    if base.parent.name == "snapshots":
        return base.parent.parent.name.rpartition("--")[2]
    return base.name


def link_base(base: Path, chat_template: str, parent: Path) -> None:
    """Make `parent` with a directory of the base's name: links to its files, and the template.

    The converter reads the template from `tokenizer_config.json` first, transformers from the
    others, so it remains in that one alone.
    """
    directory = parent / name_of(base)
    directory.mkdir(parents=True)
    for path in base.iterdir():
        if path.is_file() and path.name not in (_CONFIG, *_TEMPLATE_FILES):
            (directory / path.name).symlink_to(path.resolve())
    about = json.loads((base / _CONFIG).read_bytes()) if (base / _CONFIG).is_file() else {}
    content = json.dumps({**about, "chat_template": chat_template}, ensure_ascii=False, indent=2)
    (directory / _CONFIG).write_text(content, encoding="utf-8")
