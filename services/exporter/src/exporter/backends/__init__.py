"""One file for each library or store the exporter works with."""
