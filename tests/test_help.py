"""Everybody finds out what they may do, who they are here, and how to go on."""

from __future__ import annotations

import pytest

from handlers.help import SetLanguage
from handlers.kit.form_flow import ContinueDraft
from handlers.kit.messages import Message
from handlers.kit.replies import Handled, Outcome
from handlers.kit.router import RunCommand
from handlers.kit.updates import Command, Content, Opened, Place, PlaceKind, Sender, Update
from handlers.people import ChooseWhom
from handlers.recognition import ChooseOrganisation
from store import members, roles
from store.organisations import MailDomain, Organisation
from store.roles import Role
from tests.bot import TestBot, form_of, message_of

HOME = Place("test", PlaceKind.HOME, "ann")


async def visit(bot: TestBot, content: Content) -> Handled:
    place = Place("test", PlaceKind.DIRECT, "v1")
    handled = await bot.dispatcher.handle(Update("v:1", Sender("test", "v1", visitor=True), place, content))
    await bot.deliver()
    return handled


def commands_in(message: Message) -> set[str]:
    return {
        line.split(":")[0].removeprefix("- ") for line in message.text.splitlines() if line.startswith("-")
    }


async def test_the_list_shows_what_this_person_may_do(bot: TestBot) -> None:
    for who, held in (("ann", ()), ("ada", (Role.ADMINISTRATOR,)), ("olive", (Role.OWNER,))):
        await bot.add_member(who, *held)
    ann, ada, olive = [
        commands_in(message_of(await bot.command(who, "ccin", "help"))) for who in ("ann", "ada", "olive")
    ]
    visitor = commands_in(message_of(await visit(bot, Command("ccin"))))
    assert {"/ask [question]", "/ccin", "/ccin web"} <= visitor < ann < ada < olive
    assert "/ccin me" in ann - visitor
    assert {"/ccin channels", "/ccin texts", "/ccin members-complete"} <= ada - ann
    assert "/ccin roles" in olive - ada


async def test_an_unknown_subcommand_is_named_and_the_list_follows(bot: TestBot) -> None:
    said = message_of(await bot.command("ann", "ccin", "dance"))
    assert said.text.startswith("There is no command /ccin dance.")
    assert "/ccin me" in commands_in(said)


async def test_every_button_of_the_list_leads_to_a_command_that_exists(bot: TestBot) -> None:
    said = message_of(await bot.command("ann", "ccin"))
    runs = [RunCommand.model_validate(button.action.data) for button in said.buttons if button.action]
    assert runs
    for run in runs:
        assert (await bot.press("ann", run)).outcome is Outcome.HANDLED


async def test_home_says_who_one_is_and_offers_what_was_begun(bot: TestBot) -> None:
    await bot.add_member("ann", Role.OWNER, name="Ann Archer")
    view = form_of(await bot.press("ann", ChooseWhom()))
    await bot.submit("ann", view, {"member": "nobody"})
    await bot.press("ann", ChooseWhom())
    home = message_of(await bot.handle("ann", Opened(), place=HOME))
    assert home.heading == "Hello, Ann Archer"
    assert [(fact.label, fact.value) for fact in home.facts] == [
        ("Organisation", "not known"),
        ("Roles", "Owner"),
    ]
    assert [item.title for item in home.items] == ["Give a role"]
    assert home.items[0].buttons[0].action is not None
    go_on = ContinueDraft.model_validate(home.items[0].buttons[0].action.data)
    assert go_on.draft_id == view.draft_id
    assert form_of(await bot.press("ann", go_on)).answers == {"member": "nobody"}


async def test_home_leaves_out_a_draft_that_the_person_may_no_longer_use(bot: TestBot) -> None:
    ann = await bot.add_member("ann", Role.OWNER)
    view = form_of(await bot.press("ann", ChooseWhom()))
    await bot.submit("ann", view, {"member": "nobody"})
    async with bot.database.write() as session:
        await roles.take(session, ann.id, Role.OWNER)
    assert message_of(await bot.handle("ann", Opened(), place=HOME)).items == ()


async def test_home_asks_again_which_organisation_where_several_share_a_domain(bot: TestBot) -> None:
    ann = await bot.add_member("ann")
    async with bot.database.write() as session:
        for name in ("East Council", "West Council"):
            council = Organisation(name=name, category="full", kind="council", region="")
            session.add(council)
            await session.flush()
            session.add(MailDomain(organisation_id=council.id, domain="shared.example.org"))
        identity = (await members.identities(session, ann.id))[0]
        identity.email, identity.email_verified = "ann@shared.example.org", True
    home = message_of(await bot.handle("ann", Opened(), place=HOME))
    buttons = home.items[0].buttons
    assert [button.label for button in buttons] == ["East Council", "West Council"]
    assert buttons[0].action is not None
    await bot.press("ann", ChooseOrganisation.model_validate(buttons[0].action.data))
    after = message_of(await bot.handle("ann", Opened(), place=HOME))
    assert (after.items, after.facts[0].value) == ((), "East Council")


async def test_the_way_to_the_web_pages_is_a_link_made_on_delivery(bot: TestBot) -> None:
    await bot.add_member("ann")
    said = message_of(await bot.command("ann", "ccin", "web"))
    assert [(button.sign_in, button.url) for button in said.buttons] == [(True, None)]
    delivered = bot.platform.said_to("ann")[0]
    assert [button.url for button in delivered.buttons] == ["https://bot.example.org/sign-in/test-1"]


async def test_on_the_web_pages_one_is_told_to_be_there_already(bot: TestBot) -> None:
    place = Place("web", PlaceKind.DIRECT, "c1")
    async with bot.database.write() as session:
        member = await members.add(session, name="Ann", now=bot.clock())
        await members.add_identity(session, member, "web", "c1")
    said = message_of(
        await bot.dispatcher.handle(Update("w:1", Sender("web", "c1"), place, Command("ccin", "web")))
    )
    assert (said.text, said.buttons) == ("You are on the web pages already, signed in as Ann.", ())


async def test_a_visitor_is_told_how_to_sign_in(bot: TestBot) -> None:
    said = message_of(await visit(bot, Command("ccin", "web")))
    assert "type /ccin web" in said.text
    assert said.buttons == ()


@pytest.mark.parametrize(("typed", "locale"), [("Cymraeg", "cy"), ("welsh", "cy"), ("en", "en")])
async def test_a_language_is_chosen_by_typing_it(bot: TestBot, typed: str, locale: str) -> None:
    await bot.add_member("ann", locale="cy" if locale == "en" else "en")
    said = message_of(await bot.command("ann", "ccin", f"language {typed}"))
    assert {"cy": "Cymraeg", "en": "English"}[locale] in said.text
    async with bot.database.read() as session:
        found = await members.by_identity(session, "test", "ann")
    assert found is not None
    assert (found[0].locale, found[0].locale_chosen) == (locale, True)


async def test_a_language_is_chosen_by_button_and_no_other_is_taken(bot: TestBot) -> None:
    said = message_of(await bot.command("ann", "ccin", "language"))
    assert [button.label for button in said.buttons] == ["English", "Cymraeg"]
    assert (await bot.press("ann", SetLanguage(locale="cy"))).outcome is Outcome.HANDLED
    assert (await bot.press("ann", SetLanguage(locale="fr"))).outcome is Outcome.REFUSED


async def test_one_sees_what_the_bot_knows_of_oneself_and_how_to_correct_it(bot: TestBot) -> None:
    ann = await bot.add_member("ann", Role.REVIEWER, name="Ann Archer")
    async with bot.database.write() as session:
        identity = (await members.identities(session, ann.id))[0]
        identity.email = "ann@example.org"
        await members.add_identity(session, ann, "web", "c1")
    said = message_of(await bot.command("ann", "ccin", "me"))
    assert {fact.label: fact.value for fact in said.facts} == {
        "Name": "Ann Archer",
        "E-mail": "ann@example.org (not confirmed)",
        "Organisation": "not known",
        "Roles": "Reviewer",
        "Language": "English",
        "I know you from": "test and the web pages",
    }
    assert "An administrator can put your organisation right" in said.text
