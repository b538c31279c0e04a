"""``tellergraph auth roles``: what an operator may change, and what nobody may lose."""

from datetime import datetime

import psycopg
import pytest
from core_servers import query

from core.errors import NotFound, Refused
from core.roles_cli import change_role, list_roles
from core.services import Services

LINES = "select action, resource, detail from audit_log where action like 'role.%' order by id"


def permissions(services: Services, role: str) -> list[str]:
    return next(one.permissions for one in list_roles(services.owner_url) if one.name == role)


def test_granting_and_revoking_leave_a_line_each_and_nothing_where_nothing_changes(bank: Services, seeded_at: datetime):
    change = {"role": "auditor", "permission": "staff.care:work"}

    done = [change_role(bank.owner_url, "grant_permission", change, seeded_at) for _ in range(2)]
    assert "staff.care:work" in permissions(bank, "auditor")
    done += [change_role(bank.owner_url, "revoke_permission", change, seeded_at) for _ in range(2)]

    assert done == [True, False, True, False]
    assert "staff.care:work" not in permissions(bank, "auditor")
    detail = {"permission": "staff.care:work"}
    assert query(bank.owner_url, LINES) == [
        ("role.granted", "role:auditor", detail),
        ("role.revoked", "role:auditor", detail),
    ]


@pytest.mark.parametrize("permission", ["staff.audit:read", "staff.actions:decide", "staff.customers:open"])
def test_administrators_keep_what_they_need_to_mend_things(bank: Services, seeded_at: datetime, permission: str):
    with pytest.raises(Refused) as refused:
        change_role(bank.owner_url, "revoke_permission", {"role": "admin", "permission": permission}, seeded_at)

    assert refused.value.error_code == "permission_kept"
    assert permission in permissions(bank, "admin")
    assert query(bank.owner_url, LINES) == []


@pytest.mark.parametrize("role", ["customer", "visitor"])
def test_what_is_for_staff_is_for_nobody_else(bank: Services, seeded_at: datetime, role: str):
    with pytest.raises(Refused) as refused:
        change_role(bank.owner_url, "grant_permission", {"role": role, "permission": "staff.audit:read"}, seeded_at)

    assert refused.value.error_code == "permission_of_staff"


def test_the_last_administrator_stays_one(bank: Services, seeded_at: datetime):
    def assign(email: str, role: str) -> bool:
        return change_role(bank.owner_url, "assign_role", {"email": email, "role": role}, seeded_at)

    with pytest.raises(Refused) as refused:
        assign("admin@demo.example", "agent")
    assert refused.value.error_code == "last_admin"
    with pytest.raises(psycopg.Error, match="somebody has to be an administrator"):
        query(bank.owner_url, "delete from staff where role = 'admin'")

    assert assign("supervisor@demo.example", "admin")
    assert assign("admin@demo.example", "agent")

    assert [line[2] for line in query(bank.owner_url, LINES)] == [
        {"before": "supervisor", "role": "admin"},
        {"before": "admin", "role": "agent"},
    ]


def test_what_is_not_there_is_said(bank: Services, seeded_at: datetime):
    wrong = [
        ("grant_permission", {"role": "teller", "permission": "staff.care:work"}, "no role teller"),
        ("grant_permission", {"role": "agent", "permission": "staff.moon:walk"}, "no permission staff.moon:walk"),
        ("assign_role", {"email": "nobody@demo.example", "role": "agent"}, "Nobody of the staff"),
        ("assign_role", {"email": "agent@demo.example", "role": "premium"}, "no role premium"),
    ]
    for change, values, said in wrong:
        with pytest.raises(NotFound, match=said):
            change_role(bank.owner_url, change, values, seeded_at)


def test_the_application_changes_none_of_it(bank: Services):
    for statement in (
        "delete from role_permissions",
        "insert into role_permissions values ('agent', 'staff.audit:read')",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            query(bank.app_url, statement)
