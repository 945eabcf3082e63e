"""The stored history of a plant, in the file formats of the predecessor."""
