"""What a ranking learns from, and whether what it learnt may serve: values in, values out."""
