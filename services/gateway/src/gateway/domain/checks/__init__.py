"""Checks an answer before it is spoken: its judgment, and its texts in each response form."""
