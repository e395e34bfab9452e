"""The Slack surface, against a local Slack."""
