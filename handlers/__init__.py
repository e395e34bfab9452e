"""What the bot does, feature by feature, in words that no surface owns."""

from handlers import (
    case_studies,
    case_study_decisions,
    case_study_form,
    case_study_review,
    faq,
    organisations,
    outbox,
    people,
)
from handlers.kit.router import Router


def all_routers() -> tuple[Router, ...]:
    """The one list of features."""
    return (
        faq.build_router(faq.Knowledge()),
        outbox.router,
        people.router,
        organisations.router,
        case_studies.router,
        case_study_form.router,
        case_study_review.router,
        case_study_decisions.router,
    )
