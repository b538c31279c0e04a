"""Follows which adapters are to answer: loads the new ones, and keeps the old until those are there."""

import asyncio
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from agent.models.local.host import AdapterRefused, Host
from agent.models.local.lineup import Lineup, Tuned, check_tuned, read_lineup
from agent.models.registry_file import REGISTRY_FILE
from core.digests import digest_of_model
from core.errors import ConfigurationError, InvalidInput, Unavailable
from core.logging import get_logger

_log = get_logger(__name__)

_RHYTHM = 2.0
"""Seconds between two looks at the registry."""


class Follower:
    def __init__(self, host: Host, adapter: Path | None, key: Ed25519PublicKey | None) -> None:
        """Args:
        adapter: its folder, or a registry's.
        key: that has to have signed adapters.
        """
        self.host = host
        self.lineup: Lineup | None = None
        """What answers now; None while nothing can."""
        self.problem: str | None = None
        """Why it is not what the registry says."""
        self._adapter = adapter
        self._key = key
        self._wanted: tuple[object, Lineup] | None = None
        self._refused: dict[Tuned, str] = {}
        self._base_digest: str | None = None

    @property
    def condition(self) -> str:
        if self.lineup is None:
            return self.problem or (self.host.condition if self.host.machine is None else "loading the adapter")
        canary = self.lineup.canary and f"canary {self.lineup.canary.label} {self.lineup.share:.0%}"
        shadow = self.lineup.shadow and f"shadow {self.lineup.shadow.label}"
        served = self.lineup.served.label if self.lineup.served else "no adapter" if self._adapter else ""
        return "; ".join(filter(None, (self.host.condition, served, canary, shadow, self.problem)))

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            self.host.changed.clear()
            await self._look()
            try:
                async with asyncio.timeout(_RHYTHM):
                    await self.host.changed.wait()
            except TimeoutError:
                continue

    async def _look(self) -> None:
        if self.host.machine is None:
            self.lineup = None
            return
        try:
            await self._follow(await asyncio.to_thread(self._read))
        except ConfigurationError as error:
            self._note(str(error))
        except Unavailable:
            # The process has ended; the next look is when there is another.
            self.lineup = None

    def _read(self) -> Lineup:
        """Anew only when the registry has been replaced.

        Raises:
            ConfigurationError: it is no registry, or with a key: not signed, or older than what was followed.
        """
        state = _state_of(self._adapter)
        if self._wanted is None or self._wanted[0] != state:
            lineup = read_lineup(self._adapter, self._key)
            # A signature alone would let whoever kept an older file bring it back.
            if self._key and self._wanted and lineup.serial < self._wanted[1].serial:
                raise ConfigurationError(
                    f"{REGISTRY_FILE} is choice {lineup.serial}, older than choice {self._wanted[1].serial}, which is "
                    "followed: put the newer one back, or start the server anew."
                )
            self._wanted = (state, lineup)
        return self._wanted[1]

    async def _follow(self, wanted: Lineup) -> None:
        for tuned in wanted.adapters:
            await self._load(tuned)
        problems = [
            f"{tuned.label} refused: {reason}" for tuned, reason in self._refused.items() if tuned in wanted.adapters
        ]
        self._note("; ".join(sorted(problems)) or None)
        before = self.lineup
        served = wanted.served
        if served is not None and served.digest not in self.host.loaded:
            if before is None:
                return
            served = before.served
        usable = {tuned.digest for tuned in wanted.adapters} & self.host.loaded
        canary = wanted.canary if wanted.canary and wanted.canary.digest in usable else None
        shadow = wanted.shadow if wanted.shadow and wanted.shadow.digest in usable else None
        self.lineup = Lineup(served, canary, wanted.share if canary else 0.0, shadow)
        if self.lineup != before:
            _log.info("local_model_serves", condition=self.condition)
        for digest in self.host.loaded - {tuned.digest for tuned in self.lineup.adapters}:
            self.host.drop(digest)

    async def _load(self, tuned: Tuned) -> None:
        if tuned.digest in self.host.loaded or tuned in self._refused:
            return
        try:
            await asyncio.to_thread(self._check, tuned)
            await self.host.load(tuned.digest, tuned.folder)
        except (ConfigurationError, InvalidInput, AdapterRefused, OSError) as error:
            self._refused[tuned] = str(error)

    def _check(self, tuned: Tuned) -> None:
        self._base_digest = self._base_digest or digest_of_model(self.host.opening.base)
        check_tuned(tuned, self._base_digest, self._key)

    def _note(self, problem: str | None) -> None:
        if problem and problem != self.problem:
            _log.error("local_adapter_refused", reason=problem)
        self.problem = problem


def _state_of(adapter: Path | None) -> object:
    """Another one when the registry's file has been replaced; the same always for one adapter."""
    try:
        found = (adapter / REGISTRY_FILE).stat() if adapter else None
    except OSError:
        return None
    return found and (found.st_mtime_ns, found.st_size, found.st_ino)
