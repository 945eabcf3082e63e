"""The language of the four services; importing it needs pydantic and nothing else."""
