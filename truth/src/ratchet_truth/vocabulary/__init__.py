"""The words of answers: phrases with a meaning, metrics, units and devices."""
