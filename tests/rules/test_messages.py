"""What findings say fits the case. That each says something is asserted with the pages."""

from __future__ import annotations

import pytest
from examples import configured, findings_of

from statelint.lint.packs import load_rules
from statelint.lint.pages import load_page

RULES = {rule.code: rule for rule in load_rules()}


def said(code: str) -> dict[str, str]:
    """Return all that the findings of a rule say, by the text of the example on its page."""
    words = {}
    for example in load_page(RULES[code]).examples:
        result, _ = findings_of({file.path: file.text for file in example.files}, configured(example), [RULES[code]])
        texts = [(f.message, f.help, *(at.message for at in f.related)) for f in result.findings]
        words["\n".join(file.text for file in example.files)] = "\n".join(text for each in texts for text in each)
    return words


@pytest.mark.parametrize(
    ("code", "written", "words"),
    [
        ("SL205", '"sse"', "over server-sent events"),
        ("SL205", '"sse"', 'transport="streamable-http", stateless_http=True'),
        ("SL606", "NullPool", "is told to keep no pool"),
    ],
)
def test_the_words_fit_what_is_written(code: str, written: str, words: str) -> None:
    told = {text: given for text, given in said(code).items() if given}
    assert any(words in given for given in told.values())
    for text, given in told.items():
        assert (words in given) == (written in text), text


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("SL101", "changes it, too"),
        ("SL101", "check removes from it"),
        ("SL101", "check rebinds it"),
        ("SL101", "keeps data per session"),
        ("SL310", "2 endpoints of `router` ask nobody who is calling"),
        ("SL310", "`upload` asks nobody who is calling"),
    ],
)
def test_the_page_shows_a_finding_that_says(code: str, words: str) -> None:
    assert words in "\n".join(said(code).values())
