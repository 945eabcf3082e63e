"""Disk space that an export needs."""

from exporter.domain.parity.quantization import BITS, QuantizationChoice, candidates

_SLACK = 1.05
"""Vocabulary, metadata and alignment."""


def bytes_needed(parameters: int, choice: QuantizationChoice) -> int:
    """For the f16 files of base and model, the first candidate and its copy in a registry."""
    first = candidates(choice, parameters)[0]
    bits = 2 * BITS["f16"] + 2 * BITS[first]
    return int(_SLACK * parameters * bits / 8)
