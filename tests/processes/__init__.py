"""Tests that start, stop and kill the bot as a process of its own."""
