"""The middlewares of a request; `app.py` sets their order."""
