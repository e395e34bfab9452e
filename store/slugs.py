"""Slugs: titles as the ends of addresses."""

from __future__ import annotations

import re
import unicodedata

LONGEST_SLUG = 80
# Letters that do not fall apart into a plain letter and an accent.
_PLAIN_LETTERS = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "&": " and "}
)


def slug_of(title: str) -> str:
    """Plain lower-case letters, figures and hyphens; empty where the title has no letter of ours."""
    plain = unicodedata.normalize("NFKD", title.lower().translate(_PLAIN_LETTERS))
    plain = re.sub(r"['’‘`\u0300-\u036f]", "", plain)
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    if len(slug) > LONGEST_SLUG:
        slug = slug[: LONGEST_SLUG + 1].rpartition("-")[0] or slug[:LONGEST_SLUG]
    return slug
