"""The routes that the Command Center's page and evaluator call."""
