"""Pure reward rules: facts in, scores and examples out."""
