"""Every deployment runs the same Ollama, one that renders a model's own chat template."""

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
OVERLAYS = sorted((ROOT / "k8s" / "overlays").glob("*/kustomization.yaml"))


def tags() -> dict[str, str]:
    """The pinned tag by the file that pins it."""
    found = {
        str(path): image["newTag"]
        for path in OVERLAYS
        for image in yaml.safe_load(path.read_text())["images"]
        if image["name"] == "ollama/ollama"
    }
    for name, service in COMPOSE.items():
        if match := re.search(r"ollama/ollama:([\w.-]+)", service["image"]):
            found[f"compose {name}"] = match[1]
    example = re.search(r"ollama/ollama:(\S+)", (ROOT / ".env.example").read_text())
    assert example is not None
    return found | {".env.example": example[1]}


def test_every_deployment_pins_the_same_release():
    assert len(tags()) >= 4
    assert len(set(tags().values())) == 1


def test_the_release_renders_the_template_inside_a_gguf():
    """Older ones translate a few templates and show the bare prompt for the rest."""
    for tag in tags().values():
        assert re.fullmatch(r"\d+\.\d+\.\d+", tag), "a release, not a candidate"
        assert tuple(map(int, tag.split("."))) >= (0, 30)
