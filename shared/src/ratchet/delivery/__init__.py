"""At least once in, exactly one effect out: what FastStream leaves open on Redis Streams."""
