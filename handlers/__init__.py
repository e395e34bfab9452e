"""What the bot does, feature by feature, in words that no surface owns."""

from handlers import (
    case_studies,
    case_study_decisions,
    case_study_form,
    case_study_review,
    channels,
    faq,
    group_administration,
    group_channels,
    group_options,
    group_people,
    group_requests,
    group_suggestions,
    groups,
    help,
    member_list,
    onboarding,
    organisation_claims,
    organisations,
    outbox,
    people,
    personal_data,
    placing,
    profile,
    recognition,
    rounds,
    rules_of_engagement,
    texts,
)
from handlers.faq_knowledge import Knowledge
from handlers.kit.router import Router


def all_routers(knowledge: Knowledge | None = None) -> tuple[Router, ...]:
    """The one list of features. Of handlers that hear of the same thing, the first here is asked first:
    who somebody is has to be known before anything follows from it."""
    return (
        onboarding.router,
        faq.build_router(knowledge or Knowledge()),
        channels.router,
        help.router,
        member_list.router,
        outbox.router,
        people.router,
        personal_data.router,
        placing.router,
        recognition.router,
        organisations.router,
        case_studies.router,
        case_study_form.router,
        case_study_review.router,
        case_study_decisions.router,
        texts.router,
        groups.router,
        group_requests.router,
        group_suggestions.router,
        group_administration.router,
        group_channels.router,
        group_people.router,
        group_options.router,
        rules_of_engagement.router,
        profile.router,
        organisation_claims.router,
        rounds.router,
    )
