"""The surfaces people meet the bot on, the command line, and the wiring of it all."""
