"""Case studies: written, reviewed and published."""
