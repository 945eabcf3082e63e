"""Weights: merging, splicing, conversion, quantization and audit."""
