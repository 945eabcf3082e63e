"""Recognizes the errors of PyTorch that mean full memory or a full disk."""

import torch


def is_out_of_memory(error: BaseException) -> bool:
    """Accelerators raise their own error type; the CPU allocator is known by its message only."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and "can't allocate memory" in str(error)


def is_failed_write(error: BaseException) -> bool:
    """`torch.save` reports the file position of a failed write, not the cause."""
    return isinstance(error, RuntimeError) and "unexpected pos" in str(error)


def first_line(error: BaseException) -> str:
    """The first line of the message: PyTorch appends a C++ stack trace."""
    return next(iter(str(error).splitlines()), type(error).__name__)
