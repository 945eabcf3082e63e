"""One module for each library, server or store that the exporter uses."""
