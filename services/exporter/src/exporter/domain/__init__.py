"""What the exporter decides: values in, values out."""
