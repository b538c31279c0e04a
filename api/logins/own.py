"""How somebody who is signed in logs in, and their password again before what a stolen session must not be enough for
(OWASP ASVS 5.0, 7.5.1)."""

from typing import Annotated

from fastapi import Depends

from api.dependencies import SignedInDep
from api.logins.door import Door, DoorDep
from api.logins.passwords import authenticate
from api.people import Login


async def get_own_login(identity: SignedInDep, door: DoorDep) -> Login:
    return await door.find_own(identity)


OwnDep = Annotated[Login, Depends(get_own_login)]


async def check_own_password(door: Door, own: Login, password: str) -> None:
    """Raises as ``authenticate``: tries at it count with those at the door."""
    await authenticate(door.running.database, own.email, password, door.address, door.now)
