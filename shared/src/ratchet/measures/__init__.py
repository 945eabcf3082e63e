"""Pure measures of a model's output: spoken text, stated numbers, widget plans."""
