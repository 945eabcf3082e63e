"""What may be asked of the ledger, one topic a file: a connection in, views out."""
