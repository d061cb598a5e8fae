"""The SQL by which an audience is written down. A million rows are made out of lists, where SQLite and PostgreSQL differ."""

from __future__ import annotations

from typing import Final

INSERT_BATCH: Final = """
    INSERT INTO delivery_batch (send_id, language, size, fence, worker, lease_epoch, done)
    VALUES (%s, %s, %s, 0, '', '', %s)
    RETURNING id
"""

INSERT_DELIVERIES: Final = {
    "sqlite": """
        INSERT INTO delivery_delivery
               (key, send_id, batch_id, subscription_id, handover, outcome, bounce, reason, attempts, due_at)
        SELECT %s || lower(hex(substr(%s, 12 * reader.key + 1, 12))), %s, %s, reader.value, %s, '', '', %s, 0, %s
        FROM json_each(%s) reader
    """,
    "postgresql": """
        INSERT INTO delivery_delivery
               (key, send_id, batch_id, subscription_id, handover, outcome, bounce, reason, attempts, due_at)
        SELECT %s || encode(substr(%s::bytea, (12 * reader.place - 11)::int, 12), 'hex'),
               %s, %s, reader.value::bigint, %s, '', '', %s, 0, %s
        FROM json_array_elements_text(%s::json) WITH ORDINALITY reader(value, place)
    """,
}
"""By database. Each row takes the next twelve bytes for the part of its key that is its own. One statement for all that is alike
takes half the processor time of one for each (measured on SQLite: 3.2 seconds instead of 5.8 for a million)."""
