"""The form of an event feed: its address, and what becomes of its events."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from handlers import group_options
from handlers.event_cards import KIND_NAMES
from handlers.event_form import options
from handlers.kit.answers import Answers, is_link
from handlers.kit.context import Context
from handlers.kit.errors import UserError
from handlers.kit.forms import ChoiceField, Form, Option, SearchField, Step, TextField, YesNoField
from handlers.kit.updates import RawAnswers
from handlers.kit.words import LOCALES
from handlers.rule_sentences import CATEGORY_NAMES
from store.event_feeds import EventFeed
from store.events import EventKind

FORM = "event_feeds.form"
LONGEST_NAME = 80
FRESH: RawAnswers = {
    "kind": EventKind.NETWORK_EVENT.value, "event_language": "en", "everyone": "no", "public": "no",
    "announces": "no",
}  # fmt: skip


async def build(context: Context, subject: str) -> Form:
    """``subject`` is the id of the feed that is changed; empty for a new one."""
    _ = context._
    return Form(
        name=FORM,
        title=_("Change a calendar") if subject else _("Follow a calendar"),
        submit=_("Save"),
        steps=(
            Step(
                title=_("Which calendar"),
                fields=(
                    TextField(name="name", label=_("Name"), max_length=LONGEST_NAME,
                              help=_("So that administrators know which one it is.")),
                    TextField(
                        name="url",
                        label=_("Its iCalendar address"),
                        help=_("It begins with https:// or webcal:// and often ends with .ics. In Google it "
                               "is under “Integrate calendar”, in Outlook under “Publish a calendar”."),
                        max_length=2_000,
                    ),
                    YesNoField(
                        name="announces",
                        label=_("Announce its new events at once?"),
                        help=_("If not, they are drafts until somebody announces them. What is in it at "
                               "first is never posted; of a series only the next date is."),
                    ),
                ),
            ),
            Step(
                title=_("Its events"),
                help=_("For events that come from now on. Each can be changed when it is there."),
                fields=(
                    SearchField(
                        name="groups", label=_("Groups"), source=group_options.SOURCE, multiple=True,
                        required=False, help=_("Their people are invited."),
                    ),
                    ChoiceField(
                        name="categories", label=_("Membership of their organisation"), multiple=True,
                        required=False, options=options(context.words, CATEGORY_NAMES),
                    ),
                    YesNoField(name="everyone", label=_("Is every member invited?")),
                    YesNoField(
                        name="public", label=_("May anybody read of it on the web pages?"),
                        help=_("The joining link stays with those who come."),
                    ),
                    ChoiceField(name="kind", label=_("Kind"), options=options(context.words, KIND_NAMES)),
                    TextField(
                        name="organiser", label=_("Organiser"),
                        help=_("Whom people can ask: a name or an address. Everybody who is invited reads "
                               "it."),
                    ),
                    ChoiceField(
                        name="event_language", label=_("Language of the event"),
                        options=tuple(Option(value=one, label=label) for one, label in LOCALES.items()),
                    ),
                ),
            ),
        ),
    )  # fmt: skip


def initial(feed: EventFeed, group_ids: list[int]) -> RawAnswers:
    """The form filled from a feed as it is."""
    return {
        "name": feed.name,
        "url": feed.url,
        "announces": "yes" if feed.announces else "no",
        "groups": [str(one) for one in group_ids],
        "categories": list(feed.categories),
        "everyone": "yes" if feed.everyone else "no",
        "public": "yes" if feed.public else "no",
        "kind": feed.kind,
        "organiser": feed.organiser,
        "event_language": feed.language,
    }


def fill(context: Context, feed: EventFeed, answers: Answers, *, invited: bool) -> None:
    """:raises UserError: the address is none that is read, or it is for nobody."""
    _ = context._
    url = answers.text("url").strip()
    if url.lower().startswith("webcal://"):
        url = "https://" + url[len("webcal://") :]
    if not url.lower().startswith("https://") or not is_link(url):
        raise UserError(_("Enter an address that begins with https:// or webcal://."), field="url")
    if _is_address(urlsplit(url).hostname or "") or urlsplit(url).port not in (None, 443):
        raise UserError(
            _("Enter an address with a name, such as calendar.example.org, without a number in its place or "
              "after it."),
            field="url",
        )  # fmt: skip
    if not invited and not answers.yes("everyone") and not answers.several("categories"):
        raise UserError(_("Choose whom it is for."), field="groups")
    feed.name, feed.url = " ".join(answers.text("name").split()), url
    feed.announces = answers.yes("announces")
    feed.everyone, feed.public = answers.yes("everyone"), answers.yes("public")
    feed.categories, feed.kind = list(answers.several("categories")), answers.text("kind")
    feed.organiser, feed.language = answers.text("organiser"), answers.text("event_language")


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
