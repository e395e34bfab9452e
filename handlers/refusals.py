"""Refusals: what the words with which a platform says no mean, and what helps, in sentences."""

from __future__ import annotations

from handlers.kit.words import N_, Words

PLATFORM_NAMES = {"slack": "Slack"}

_GUEST = N_("They are a guest in the workspace. An administrator of Slack can change that, or add them.")
_ONE_CHANNEL = N_("They are a guest who may be in one channel only.")
_SWITCHED_OFF = N_("Their account there is switched off.")
_NOT_ALLOWED = N_("The settings of the workspace do not allow it. An administrator of Slack can change them.")
_NOT_IN = N_("I am not in the channel. Invite me there as you would a person.")
_LACKING = N_("My app lacks a permission. Whoever runs me sees which one in the check-up.")
_NO_PLAN = N_("The plan of the workspace has no user groups.")
_NOT_IN_USER_GROUP = N_("Guests, bots and accounts that are switched off cannot be in a user group.")
_BUSY = N_("Slack did not answer properly. It is worth trying again.")

# By the word of the platform.
SENTENCES = {
    "is_archived": N_("The channel is archived. Bring it back in Slack, or choose another for the group."),
    "channel_not_found": N_(
        "The channel is gone, or it is private and I am not in it. Invite me there, or choose another."
    ),
    "not_in_channel": _NOT_IN,
    "method_not_supported_for_channel_type": _NOT_IN,
    "user_is_restricted": _GUEST,
    "user_is_ultra_restricted": _ONE_CHANNEL,
    "ura_max_channels": _ONE_CHANNEL,
    "cant_invite": N_("Slack lets nobody add them. Their account may be switched off."),
    "user_disabled": _SWITCHED_OFF,
    "account_inactive": N_("My app was switched off in Slack. Whoever runs me can put it back."),
    "this person can be reached on no platform": N_(
        "Slack does not know them any more, and they have not signed in on the web."
    ),
    "unreadable": N_("It was written by another version of me. Whoever runs me finds it in the log."),
    "user_not_found": N_("Slack does not know them any more."),
    "user_team_not_in_channel": N_("They are in another workspace, which does not have this channel."),
    "cant_kick_from_general": N_("Nobody can be taken out of the channel that everybody is in."),
    "name_taken": N_("Other channels have that name. Choose one of them, or another name."),
    "handle_already_exists": N_(
        "Somebody, a channel or another user group has that handle. Choose another for the group."
    ),
    "name_already_exists": N_(
        "There is another user group of that name. An administrator of Slack can rename it, or you the group."
    ),
    "paid_teams_only": _NO_PLAN,
    "plan_upgrade_required": _NO_PLAN,
    "permission_denied": N_(
        "Only some people may manage user groups there. I can once its settings allow that to everybody."
    ),
    "invalid_users": _NOT_IN_USER_GROUP,
    "invalid_user": _NOT_IN_USER_GROUP,
    "single_channel_guests_cannot_be_added": _NOT_IN_USER_GROUP,
    "failed_for_some_users": _NOT_IN_USER_GROUP,
    "restricted_action": _NOT_ALLOWED,
    "no_permission": _NOT_ALLOWED,
    "access_denied": _NOT_ALLOWED,
    "not_supported": _NOT_ALLOWED,
    "missing_scope": _LACKING,
    "internal_error": _BUSY,
    "fatal_error": _BUSY,
    "request_timeout": _BUSY,
    "service_unavailable": _BUSY,
    "no answer": _BUSY,
}
# What lies with the channel, and not with a person: it passes once the channel is mended.
OF_CHANNEL = frozenset({"is_archived", "channel_not_found", "not_in_channel"})


def explained(words: Words, reason: str) -> str:
    """Why a message could not be delivered, in plain words where there are some."""
    if not reason:
        return words._("No reason was given.")
    return f"{words._(SENTENCES[reason])} ({reason.replace('_', ' ')})" if reason in SENTENCES else reason


def sentence(words: Words, platform: str, reason: str) -> str:
    """A refusal in plain words; one that nobody has put into words is quoted."""
    if reason in SENTENCES:
        return words._(SENTENCES[reason])
    named = {"platform": PLATFORM_NAMES.get(platform, platform), "reason": reason.replace("_", " ")}
    return words._("%(platform)s says “%(reason)s”.") % named
