"""A registered model as one signed file, and the way from that file into other registries."""
