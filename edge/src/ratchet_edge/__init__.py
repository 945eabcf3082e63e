"""What a request from outside passes before a route: ids, origins, keys, limits."""
