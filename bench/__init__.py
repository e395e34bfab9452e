"""Long measurements, run by hand: each is a target of the Makefile."""
