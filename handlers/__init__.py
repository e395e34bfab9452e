"""What the bot does, feature by feature, in words that no surface owns."""

from handlers import faq, people
from handlers.kit.router import Router


def all_routers() -> tuple[Router, ...]:
    """The one list of features."""
    return (
        faq.build_router(faq.Knowledge()),
        people.router,
    )
