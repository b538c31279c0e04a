"""The demo bank: a deterministic generator of customers and eighteen months of their money, for demo mode and tests."""

from tools.demo_bank.load import LoadReport, ensure_demo_bank, is_demo_loaded, load_demo_bank
from tools.demo_bank.logins import LOGINS, Login
from tools.demo_bank.model import InternalAccount
from tools.demo_bank.named import Who
from tools.demo_bank.outbox import close_outbox
from tools.demo_bank.reset import reset_demo

__all__ = [
    "LOGINS",
    "InternalAccount",
    "LoadReport",
    "Login",
    "Who",
    "close_outbox",
    "ensure_demo_bank",
    "is_demo_loaded",
    "load_demo_bank",
    "reset_demo",
]
