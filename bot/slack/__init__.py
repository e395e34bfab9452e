"""The Slack surface: the only code that knows Bolt and Block Kit."""
