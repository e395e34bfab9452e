"""What administrators do with the knowledge base: the payloads of their buttons."""

from __future__ import annotations

from handlers.kit.messages import Action


class ManageEntry(Action, name="faq_change.show"):
    """Show an entry to those who edit it."""

    slug: str


class EditEntry(Action, name="faq_change.edit"):
    """Open the form of an entry; with a change, as it was written there."""

    slug: str
    change_id: int = 0


class PublishChange(Action, name="faq_change.publish"):
    """Publish a change; ``despite`` what the check found."""

    change_id: int
    despite: bool = False


class DiscardChange(Action, name="faq_change.discard"):
    """Throw a change away."""

    change_id: int


class ArchiveEntry(Action, name="faq_change.archive"):
    """Answer with an entry no longer, or again."""

    slug: str
    archived: bool = True


class ConfirmEntry(Action, name="faq_change.reviewed"):
    """Say that an answer was read against its source today and still holds."""

    slug: str


class RestoreVersion(Action, name="faq_change.restore"):
    """Make an entry say what an older version of it said."""

    slug: str
    number: int
