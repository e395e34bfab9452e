"""Slides and other links of an event: added by those who run it, for those who came."""

from __future__ import annotations

from handlers.event_actions import EditLinks
from handlers.events import event_card, own_event
from handlers.kit.answers import Answers
from handlers.kit.context import Context
from handlers.kit.errors import UserError
from handlers.kit.forms import AnyField, Form, LinkField, Step, TextField
from handlers.kit.replies import Open, Reply, Result
from handlers.kit.router import Router, Submitted
from handlers.kit.updates import RawAnswers
from handlers.organisations import is_id

LINKS_FORM = "events.links"
MOST_LINKS = 3
LONGEST_NAME = 60

router = Router("event_links")


@router.action(EditLinks)
async def edit(context: Context, action: EditLinks) -> Reply:
    event = await own_event(context, action.event_id)
    initial: RawAnswers = {}
    for number, one in enumerate(event.links, start=1):
        initial |= {f"title_{number}": one["title"], f"url_{number}": one["url"]}
    return Open(LINKS_FORM, initial=initial, subject=str(event.id))


async def build(context: Context, subject: str) -> Form:
    _ = context._
    fields: list[AnyField] = []
    for number in range(1, MOST_LINKS + 1):
        shown = {"number": number}
        fields += [
            LinkField(name=f"url_{number}", label=_("Link %(number)s") % shown, required=False),
            TextField(
                name=f"title_{number}",
                label=_("What is behind link %(number)s?") % shown,
                placeholder=_("The slides"),
                required=False,
                max_length=LONGEST_NAME,
            ),
        ]
    return Form(
        name=LINKS_FORM,
        title=_("Slides and links"),
        submit=_("Save"),
        steps=(
            Step(
                title=_("Slides and links"),
                help=_(
                    "Everybody who may see the event finds them with it. What is here at 9:00 on the next "
                    "working day after the event goes out with the thanks."
                ),
                fields=tuple(fields),
            ),
        ),
    )


@router.form(LINKS_FORM, build)
async def save(context: Context, sent: Submitted) -> Result:
    event = await own_event(context, int(sent.subject) if is_id(sent.subject) else 0, lock=True)
    event.links = _links(context, sent.answers)
    event.changed_at = context.now
    await context.audit("event.links", "event", event.id)
    return await event_card(context, event, note=context._("Saved."))


def _links(context: Context, answers: Answers) -> list[dict[str, str]]:
    """:raises UserError: a name has no link."""
    links = []
    for number in range(1, MOST_LINKS + 1):
        url = answers.text(f"url_{number}")
        title = " ".join(answers.text(f"title_{number}").split())
        if title and not url:
            raise UserError(context._("Add the link that goes with this name."), field=f"url_{number}")
        if url:
            links.append({"title": title or context._("The slides"), "url": url})
    return links
