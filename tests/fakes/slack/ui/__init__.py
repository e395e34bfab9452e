"""The workspace as a page in a browser, close to how Slack would show it."""
