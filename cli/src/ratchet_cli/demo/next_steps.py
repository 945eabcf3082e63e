"""What a person can do after the demo, as commands that work as they are printed."""

import shlex
import sys
from pathlib import Path

from ratchet_cli.demo.settings import BASE_MODEL, MODEL_NAME

_PORT = 8100
_QUESTION = "What is the power of pump 003?"
_READINGS = ("pump 003 power: 45 kW", "pump 003 limit: 60 kW", "pump 004 power: 38 kW")


def next_steps(data_dir: Path, *, has_model: bool) -> dict[str, str]:
    """Each step with its command or address; those about the model only if there is one."""
    python = _short(Path(sys.executable))
    steps = {}
    if has_model:
        version = data_dir / "registry" / MODEL_NAME / "latest"
        readings = [part for line in _READINGS for part in ("--reading", line)]
        question = [str(version / "model.gguf"), _QUESTION, *readings]
        steps["ask the model"] = shlex.join([python, "-m", "exporter", "answer", *question])
        modelfile = shlex.quote(str(version / "Modelfile"))
        steps["ask it in Ollama"] = (
            f"ollama create {MODEL_NAME} -f {modelfile} && ollama run {MODEL_NAME}"
        )
    ratchet = shlex.quote(_short(Path(sys.executable).with_name("ratchet")))
    steps["keep a system running"] = (
        f"RATCHET_TRAINER_BASE_MODEL={BASE_MODEL} {ratchet} up --data-dir var/ratchet "
        f"--port {_PORT}"
    )
    steps["see what it does"] = f"{ratchet} status --data-dir var/ratchet"
    steps["see its page of calls"] = f"http://127.0.0.1:{_PORT}/docs"
    return steps


def _short(path: Path) -> str:
    """Relative to the working directory where that is shorter."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
