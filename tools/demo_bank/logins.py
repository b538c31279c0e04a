"""Who can log in to the demo bank. Everybody may know these passwords: they exist in demo mode only."""

from typing import Literal, NamedTuple

Role = Literal["customer", "agent", "supervisor", "auditor", "admin"]


class Login(NamedTuple):
    email: str
    password: str
    role: Role
    name: str


STAFF = [
    Login("agent@demo.example", "demo-agent-1", "agent", "Robin Hale"),
    Login("supervisor@demo.example", "demo-supervisor-1", "supervisor", "Dana Whitlock"),
    Login("auditor@demo.example", "demo-auditor-1", "auditor", "Morgan Iles"),
    Login("admin@demo.example", "demo-admin-1", "admin", "Kit Sandford"),
]
CUSTOMERS = [
    Login("alex@demo.example", "demo-alex-1", "customer", "Alex Morgan"),
    Login("blair@demo.example", "demo-blair-1", "customer", "Blair Ahmed"),
]
LOGINS = [*CUSTOMERS, *STAFF]
