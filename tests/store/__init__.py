"""Tests of tables and the questions asked of them."""
