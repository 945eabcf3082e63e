"""Files in which calls wait until Redis has them."""
