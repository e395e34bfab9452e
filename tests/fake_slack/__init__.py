"""Tests of the local Slack, driven by Slack's own libraries."""
