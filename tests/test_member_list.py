"""An administrator's mark says whether the list of members is complete."""

from __future__ import annotations

from sqlalchemy import select

from handlers.kit.replies import Outcome
from handlers.member_list import MarkMemberList
from store import choices
from store.audit import AuditRecord
from store.roles import Role
from tests.bot import TestBot, message_of


async def marked(bot: TestBot) -> bool:
    async with bot.database.read() as session:
        return await choices.get(session, choices.MEMBER_LIST_COMPLETE) is not None


async def test_the_mark_is_set_and_taken_back_and_recorded_once_each(bot: TestBot) -> None:
    await bot.add_member("ada", Role.ADMINISTRATOR)
    for complete in (True, False):
        before = message_of(await bot.command("ada", "ccin", "members-complete"))
        assert before.buttons[0].confirm is not None
        assert before.buttons[0].action is not None
        assert before.buttons[0].action.data == {"complete": complete}
        for _press in range(2):
            await bot.press("ada", MarkMemberList(complete=complete))
        assert await marked(bot) is complete
    async with bot.database.read() as session:
        acts = (await session.scalars(select(AuditRecord.act))).all()
    assert acts == ["members.mark_list"] * 2


async def test_nobody_else_marks_the_list(bot: TestBot) -> None:
    await bot.add_member("rita", Role.REVIEWER, Role.PANEL)
    refused = [
        await bot.command("rita", "ccin", "members-complete"),
        await bot.press("rita", MarkMemberList(complete=True)),
    ]
    assert {handled.outcome for handled in refused} == {Outcome.REFUSED}
    assert not await marked(bot)
