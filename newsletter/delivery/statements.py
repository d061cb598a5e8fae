"""The ledger's SQL, by name; every statement runs on SQLite 3.35 and on PostgreSQL.

``{ids}`` stands for a list of placeholders, which ``among`` writes. A statement that changes a state names the state it
changes from, so that two who try at once cannot both succeed.
"""

from __future__ import annotations

from typing import Final


def among(count: int) -> str:
    """Write the placeholders of an IN list."""
    return "(" + ", ".join(["%s"] * count) + ")"


INSERT_SEND: Final = """
    INSERT INTO delivery_send (slot_id, issue, candidate_id, transport, corrects_id, state, paused_for, reason, spread_seconds,
                               through, last, frozen, created_at)
    VALUES (%s, %s, %s, %s, %s, 'preparing', '', '', %s, 0, %s, 0, %s)
    ON CONFLICT DO NOTHING
    RETURNING id
"""

LAST_DELIVERY: Final = "SELECT COALESCE(max(id), 0) FROM delivery_delivery WHERE send_id = %s"

CORRECTED_PAGE: Final = """
    SELECT d.id, d.subscription_id, b.language
    FROM delivery_delivery d JOIN delivery_batch b ON b.id = d.batch_id
    WHERE +d.send_id = %s AND d.handover IN ('accepted', 'unknown') AND d.id > %s AND d.id <= %s
    ORDER BY d.id
    LIMIT %s
"""
"""Who got an issue, or may have got it, with the language that they got it in.

The + keeps the database from reading all of the send for every page (measured: it did): pages are read by their ids.
"""

COUNT_CORRECTED: Final = """
    SELECT COALESCE(r.language, b.language) AS of_language,
           CASE WHEN s.id IS NULL THEN 'erased' WHEN s.ended_at IS NOT NULL THEN 'ended' WHEN p.id IS NOT NULL THEN 'suppressed'
                WHEN r.snoozed_until > %s THEN 'snoozed' ELSE '' END AS exclusion,
           count(*)
    FROM delivery_delivery d
    JOIN delivery_batch b ON b.id = d.batch_id
    LEFT JOIN subscribers_subscription s ON s.id = d.subscription_id
    LEFT JOIN subscribers_subscriber r ON r.id = s.subscriber_id
    LEFT JOIN subscribers_suppression p ON p.lookup = r.lookup
    WHERE +d.send_id = %s AND d.handover IN ('accepted', 'unknown') AND d.id > %s AND d.id <= %s
    GROUP BY of_language, exclusion
"""

FIND_PREPARING_SENDS: Final = "SELECT id FROM delivery_send WHERE state = 'preparing' ORDER BY id"

FIND_FIRST_FROZEN: Final = "SELECT min(subscription_id) FROM delivery_delivery WHERE send_id = %s"

FIND_DELIVERY_OF_READER: Final = "SELECT id FROM delivery_delivery WHERE send_id = %s AND subscription_id = %s"

TAKE_CHUNK: Final = """
    UPDATE delivery_send SET through = %s, frozen = frozen + %s
    WHERE id = %s AND through = %s AND state = 'preparing'
"""

COUNT_FROZEN: Final = """
    SELECT b.language, d.handover, d.reason, count(*)
    FROM delivery_delivery d JOIN delivery_batch b ON b.id = d.batch_id
    WHERE d.batch_id IN {ids}
    GROUP BY b.language, d.handover, d.reason
"""

FIND_FROZEN_TWICE: Final = """
    SELECT subscription_id FROM delivery_delivery
    WHERE send_id = %s AND subscription_id IS NOT NULL
    GROUP BY subscription_id HAVING count(*) > 1
    LIMIT 1
"""

COUNT_DELIVERIES: Final = "SELECT count(*) FROM delivery_delivery WHERE send_id = %s"

START_RUNNING: Final = """
    UPDATE delivery_send SET state = 'running', prepared_at = %s
    WHERE id = %s AND state = 'preparing' AND frozen = %s
"""

FIND_CLAIMABLE: Final = """
    SELECT b.id, b.fence, b.language, b.send_id, s.candidate_id, s.issue
    FROM delivery_batch b JOIN delivery_send s ON s.id = b.send_id
    WHERE s.state = 'running' AND NOT b.done AND b.send_id NOT IN {ids}
      AND (b.leased_at IS NULL OR b.lease_epoch <> %s OR b.leased_at < %s OR b.leased_at > %s)
      AND (EXISTS (SELECT 1 FROM delivery_delivery d
                   WHERE d.batch_id = b.id AND d.handover = 'queued' AND d.due_at <= %s)
           OR EXISTS (SELECT 1 FROM delivery_delivery d WHERE d.batch_id = b.id AND d.handover = 'sending')
           OR NOT EXISTS (SELECT 1 FROM delivery_delivery d WHERE d.batch_id = b.id AND d.handover = 'queued'))
    ORDER BY b.id
    LIMIT 1
"""
"""A batch nobody holds in which something is due, was left behind, or nothing is left but to close it."""

CLAIM: Final = """
    UPDATE delivery_batch SET fence = fence + 1, worker = %s, leased_at = %s, lease_epoch = %s
    WHERE id = %s AND fence = %s AND NOT done
      AND (leased_at IS NULL OR lease_epoch <> %s OR leased_at < %s OR leased_at > %s)
"""

FIND_TO_BE_SWEPT: Final = """
    SELECT b.id, b.fence, b.send_id, s.state
    FROM delivery_batch b JOIN delivery_send s ON s.id = b.send_id
    WHERE NOT b.done AND (b.leased_at IS NULL OR b.lease_epoch <> %s OR b.leased_at < %s OR b.leased_at > %s)
      AND (s.state = 'cancelling'
           OR ((s.state = 'paused' OR s.id IN {ids})
               AND EXISTS (SELECT 1 FROM delivery_delivery d WHERE d.batch_id = b.id AND d.handover = 'sending')))
    ORDER BY b.id
    LIMIT 1
"""
"""A batch nobody holds nor will claim, in which something was left behind, or that is to end with its send."""

FIND_QUEUED: Final = "SELECT id FROM delivery_delivery WHERE batch_id = %s AND handover = 'queued'"

RENEW_LEASE: Final = """
    UPDATE delivery_batch SET leased_at = %s, lease_epoch = %s
    WHERE id = %s AND fence = %s AND worker = %s AND leased_at IS NOT NULL AND NOT done
"""

FIND_LEFT_BEHIND: Final = "SELECT id FROM delivery_delivery WHERE batch_id = %s AND handover = 'sending'"

FIND_DUE: Final = """
    SELECT id, key, subscription_id, attempts FROM delivery_delivery
    WHERE batch_id = %s AND handover = 'queued' AND due_at <= %s
    ORDER BY due_at, id
    LIMIT %s
"""
"""In the order of an index, so that a step of twenty does not sort a thousand."""

MOVE: Final = """
    UPDATE delivery_delivery
    SET handover = %s, reason = %s, due_at = %s, attempts = attempts + %s, handed_over_at = COALESCE(%s, handed_over_at)
    WHERE handover = %s AND id IN {ids}
"""

MOVE_AND_SAY_WHO: Final = MOVE + " RETURNING id"
"""Costs as much again."""

FIND_MARKED: Final = "SELECT id FROM delivery_delivery WHERE handover = 'sending' AND id IN {ids}"

NEXT_GENERATION: Final = """
    INSERT INTO delivery_installation (id, ring, generation) VALUES (%s, '', 1)
    ON CONFLICT (id) DO UPDATE SET generation = delivery_installation.generation + 1
    RETURNING generation
"""

FIND_PACE: Final = "SELECT tokens, filled_at, epoch FROM delivery_pace WHERE transport = %s"

INSERT_PACE: Final = """
    INSERT INTO delivery_pace (transport, tokens, filled_at, epoch) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING
"""

STORE_PACE: Final = "UPDATE delivery_pace SET tokens = %s, filled_at = %s, epoch = %s WHERE transport = %s"

FIND_OPEN_DELIVERY: Final = """
    SELECT 1 FROM delivery_delivery WHERE batch_id = %s AND handover IN ('queued', 'sending') LIMIT 1
"""

RELEASE_BATCH: Final = """
    UPDATE delivery_batch SET leased_at = NULL, lease_epoch = '', worker = '', done = %s
    WHERE id = %s AND fence = %s
"""

LOCK_SEND: Final = "UPDATE delivery_send SET state = state WHERE id = %s"
"""Of two workers who close the last two batches at once, the second then sees what the first did (READ COMMITTED)."""

FIND_OPEN_BATCH: Final = "SELECT 1 FROM delivery_batch WHERE send_id = %s AND NOT done LIMIT 1"

GET_SEND_STATE: Final = "SELECT state FROM delivery_send WHERE id = %s"

GET_SUM: Final = """
    SELECT state, reason, frozen = (SELECT count(*) FROM delivery_delivery
                                    WHERE send_id = %s AND handover IN ('accepted', 'failed', 'excluded', 'unknown'))
    FROM delivery_send WHERE id = %s
"""

FIND_PUT_BACK: Final = "SELECT id, batch_id, send_id FROM delivery_delivery WHERE handover = %s AND id IN {ids}"

LOCK_BATCHES: Final = "SELECT id, language FROM delivery_batch WHERE id IN {ids} ORDER BY id"

LOCK_SENDS: Final = "SELECT id, state FROM delivery_send WHERE id IN {ids} ORDER BY id"

REOPEN_BATCHES: Final = """
    UPDATE delivery_batch SET done = FALSE
    WHERE done AND id IN (SELECT batch_id FROM delivery_delivery WHERE id IN {ids})
"""

FORGET_ATTEMPTS: Final = """
    UPDATE delivery_delivery SET attempts = 0, call_id = NULL, bounce = CASE WHEN outcome = '' THEN '' ELSE bounce END
    WHERE handover = 'queued' AND id IN {ids}
"""
"""What a refusal said of an address is forgotten with the attempts; what was reported stays."""

FIND_OPEN_SENDS: Final = """
    SELECT id, issue, transport, state FROM delivery_send WHERE state NOT IN ('done', 'cancelled') ORDER BY id
"""

FIND_NEXT_DUE: Final = """
    SELECT min((SELECT min(d.due_at) FROM delivery_delivery d WHERE d.batch_id = b.id AND d.handover = 'queued'))
    FROM delivery_batch b JOIN delivery_send s ON s.id = b.send_id
    WHERE s.state = 'running' AND NOT b.done AND s.id NOT IN {ids}
"""

FIND_NEXT_DUE_OF_SEND: Final = """
    SELECT min((SELECT min(d.due_at) FROM delivery_delivery d WHERE d.batch_id = b.id AND d.handover = 'queued'))
    FROM delivery_batch b WHERE b.send_id = %s AND NOT b.done
"""

COUNT_HELD_BATCHES: Final = """
    SELECT count(*) FROM delivery_batch b JOIN delivery_send s ON s.id = b.send_id
    WHERE s.state = 'running' AND NOT b.done AND b.leased_at IS NOT NULL AND s.id NOT IN {ids}
"""

SUM_SETTLED: Final = """
    SELECT (SELECT COALESCE(sum(size), 0) FROM delivery_batch WHERE send_id = %s AND done)
         + (SELECT COALESCE(sum((SELECT count(*) FROM delivery_delivery d
                                 WHERE d.batch_id = b.id AND d.handover IN ('accepted', 'failed', 'excluded', 'unknown'))), 0)
            FROM delivery_batch b WHERE b.send_id = %s AND NOT b.done)
"""

COUNT_HANDOVERS: Final = "SELECT send_id, handover, count(*) FROM delivery_delivery GROUP BY send_id, handover"

SUM_DELIVERIES: Final = """
    SELECT b.language, d.handover, d.outcome, CASE WHEN d.handover IN ('excluded', 'failed') THEN d.reason ELSE '' END,
           count(*)
    FROM delivery_delivery d JOIN delivery_batch b ON b.id = d.batch_id
    WHERE d.send_id = %s
    GROUP BY 1, 2, 3, 4
    ORDER BY 1, 2, 3, 4
"""

FIND_UNKNOWN_KEYS: Final = """
    SELECT key FROM delivery_delivery WHERE send_id = %s AND handover = 'unknown' ORDER BY id
"""

FIND_REPORTED: Final = """
    SELECT key, id, subscription_id, send_id, handover, outcome, bounce FROM delivery_delivery WHERE key IN {ids}
"""

LOCK_REPORTED: Final = FIND_REPORTED + " ORDER BY id FOR UPDATE"
"""PostgreSQL only: found and locked at once, in the order of all who lock deliveries."""

LOCK_DELIVERIES: Final = "SELECT id FROM delivery_delivery WHERE id IN {ids} ORDER BY id FOR UPDATE"
"""PostgreSQL only: a worker's step and a webhook that change the same rows take them in the same order."""

INSERT_EVENTS: Final = """
    INSERT INTO delivery_event (dedupe, delivery_id, kind, reason, at, received_at)
    VALUES {rows}
    ON CONFLICT (dedupe) DO NOTHING
    RETURNING dedupe
"""
"""Gives what was not known yet."""

RAISE_OUTCOME: Final = "UPDATE delivery_delivery SET outcome = %s WHERE outcome IN {lower} AND id IN {ids}"

RAISE_BOUNCE: Final = "UPDATE delivery_delivery SET bounce = %s WHERE bounce IN {lower} AND id IN {ids}"

DATE_BACK: Final = """
    UPDATE delivery_delivery SET handed_over_at = %s
    WHERE handover = 'accepted' AND handed_over_at > %s AND id IN {ids}
"""
"""Reports come in any order: the earliest says when a mail was taken."""

EXPLAIN_DROPPED: Final = """
    UPDATE delivery_delivery
    SET handed_over_at = NULL,
        reason = COALESCE((SELECT e.reason FROM delivery_event e WHERE e.delivery_id = delivery_delivery.id AND e.kind = %s
                           ORDER BY e.at DESC, e.reason DESC LIMIT 1), reason)
    WHERE handover = 'failed' AND id IN {ids}
"""
"""Of several reports the last one gives the reason, in whichever order they came."""

FIND_BOUNCES_OF_READERS: Final = """
    SELECT d.subscription_id, d.send_id, d.bounce FROM delivery_delivery d JOIN delivery_send s ON s.id = d.send_id
    JOIN subscribers_subscription r ON r.id = d.subscription_id
    JOIN subscribers_subscriber p ON p.id = r.subscriber_id AND (p.address_since IS NULL OR p.address_since <= s.created_at)
    WHERE d.handover <> 'excluded' AND s.corrects_id IS NULL AND d.subscription_id IN {ids}
    ORDER BY d.subscription_id, d.send_id
"""

COUNT_POLICY_BOUNCES: Final = """
    SELECT count(*) FROM delivery_delivery WHERE bounce > '' AND bounce = 'policy' AND send_id = %s
"""
"""The first condition is the index's own."""

COUNT_BOUNCES: Final = """
    SELECT issue, bounce, status, count(*) FROM (
        SELECT s.id AS send_id, s.issue AS issue, d.bounce AS bounce,
               COALESCE((SELECT max(e.reason) FROM delivery_event e
                         WHERE e.delivery_id = d.id AND e.kind = 'bounce'), '') AS status
        FROM delivery_send s JOIN delivery_delivery d ON d.send_id = s.id AND d.bounce > '' AND d.outcome > ''
        WHERE s.id IN (SELECT id FROM delivery_send ORDER BY id DESC LIMIT %s)
    ) came_back
    GROUP BY send_id, issue, bounce, status
    ORDER BY send_id DESC, bounce, count(*) DESC, status
"""
