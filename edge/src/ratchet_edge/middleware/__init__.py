"""The middlewares of a request; `app.py` of a service sets their order."""
