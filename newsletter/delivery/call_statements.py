"""The ledger's SQL about calls that can be called back, by name; the rules of ``statements`` hold here as well."""

from __future__ import annotations

from typing import Final

INSERT_CALL: Final = """
    INSERT INTO delivery_providercall (ref, send_at, cancelling, cancelled) VALUES (%s, %s, FALSE, FALSE)
    ON CONFLICT (ref) DO NOTHING
"""

MARK_WITHOUT_CALL: Final = """
    UPDATE delivery_delivery SET call_id = (SELECT id FROM delivery_providercall WHERE ref = %s)
    WHERE handover = 'sending' AND id IN {ids}
"""

PUT_INTO_CALL: Final = """
    UPDATE delivery_delivery SET call_id = (SELECT id FROM delivery_providercall WHERE ref = %s)
    WHERE handover = 'sending' AND batch_id IN {batches} AND id IN {ids}
"""
"""Only what is still marked by whoever holds these batches."""

FIND_ANY_CALL: Final = "SELECT 1 FROM delivery_providercall LIMIT 1"
"""Where calls are not noted there is none, and nobody has to be looked for."""

FIND_CALLS_OF: Final = "SELECT id, call_id FROM delivery_delivery WHERE call_id IS NOT NULL AND id IN {ids}"

LOOK_AT_CALLS: Final = "SELECT id, cancelling FROM delivery_providercall WHERE id IN {ids} ORDER BY id"

LOOK_AT_REFS: Final = "SELECT ref, cancelling FROM delivery_providercall WHERE ref IN {refs} ORDER BY id"

LEAVE_CALL: Final = "UPDATE delivery_delivery SET call_id = NULL WHERE call_id IS NOT NULL AND id IN {ids}"

EMPTY_CALLS: Final = """
    UPDATE delivery_delivery SET call_id = NULL
    WHERE call_id IN (SELECT id FROM delivery_providercall WHERE id IN {ids} AND ref <> %s)
"""

DELETE_CALLS: Final = "DELETE FROM delivery_providercall WHERE id IN {ids} AND ref <> %s"

FIND_OLD_CALLS: Final = "SELECT id FROM delivery_providercall WHERE send_at < %s AND ref <> %s LIMIT 500"

BEGIN_TO_CANCEL: Final = "UPDATE delivery_providercall SET cancelling = TRUE WHERE ref = %s"

FIND_TAKEN_IN_CALL: Final = """
    SELECT 1 FROM delivery_delivery d JOIN delivery_providercall c ON c.id = d.call_id
    WHERE c.ref = %s AND d.handover = 'accepted' LIMIT 1
"""

CONFIRM_CANCELLED: Final = "UPDATE delivery_providercall SET cancelled = TRUE WHERE ref = %s AND cancelling"

IS_CANCELLED: Final = "SELECT 1 FROM delivery_providercall WHERE ref = %s AND cancelled"
