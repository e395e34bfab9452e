"""News of case studies: a published one is announced to the network, and a withdrawn one taken back."""

from __future__ import annotations

from handlers import group_posts
from handlers.case_study_cards import Case
from handlers.kit.context import Context
from handlers.kit.messages import Button, Message
from handlers.kit.words import Words
from store.case_studies import CaseStudy
from store.profiles import MessageKind


async def tell(context: Context, case: Case) -> None:
    """Announce it once; where it is published again, what was announced before says so again."""
    key = _key(case.study)
    kind = MessageKind.CASE_STUDIES
    posted = await group_posts.post(context, (), lambda words: _published(words, case), key=key, kind=kind)
    if not posted.new:
        await group_posts.edit(context, lambda words: _published(words, case), key=key)


async def take_back(context: Context, study: CaseStudy) -> None:
    await group_posts.edit(
        context,
        lambda words: Message(text=words._("The case study that was announced here was withdrawn.")),
        key=_key(study),
    )


def _key(study: CaseStudy) -> str:
    return f"case_study:{study.id}"


def _published(words: Words, case: Case) -> Message:
    _ = words._
    named = {"title": case.study.title, "organisation": case.study.organisation.name}
    return Message(
        text=_("A new case study from %(organisation)s: “%(title)s”.") % named,
        buttons=(Button(label=_("Read the case study"), path=case.page),),
    )
