"""Who owns what in the embedded database: the product its tables, another role the audit trail.

With a server of one's own the runbook does the same by hand.
"""

from __future__ import annotations

from sqlalchemy import Connection

from data import database
from data.embedded import OWNER, ROLE

# Owner of everything in the schema that belongs to somebody else than it should, and the cure.
_MISPLACED = f"""
WITH found AS (
    SELECT 'TABLE' AS kind, c.oid::regclass::text AS name, c.relowner AS owner,
           c.relname IN ('audit', 'audit_head') AS trail
    FROM pg_class c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
      AND NOT EXISTS (  -- a sequence of a table's column goes with its table
          SELECT FROM pg_depend d WHERE c.relkind = 'S' AND d.objid = c.oid
          AND d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i'))
    UNION ALL
    SELECT 'ROUTINE', p.oid::regprocedure::text, p.proowner,
           p.oid IN (to_regprocedure('public.audit_append()'),
                     to_regprocedure('public.audit_refuse()'),
                     to_regprocedure('public.audit_head_refuse()'),
                     to_regprocedure('public.audit_hash(public.audit)'))
    FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace
)
SELECT 'ALTER ' || kind || ' ' || name || ' OWNER TO '
       || CASE WHEN trail THEN '{OWNER}' ELSE '{ROLE}' END
FROM found
WHERE owner <> (CASE WHEN trail THEN '{OWNER}' ELSE '{ROLE}' END)::regrole
"""
# A row moves the head with its owner's rights. Whatever else the product's role makes in the
# schema, these functions never call: names are looked up in pg_catalog first or alone.
_RIGHTS = (
    f"GRANT USAGE, CREATE ON SCHEMA public TO {ROLE}",
    f"REVOKE ALL ON public.audit, public.audit_head FROM {ROLE}",
    f"GRANT SELECT, INSERT ON public.audit TO {ROLE}",
    f"GRANT SELECT ON public.audit_head TO {ROLE}",
    "ALTER FUNCTION public.audit_hash(public.audit) SET search_path = pg_catalog, pg_temp",
    "ALTER FUNCTION public.audit_append() SECURITY DEFINER "
    "SET search_path = pg_catalog, public, pg_temp",
)


def is_settled(opened: Connection) -> bool:
    """Whether everything belongs to whom it should; one look at the catalogue."""
    if database.embedded() is None:
        return True
    return opened.exec_driver_sql(_MISPLACED).first() is None


def settle(opened: Connection) -> None:
    """Give each its own, as the owner, in the transaction of `opened`; the caller commits."""
    if database.embedded() is None:
        return
    # A function that another role made in the schema must not answer to a name used here.
    opened.exec_driver_sql("SET LOCAL search_path = pg_catalog, pg_temp")
    for statement in [row[0] for row in opened.exec_driver_sql(_MISPLACED)]:
        opened.exec_driver_sql(statement)
    for statement in _RIGHTS:
        opened.exec_driver_sql(statement)
