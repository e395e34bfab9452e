"""What the bot does, feature by feature, in words that no surface owns."""
