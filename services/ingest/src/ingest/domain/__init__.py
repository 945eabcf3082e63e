"""Pure intake rules: raw items in, events or problems out."""
