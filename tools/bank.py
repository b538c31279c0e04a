"""The bank as tools see it, put together from a process's settings and services."""

from core.db.database import Database
from core.security.sealing import Seal
from core.services import Services
from core.settings import Settings
from tools.attachments.cipher import FileCipher
from tools.attachments.store import Attachments
from tools.fraud.decisions import read_fraud_policy
from tools.registry import Bank
from tools.step_up.code_senders import CodeSender, LogSender, NoSender, WebhookSender
from tools.step_up.codes import StepUpCodes
from tools.step_up.totp import Authenticators


def make_bank(settings: Settings, services: Services, database: Database) -> Bank:
    """Codes are sent as the settings say. ``database`` may be opened later."""
    fraud = read_fraud_policy(settings.fraud_policy)
    codes = StepUpCodes(services.secret_key, code_sender(settings), old_secret_keys(settings))
    return Bank(database, codes, make_seal(settings, services), fraud)


def make_seal(settings: Settings, services: Services) -> Seal:
    """Seals with the server's key; opens with those of before too."""
    return Seal(services.secret_key, old_secret_keys(settings))


def make_attachments(settings: Settings, services: Services) -> Attachments:
    return Attachments(make_file_cipher(settings, services))


def make_file_cipher(settings: Settings, services: Services) -> FileCipher:
    """Files of customers are sealed with the server's key; those of before are opened with the old ones."""
    return FileCipher(services.secret_key, old_secret_keys(settings))


def make_authenticators(settings: Settings, services: Services) -> Authenticators:
    return Authenticators(services.secret_key, old_secret_keys(settings))


def old_secret_keys(settings: Settings) -> list[bytes]:
    """What was sealed with them, or follows from them, is still good."""
    return [key.get_secret_value().encode() for key in settings.old_secret_keys]


def code_sender(settings: Settings) -> CodeSender:
    """The gateway that was set; in demo mode without one, the demo outbox."""
    url, secret = settings.code_webhook_url, settings.code_webhook_secret
    if settings.code_sender == "webhook" and url and secret:
        return WebhookSender(url, secret.get_secret_value().encode(), networks=settings.outgoing_networks)
    return LogSender() if settings.demo else NoSender()
