"""Slack's text as the page shows it."""

from __future__ import annotations

import pytest

from tests.fakes.slack.ui.mrkdwn import mrkdwn, plain


def name(about: str) -> str:
    return {"U1": "Demo <b>Officer</b>", "C1": "housing", "S1": "leads"}.get(about, about)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            "*bold* _slanted_ ~gone~ `code *as is*`",
            "<b>bold</b> <i>slanted</i> <s>gone</s> <code>code *as is*</code>",
        ),
        ("2 * 3 * 4 and snake_case_name", "2 * 3 * 4 and snake_case_name"),
        ("a &lt;b&gt; &amp; c", "a &lt;b&gt; &amp; c"),
        ("raw <b & c", "raw &lt;b &amp; c"),
        ("one\ntwo", "one<br>two"),
        ("&gt; said\n&gt; so\nindeed", "<blockquote>said<br>so</blockquote>indeed"),
        ("> said", "<blockquote>said</blockquote>"),
        ("```\nx < y\n```", "<pre>x &lt; y</pre>"),
        ("done :tada: :not-an-emoji:", "done 🎉 :not-an-emoji:"),
        ("<@U1>", '<span class="mention">@Demo &lt;b&gt;Officer&lt;/b&gt;</span>'),
        ("<#C1|x>", '<span class="mention">#housing</span>'),
        ("<!subteam^S1>", '<span class="mention">@leads</span>'),
        ("<!channel>", '<span class="mention broadcast">@channel</span>'),
        ("<!date^1800000000^{date}|1 March>", "1 March"),
        (
            "<https://example.org/?a=1&amp;b=2|*the* page>",
            '<a href="https://example.org/?a=1&amp;b=2" target="_blank" rel="noopener">*the* page</a>',
        ),
        (
            "See https://example.org/a_b_c.",
            'See <a href="https://example.org/a_b_c" target="_blank" rel="noopener">https://example.org/a_b_c</a>.',
        ),
        ("<javascript:alert(1)|x>", "&lt;javascript:alert(1)|x&gt;"),
    ],
)
def test_text_is_shown_as_slack_shows_it(text: str, shown: str) -> None:
    assert mrkdwn(text, name) == shown


def test_plain_text_knows_only_emoji() -> None:
    assert plain("*x* <b> :wave:\n2") == "*x* &lt;b&gt; 👋<br>2"
