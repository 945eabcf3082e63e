"""What can be wrong with an exported file, by name."""

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


class Fault(Value):
    name: FaultName
    said: str

    def __str__(self) -> str:
        return f"{self.name}: {self.said}"
