"""What is well on this machine and what is not: pure verdicts on what the probes found."""
