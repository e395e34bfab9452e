"""A small demonstration workspace: fictional people of fictional councils."""

from __future__ import annotations

from tests.fakes.slack.acting import Acting


def fill(slack: Acting) -> None:
    """Add the people and the channels; the app hears nothing of it."""
    councillor = slack.add_user("councillor", real_name="Demo Councillor", title="councillor")
    officer = slack.add_user("officer", real_name="Demo Officer", title="officer")
    reviewer = slack.add_user("reviewer", real_name="Demo Reviewer", title="reviewer")
    owner = slack.add_user("owner", real_name="Demo Owner", title="owner", is_owner=True, is_admin=True)
    guest = slack.add_user("guest", real_name="Demo Guest", is_restricted=True)
    stranger = slack.add_user("stranger", real_name="Demo Stranger", is_stranger=True, team_id="T00000000X")
    slack.add_user("calendarbot", email="", real_name="Calendar", is_bot=True)
    members = (councillor, officer, reviewer, owner)
    slack.add_channel("general", *members, guest, is_general=True, topic="Everyone in the network")
    slack.add_channel("announcements", *members, topic="News from the network")
    slack.add_channel("case-study-reviews", reviewer, owner, kind="private")
    slack.add_channel("housing", councillor, officer, stranger, is_ext_shared=True)
    slack.add_channel("food", officer, bot=False)
