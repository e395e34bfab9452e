"""The platform-neutral core: updates, messages, forms, routing, and the dispatcher."""
