"""Tables and the questions asked of them, one module a noun."""
