"""The schema's history, applied at start; see ``store.schema``."""
