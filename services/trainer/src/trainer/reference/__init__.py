"""How the trained model answers, written down where it is at home: the exporter loads no torch."""
