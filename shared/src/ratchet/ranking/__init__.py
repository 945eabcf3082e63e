"""How candidates become a ranking, and how likely it was: pure, the same where it is learnt."""
