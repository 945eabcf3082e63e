"""What the Command Center's page shows, built from the ledger and the trainer's status; pure."""
