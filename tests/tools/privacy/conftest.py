"""A bank whose customers said, sent and asked for things, and what opens them."""

import io
from dataclasses import dataclass
from uuid import UUID, uuid4

import psycopg
import pytest
from PIL import Image
from psycopg.types.json import Jsonb

from agent.conversations import Conversations, TurnKey
from agent.state import TurnRecord
from core.db.database import Scope
from core.security.encryption.data_keys import DataKeys
from core.security.encryption.masters import KeyRing, LocalMasters, derived_masters
from core.security.pii import Placeholders, mask
from tests.tools.conftest import Desk
from tools.attachments.cipher import FileCipher
from tools.attachments.store import Attachments
from tools.privacy.export import Openers

WRITTEN = "Write to blair.private@example.org, I live at 7 Kingfisher Row"


def picture() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (8, 8), "navy").save(file, "PNG")
    return file.getvalue()


PICTURE = picture()


@dataclass(frozen=True, slots=True)
class Office:
    """The data protection officer's."""

    desk: Desk
    masters: KeyRing
    openers: Openers

    async def say(self, customer_id: UUID, message: str) -> UUID:
        """A turn of a conversation, saved as the service saves it. The session's id."""
        session, owner = uuid4(), f"customer:{customer_id}"
        key = TurnKey(uuid4(), session, Scope(customer_id=customer_id, subject=owner))
        talks, placeholders = Conversations(self.desk.database, self.openers.keys, uuid4()), Placeholders()
        masked = mask(message, placeholders)
        await talks.begin(key, is_new_session=True, title=masked, now=self.desk.now, unended=[])
        record = TurnRecord(
            masked, "Noted.", "small_talk", "greet", 0.9, [], [], None, [], None, None, {}, "offline", []
        )
        await talks.finish(key, record, placeholders, waiting=False, outcome="null", now=self.desk.now)
        with psycopg.connect(self.desk.services.checkpoint_url) as checkpoints:
            checkpoints.execute(
                "insert into checkpoints (thread_id, checkpoint_id, checkpoint) values (%s, '1', %s)",
                [str(session), Jsonb({"said": masked})],
            )
        return session

    def close_business(self, customer_id: UUID) -> None:
        """Ends what keeps a customer from being erased."""
        self.desk.owner("update accounts set status = 'closed' where customer_id = %(id)s", id=customer_id)


@pytest.fixture
async def office(desk: Desk) -> Office:
    masters = KeyRing([LocalMasters(derived_masters([desk.services.secret_key]))])
    keys = DataKeys(desk.database, masters)
    attachments = Attachments(FileCipher(desk.services.secret_key))
    return Office(desk, masters, Openers(keys, desk.bank.seal, attachments))
