"""Long runs: a simulated year, and a storm of faults."""
