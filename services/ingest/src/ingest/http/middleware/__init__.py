"""What each request passes before its route; `app.py` sets the order."""
