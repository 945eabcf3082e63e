"""How close an exported model is to the trained one."""
