"""Pure rules: paths, requests, answers, redaction."""
