"""What logging in needs of a process, from its settings and services."""

from agent.assembly import Running
from agent.prompts.templates import DEFAULT_BANK
from api.logins.codes import LoginCodes
from api.logins.demo_mailbox import DemoMailbox, keeps_messages
from api.logins.door import LoginParts
from api.logins.passwords import PasswordRules
from api.logins.second_factor import SecondFactors
from core.security.breached import BreachedPasswords
from core.services import Services
from core.settings import Settings
from tools.bank import code_sender


def make_logins(settings: Settings, services: Services, running: Running) -> LoginParts:
    """Raises ConfigurationError where the list of breached passwords is none."""
    sender = code_sender(settings)
    mailbox = DemoMailbox(running.redis, sender) if keeps_messages(settings) else None
    return LoginParts(
        rules=PasswordRules(settings.bank_name or DEFAULT_BANK, BreachedPasswords(settings.breached_passwords)),
        codes=LoginCodes(running.database, mailbox or sender, services.secret_key),
        factors=SecondFactors(running.database, running.authenticators, services.secret_key),
        mailbox=mailbox,
    )
