"""The rules, one file per subject. A new rule is a function in one of them, or a new file named in ``RULE_MODULES``."""

from __future__ import annotations

from newsletter.checking.rule import Rule, registered_rules
from newsletter.checking.rules import (
    corrections,
    duties,
    events,
    foreign_resources,
    front_matter,
    headings,
    languages,
    legibility,
    link_answers,
    links,
    mail_elements,
    mail_styles,
    medicine,
    own_links,
    page_frame,
    picture_files,
    pictures,
    placeholders,
    plain_language,
    prepared_pictures,
    privacy,
    size,
    tables,
    terms,
    topics,
    trial_dates,
    trial_words,
    trials,
)

RULE_MODULES = (
    *(front_matter, corrections, topics, headings, tables, page_frame, placeholders),
    *(links, link_answers, own_links),
    *(pictures, picture_files, prepared_pictures, legibility, mail_styles, mail_elements, size),
    *(duties, events, foreign_resources, privacy, medicine, trials, trial_dates, trial_words, plain_language, terms, languages),
)


def all_rules() -> tuple[Rule, ...]:
    """Give every rule of the program, by id."""
    return registered_rules()
