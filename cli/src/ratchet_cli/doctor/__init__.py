"""Checks of this machine and the running system.

Each module reads the facts of one subject with `probe` and judges them with `judge`, which is pure.
"""
