"""Named faults of an exported file."""

from typing import Literal

from ratchet.contract import Value

FaultName = Literal[
    "truncated file",
    "missing tensor",
    "swapped tensors",
    "missing adapter",
    "wrong base",
    "changed tensor",
    "wrong template",
    "wrong tokenizer",
    "wrong stop token",
    "lost plan",
]


class ParityFault(Value):
    name: FaultName
    detail: str

    def __str__(self) -> str:
        return f"{self.name}: {self.detail}"
