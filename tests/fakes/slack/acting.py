"""What people do in the workspace: a test, or a person in a browser, acts as any of them."""

from __future__ import annotations

import dataclasses
from typing import Any

from tests.fakes.slack import interactions
from tests.fakes.slack.answers import Answers
from tests.fakes.slack.core import Core
from tests.fakes.slack.delivery import Ack
from tests.fakes.slack.errors import NotSubmitted
from tests.fakes.slack.filling import problems_of
from tests.fakes.slack.views import View, find_element
from tests.fakes.slack.workspace import Channel, ChannelKind, Json, Message, User

Where = Message | View


class Acting(Core):
    """Each act waits until the app has acknowledged it or Slack would have given up waiting."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.answers = Answers(self)

    # What is set up; the app hears nothing of it.

    def add_user(self, name: str, *, email: str | None = None, real_name: str = "", **flags: Any) -> User:
        """Add a person; `email` defaults to their name at example.org."""
        workspace = self.workspace
        address = f"{name}@example.org" if email is None else email
        team_id = flags.pop("team_id", workspace.team_id)
        user = User(workspace.new_id("U"), name, real_name or name.title(), address, team_id, **flags)
        if user.is_bot and not user.bot_id:
            user.bot_id = workspace.new_id("B")
        workspace.users[user.id] = user
        return user

    def add_channel(
        self,
        name: str,
        *members: User,
        kind: ChannelKind = "channel",
        bot: bool = True,
        **flags: Any,
    ) -> Channel:
        """Add a channel; the app's bot is in it unless `bot` is false."""
        workspace = self.workspace
        ids = [self.app.bot_user_id] if bot else []
        ids += [member.id for member in members]
        channel = Channel(workspace.new_id("C"), name.removeprefix("#"), kind, dict.fromkeys(ids), **flags)
        channel.created = int(self.clock())
        workspace.channels[channel.id] = channel
        self.changed()
        return channel

    def dm(self, user: User | str) -> Channel:
        """The person's direct conversation with the bot."""
        return self.workspace.im(self.user(user).id)

    # What people do.

    async def say(
        self,
        user: User | str,
        channel: Channel | str,
        text: str,
        thread_ts: str | None = None,
        **details: Any,
    ) -> Message:
        place = self.channel(channel)
        message = self.workspace.post(place, self.user(user), text, thread_ts=thread_ts, **details)
        self.changed()
        await self.events.message(place, message)
        return message

    async def edit(self, message: Message, text: str) -> list[Ack]:
        before = message.to_json()
        message.text, message.edited_ts = text, self.workspace.new_ts()
        self.changed()
        return await self.events.message_changed(self.channel(message.channel), message, before)

    async def delete(self, message: Message) -> list[Ack]:
        self.workspace.remove(message)
        self.changed()
        return await self.events.message_deleted(self.channel(message.channel), message)

    async def command(self, user: User | str, name: str, text: str, channel: Channel | str) -> Ack:
        person, place = self.user(user), self.channel(channel)
        payload = interactions.command(self, person, place, name, text)
        ack = await self.delivery.once("slash_commands", name, payload)
        self.answers.to_command(ack, name, person.id, place.id)
        return ack

    async def press(
        self,
        user: User | str,
        where: Where,
        action_id: str,
        value: Any = None,
        *,
        block_id: str | None = None,
    ) -> Ack:
        """Press a button, or choose in a menu: then `value` is what is chosen."""
        blocks = where.blocks
        block, element = find_element(blocks, action_id, block_id)
        state = None if element["type"] == "button" else interactions.state_of(element, value)
        if state is not None and element["type"] != "overflow":
            values = where.values if isinstance(where, View) else where.state
            values.setdefault(block["block_id"], {})[action_id] = state
        pressed = interactions.action(self, block, element, state)
        payload = interactions.block_actions(self, self.user(user), where, pressed)
        return await self.delivery.once("interactive", "block_actions", payload)

    def put(
        self, view: View, action_id: str, value: Any, block_id: str | None = None
    ) -> tuple[Json, Json, Json]:
        """Put a value into a field, which tells the app nothing; the block, the element and its state."""
        block, element = view.element(action_id, block_id)
        state = interactions.state_of(element, value)
        view.values.setdefault(block["block_id"], {})[action_id] = state
        return block, element, state

    async def fill(
        self, user: User | str, view: View, action_id: str, value: Any, *, block_id: str | None = None
    ) -> Ack | None:
        """Type or choose in a form; the app hears of it only where the block says `dispatch_action`."""
        block, element, state = self.put(view, action_id, value, block_id)
        if not block.get("dispatch_action"):
            return None
        pressed = interactions.action(self, block, element, state)
        payload = interactions.block_actions(self, self.user(user), view, pressed)
        return await self.delivery.once("interactive", "block_actions", payload)

    async def submit_view(
        self,
        user: User | str,
        view: View | str | None = None,
        values: Json | None = None,
        *,
        check: bool = True,
    ) -> Ack:
        """Submit the open modal, first filling in `values`: by block id, or by action id.

        :raises NotSubmitted: Slack's client would not send it; `check=False` sends it all the same.
        """
        person = self.user(user)
        shown = self._view(person, view)
        for key, value in (values or {}).items():
            block, element = _input(shown, key)
            self.put(shown, element["action_id"], value, block["block_id"])
        problems = problems_of(shown) if check else {}
        if problems:
            raise NotSubmitted(problems)
        payload = interactions.view_submission(self, person, shown)
        ack = await self.delivery.once("interactive", "view_submission", payload)
        self.answers.to_submission(ack, shown)
        self.changed()
        return ack

    async def close_view(
        self, user: User | str, view: View | str | None = None, *, everything: bool = False
    ) -> Ack | None:
        """Cancel the modal, or with `everything` the whole stack; the app hears if it asked to."""
        person = self.user(user)
        shown = self._view(person, view)
        if everything or shown.body.get("clear_on_close"):
            self.views.clear(person.id)
        else:
            self.views.close(shown)
        self.changed()
        if not shown.body.get("notify_on_close"):
            return None
        payload = interactions.view_closed(self, person, shown, is_cleared=everything)
        return await self.delivery.once("interactive", "view_closed", payload)

    async def shortcut(self, user: User | str, callback_id: str, message: Message | None = None) -> Ack:
        """Choose the app's shortcut: of a message, or with no message the global one."""
        person = self.user(user)
        if message is None:
            payload = interactions.global_shortcut(self, person, callback_id)
        else:
            payload = interactions.message_action(self, person, callback_id, message)
        return await self.delivery.once("interactive", payload["type"], payload)

    async def options(
        self,
        user: User | str,
        where: Where,
        action_id: str,
        query: str,
        *,
        block_id: str | None = None,
    ) -> list[Json]:
        """Type into a menu that searches; the options that the app found."""
        block, _ = find_element(where.blocks, action_id, block_id)
        payload = interactions.block_suggestion(
            self, self.user(user), where, block["block_id"], action_id, query
        )
        ack = await self.delivery.once("interactive", "block_suggestion", payload)
        return self.answers.to_search(ack)

    async def join_team(self, user: User | str, **details: Any) -> User:
        """Join the workspace, and with it the general channel; a name makes a new person."""
        known = isinstance(user, User) or user in self.workspace.users
        person = self.user(user) if known else self.add_user(str(user), **details)
        await self.events.joined_team(person)
        for channel in list(self.workspace.channels.values()):
            if channel.is_general and person.id not in channel.members:
                await self.join_channel(person, channel)
        return person

    async def change_user(self, user: User | str, **changes: Any) -> User:
        """Change what is known of a person, such as `email`, `deleted` or `is_email_confirmed`."""
        person = self.user(user)
        names = {field.name for field in dataclasses.fields(User)}
        for name, value in changes.items():
            if name not in names:
                raise TypeError(f"a user has no {name}")
            setattr(person, name, value)
        self.changed()
        await self.events.changed(person)
        return person

    async def join_channel(
        self, user: User | str, channel: Channel | str, *, inviter: User | str | None = None
    ) -> list[Ack]:
        person, place = self.user(user), self.channel(channel)
        place.members[person.id] = None
        note = self.workspace.post(
            place, person, f"<@{person.id}> has joined the channel", subtype="channel_join"
        )
        self.changed()
        invited_by = self.user(inviter).id if inviter is not None else None
        acks = await self.events.joined(place, person, invited_by)
        return acks + await self.events.message(place, note)

    async def leave_channel(self, user: User | str, channel: Channel | str) -> list[Ack]:
        person, place = self.user(user), self.channel(channel)
        place.members.pop(person.id, None)
        self.changed()
        return await self.events.left(place, person)

    async def open_home(self, user: User | str, tab: str = "home") -> list[Ack]:
        person = self.user(user)
        home = self.views.home(person.id)
        return await self.events.home_opened(person, self.dm(person), tab, home)

    # What people see.

    def messages(self, channel: Channel | str, thread_ts: str | None = None) -> list[Message]:
        """The channel's messages, or one thread's replies, oldest first."""
        everything = self.channel(channel).messages.values()
        if thread_ts is not None:
            return [message for message in everything if message.in_thread and message.thread_ts == thread_ts]
        return [message for message in everything if not message.in_thread]

    def bot_messages(self, channel: Channel | str) -> list[Message]:
        """What the app's bot said in a channel, threads included, oldest first."""
        everything = self.channel(channel).messages.values()
        return [message for message in everything if message.user == self.app.bot_user_id]

    def ephemerals(self, user: User | str, channel: Channel | str | None = None) -> list[Message]:
        """What only this person sees, oldest first."""
        person = self.user(user)
        place = None if channel is None else self.channel(channel).id
        return [
            message
            for message in self.workspace.ephemerals
            if message.ephemeral_to == person.id and place in (None, message.channel)
        ]

    def open_view(self, user: User | str) -> View | None:
        """The modal on top of this person's stack."""
        return self.views.top(self.user(user).id)

    def home(self, user: User | str) -> View | None:
        return self.views.home(self.user(user).id)

    def _view(self, person: User, view: View | str | None) -> View:
        if isinstance(view, View):
            return view
        found = self.views.top(person.id) if view is None else self.views.find(view_id=view, external_id=None)
        if found is None:
            raise LookupError(f"{person.name} has no modal open")
        return found


def _input(view: View, key: str) -> tuple[Json, Json]:
    """The block and element that a test means by a block id or an action id."""
    for block in view.blocks:
        if block["block_id"] == key and block["type"] == "input":
            return block, block["element"]
    return view.element(key)
