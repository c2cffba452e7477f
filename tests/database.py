"""The test database: a copy of the lane's own, and quickly empty again after a test that commits."""

from typing import Any

import pytest
from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import TransactionTestCase

# Made by `migrate`, and the same for all tests.
KEPT = {"django_migrations", "django_content_type", "auth_permission"}
_GUARDED = "SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal"


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """The lane has run all migrations once; each worker copies what they made."""
    facts: dict[str, Any] = connections[DEFAULT_DB_ALIAS].settings_dict
    facts["TEST"]["TEMPLATE"] = facts["NAME"]


def empty(connection: BaseDatabaseWrapper) -> None:
    """Delete all rows. Django's way truncates each of a hundred tables, most of them empty, and makes content types
    and permissions anew: five times as long, for hundreds of tests."""
    names = [name for name in connection.introspection.django_table_names(only_existing=True) if name not in KEPT]
    rows = " UNION ALL ".join(f"(SELECT '{name}' FROM {name} LIMIT 1)" for name in names)
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.execute(_GUARDED)
        guarded = {row[0] for row in cursor.fetchall()}
        cursor.execute(rows)
        filled = {row[0] for row in cursor.fetchall()}
        if filled & guarded:
            # Their triggers let nobody delete; first, as foreign keys are looked at when all is done.
            cursor.execute(f"TRUNCATE {', '.join(sorted(filled & guarded))} CASCADE")
        for name in sorted(filled - guarded):
            cursor.execute(f"DELETE FROM {name}")


def _empty_all(case: TransactionTestCase) -> None:
    empty(connections[DEFAULT_DB_ALIAS])


TransactionTestCase._fixture_teardown = _empty_all  # type: ignore[attr-defined]
