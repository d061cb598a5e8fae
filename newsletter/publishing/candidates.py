"""Candidates: the editions and the lock of an issue, frozen into the database, byte for byte what readers will get."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from itertools import combinations

from django.db import transaction

from newsletter.authoring.lock import TrialLock, parse_frozen_lock
from newsletter.errors import NotAllowedError
from newsletter.publishing.models import Candidate, FrozenAsset, FrozenEdition, FrozenVariant, ShownAsset
from newsletter.rendering.edition import Asset, Edition, Variant


def candidate_digest(
    editions: Sequence[Edition],
    lock: TrialLock,
    *,
    review_by: date | None = None,
    cards: Mapping[str, str] | None = None,
    corrects: str = "",
) -> str:
    """SHA-256 in hex over everything that an approval is a yes to.

    ``review_by`` and ``cards`` are what the release gate goes by; they count, though a reader may not see them. So
    does ``corrects``, which decides who is mailed, where there is one.
    """
    return _digest(editions, lock.digest, review_by=review_by, cards=cards, corrects=corrects)


def _digest(
    editions: Sequence[Edition], lock_digest: str, *, review_by: date | None, cards: Mapping[str, str] | None, corrects: str
) -> str:
    content: dict[str, object] = {
        "editions": {edition.language: edition.digest for edition in editions},
        "lock": lock_digest,
        "review_by": review_by.isoformat() if review_by else None,
        "cards": dict(cards or {}),
    }
    if corrects:
        content["corrects"] = corrects
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def latest_candidate(issue: str) -> Candidate | None:
    """Give the candidate that counts for an issue: what its files were when somebody last approved them."""
    return Candidate.objects.filter(issue=issue).order_by("-turn").first()


def trials_of(candidate: Candidate) -> Mapping[str, str]:
    """Give what the candidate's trial cards tell readers: card status by NCT id."""
    return dict(candidate.cards)


@transaction.atomic
def freeze(
    editions: Sequence[Edition],
    lock: TrialLock,
    *,
    issue: str,
    review_by: date | None,
    cards: Mapping[str, str],
    corrects: str = "",
    now: datetime,
) -> Candidate:
    """Freeze the editions and the lock as the latest candidate of ``issue``; the same ones again give the same candidate.

    An older candidate whose bytes came back becomes the latest again, without the approvals and overrides it once had: people may
    have taken them back in their minds when they approved its successor.
    """
    languages = {edition.language for edition in editions if edition.issue == issue}
    if not editions or len(languages) != len(editions):
        raise NotAllowedError(f"These are not the editions of {issue}; nothing was frozen.")
    if partial := [edition.language for edition in editions if not _has_every_variant(edition)]:
        raise NotAllowedError(f"Not every choice of topics has its mail ({', '.join(partial)}); nothing was frozen.")
    digest = candidate_digest(editions, lock, review_by=review_by, cards=cards, corrects=corrects)
    latest = latest_candidate(issue)
    if latest and latest.digest == digest:
        return latest
    turn = latest.turn + 1 if latest else 1
    returning = Candidate.objects.filter(issue=issue, digest=digest).first()
    if returning:
        returning.approvals.all().delete()
        returning.trial_overrides.all().delete()
        returning.turn = turn
        returning.save(update_fields=["turn"])
        return returning
    candidate = Candidate.objects.create(
        issue=issue,
        digest=digest,
        lock=lock.to_bytes(),
        cards=dict(cards),
        review_by=review_by,
        corrects=corrects,
        turn=turn,
        created_at=now,
    )
    assets = _freeze_assets([asset for edition in editions for asset in edition.assets])
    for edition in editions:
        _freeze_edition(candidate, edition, assets)
    return candidate


def _freeze_edition(candidate: Candidate, edition: Edition, assets: Mapping[str, FrozenAsset]) -> None:
    frozen = FrozenEdition.objects.create(
        candidate=candidate,
        language=edition.language,
        written_in=edition.written_in,
        title=edition.title,
        subject=edition.subject,
        preheader=edition.preheader,
        html=edition.html,
        text=edition.text,
        web=edition.web,
        digest=edition.digest,
        topics=list(edition.topics),
    )
    FrozenVariant.objects.bulk_create(
        FrozenVariant(edition=frozen, topics=list(one.topics), html=one.html, text=one.text, position=position)
        for position, one in enumerate(edition.narrower)
    )
    ShownAsset.objects.bulk_create(
        ShownAsset(edition=frozen, asset=assets[asset.name], position=position) for position, asset in enumerate(edition.assets)
    )


def _freeze_assets(assets: Sequence[Asset]) -> dict[str, FrozenAsset]:
    """Store the pictures that are not stored yet. Raises NotAllowedError where a name already means another picture."""
    by_name = {asset.name: asset for asset in assets}
    FrozenAsset.objects.bulk_create(
        [FrozenAsset(name=asset.name, media_type=asset.media_type, data=asset.data) for asset in by_name.values()],
        ignore_conflicts=True,
    )
    frozen = {asset.name: asset for asset in FrozenAsset.objects.filter(name__in=list(by_name))}
    others = sorted({asset.name for asset in assets if _thaw(frozen[asset.name]) != asset})
    if others:
        raise NotAllowedError(
            f"Another picture is already published as {', '.join(others)}, and a published address never changes its meaning. "
            "Save the picture anew (one byte more is enough) and build the issue again."
        )
    return frozen


def _thaw(asset: FrozenAsset) -> Asset:
    return Asset(asset.name, asset.media_type, bytes(asset.data))


def frozen_lock(candidate: Candidate) -> TrialLock:
    """Give the lock as it was approved."""
    return parse_frozen_lock(bytes(candidate.lock))


def frozen_editions(candidate_id: int) -> tuple[Edition, ...]:
    """Give the editions of a candidate as they were approved, by language.

    Raises NotAllowedError when the stored bytes are not those that were approved: then nothing of it may go out.
    """
    candidate = Candidate.objects.get(pk=candidate_id)
    editions: list[Edition] = []
    changed: list[str] = []
    for frozen in candidate.editions.order_by("language").prefetch_related("shown__asset", "narrower"):
        edition = Edition(
            issue=candidate.issue,
            language=frozen.language,
            written_in=frozen.written_in,
            title=frozen.title,
            subject=frozen.subject,
            preheader=frozen.preheader,
            html=frozen.html,
            text=frozen.text,
            web=frozen.web,
            assets=tuple(_thaw(shown.asset) for shown in frozen.shown.all()),
            topics=_topics(frozen.topics),
            narrower=tuple(Variant(_topics(one.topics), one.html, one.text) for one in frozen.narrower.all()),
        )
        editions.append(edition)
        if edition.digest != frozen.digest or not _has_every_variant(edition):
            changed.append(f"the edition “{frozen.language}”")
    # The lock by its bytes: a later program may write the same lock in another form, and an approval is a yes to these.
    whole = candidate.digest == _digest(
        editions,
        hashlib.sha256(bytes(candidate.lock)).hexdigest(),
        review_by=candidate.review_by,
        cards=candidate.cards,
        corrects=candidate.corrects,
    )
    if changed or not whole:
        parts = ", ".join(changed) or "its lock, its review date, its cards, what it corrects or the set of its editions"
        raise NotAllowedError(
            f"Candidate {candidate.digest[:12]} of {candidate.issue} is not what was approved: {parts} changed in the database. "
            "Nothing of it goes out. Restore the database from a backup, or change a word of the issue and have it approved anew."
        )
    return tuple(editions)


def _has_every_variant(edition: Edition) -> bool:
    """Say whether every choice of the edition's topics has one mail: nobody may stand without one on the day of the send."""
    if len(edition.variants) != 2 ** len(edition.topics):
        return False
    choices = [choice for count in range(len(edition.topics) + 1) for choice in combinations(edition.topics, count)]
    return sorted(variant.topics for variant in edition.variants) == sorted(choices)


def _topics(stored: object) -> tuple[str, ...]:
    """Read a stored list of topics; what is none, and so was not written here, is as good as empty."""
    return tuple(map(str, stored)) if isinstance(stored, list) else ()
