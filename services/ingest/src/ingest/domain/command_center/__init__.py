"""What the Command Center's page is shown of what the ledger and the trainer say; pure."""
