"""What every request passes before its route: one layer a file, `app.py` says in which order."""
