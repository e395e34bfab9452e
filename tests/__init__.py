"""Tests, with the same names as what they test."""
