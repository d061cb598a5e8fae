"""The report's SQL, by name; it only reads, and every statement runs on SQLite 3.35 and on PostgreSQL."""

from __future__ import annotations

from typing import Final

COUNT_BOUNCES: Final = """
    SELECT d.bounce, COALESCE(e.reason, ''), count(*)
    FROM delivery_delivery d
    LEFT JOIN delivery_event e ON e.id = (SELECT max(l.id) FROM delivery_event l
                                          WHERE l.delivery_id = d.id AND l.kind LIKE 'bounce%%')
    WHERE d.send_id = %s AND d.outcome = 'bounced'
    GROUP BY 1, 2
    ORDER BY 1, 2
"""
"""The latest word about each mail that came back counts."""

COUNT_BY_HOUR: Final = """
    SELECT handed_over_at, count(*) FROM delivery_delivery
    WHERE send_id = %s AND handover = 'accepted' AND handed_over_at IS NOT NULL
    GROUP BY 1
    ORDER BY 1
"""

COUNT_ENDINGS: Final = """
    SELECT s.end_reason, count(*)
    FROM subscribers_subscription s
    JOIN delivery_delivery d ON d.subscription_id = s.id AND d.send_id = %s
    WHERE s.ended_at >= %s AND s.ended_at < %s AND d.handover IN ('accepted', 'unknown')
    GROUP BY 1
    ORDER BY 1
"""

FIND_BATCHES: Final = "SELECT id FROM delivery_batch WHERE send_id = %s ORDER BY id"

FIND_UNDELIVERED: Final = """
    SELECT d.handover, d.bounce, p.lookup, p.contact
    FROM delivery_delivery d
    LEFT JOIN subscribers_subscription s ON s.id = d.subscription_id
    LEFT JOIN subscribers_subscriber p ON p.id = s.subscriber_id
    WHERE d.batch_id IN {ids} AND (d.handover = 'failed' OR d.outcome = 'bounced')
"""

FIND_RECIPIENTS: Final = """
    SELECT d.handover, d.outcome, d.bounce, d.reason, d.handed_over_at, d.attempts, b.language, p.lookup, p.contact
    FROM delivery_delivery d
    JOIN delivery_batch b ON b.id = d.batch_id
    LEFT JOIN subscribers_subscription s ON s.id = d.subscription_id
    LEFT JOIN subscribers_subscriber p ON p.id = s.subscriber_id
    WHERE d.batch_id IN {ids}
    ORDER BY d.id
"""
