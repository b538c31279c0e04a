"""Builds the assistant of a process from its services, and takes it down again."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import aiohttp
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool
from redis.asyncio import Redis

from agent.checkpoints import Checkpoints
from agent.conversations import Conversations
from agent.event_log import EventLog
from agent.graph_models import make_extractor
from agent.housekeeping import housekeeping
from agent.langfuse.tracing import tracing
from agent.lookup import name_reader
from agent.models.chain import ModelChain
from agent.models.factory import open_chain
from agent.models.link import OFFLINE, Link
from agent.models.offline.model import OfflineChat
from agent.parts import Parts
from agent.prompts.langfuse import running_langfuse
from agent.prompts.templates import DEFAULT_BANK, Prompts
from agent.readers import MOST_READERS
from agent.service import Assistant
from agent.understanding.heads import Heads
from core.audit.heads import Checkpointer
from core.clock import Clock
from core.db.database import Database
from core.db.pool import make_pool
from core.security.encryption.data_keys import DataKeys
from core.security.encryption.ring import open_key_ring
from core.security.outgoing import guarded_session
from core.security.permissions import RolePermissions
from core.services import Services
from core.settings import Settings
from core.telemetry.observing import observed_by
from core.telemetry.pseudonyms import Pseudonyms
from knowledge.cache import CachedRetriever, open_cache
from knowledge.documents.upload import UploadReader
from knowledge.embed import Encoder, Vectors
from knowledge.graph.graph import Graph
from knowledge.graph.running import running_graph
from knowledge.retrieve import Retriever
from tools.attachments.store import Attachments
from tools.bank import make_attachments, make_authenticators, make_bank
from tools.catalogue import CATALOGUE, CUSTOMER_SCOPES
from tools.compliance.aml.background import background_monitor
from tools.fraud.webhook import make_webhook
from tools.privacy.background import background_retention
from tools.privacy.export import Openers
from tools.registry import Bank
from tools.schedules.worker import background_worker
from tools.step_up.totp import Authenticators

_REDIS_PATIENCE = 15.0
"""Seconds for an answer. Well above what a reader of events waits for, or it would be cut off waiting."""

_QUIET_LOOKS, _QUIET_RHYTHM = 60, 0.5
"""How often the graph's work looks whether turns are under way before it goes on all the same, and seconds between."""


@dataclass(frozen=True, slots=True)
class Running:
    """A process's assistant with what its API needs beside it."""

    assistant: Assistant
    parts: Parts
    conversations: Conversations
    bank: Bank
    authenticators: Authenticators
    attachments: Attachments
    database: Database
    redis: Redis
    events: EventLog
    checkpoints: Checkpoints
    models: ModelChain
    graph: Graph | None
    """None: it is off."""
    uploads: UploadReader
    roles: RolePermissions
    openers: Openers
    """What opens a customer's encrypted things, for their own copy."""


@asynccontextmanager
async def running_assistant(settings: Settings, services: Services, clock: Clock) -> AsyncGenerator[Running]:
    """Pools open, model loaded, housekeeping under way. Leaving drains the turns first."""
    async with AsyncExitStack() as stack:
        database = Database(services.app_url, pool_size=settings.database_pool_size)
        await database.open()
        stack.push_async_callback(database.close)
        bank = make_bank(settings, services, database)
        redis = Redis.from_url(services.redis_url, socket_timeout=_REDIS_PATIENCE, max_connections=2 * MOST_READERS)
        stack.push_async_callback(redis.aclose)
        pool = await stack.enter_async_context(_checkpoint_pool(services, settings))
        patience = aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=settings.idle_timeout.total_seconds())
        client = await stack.enter_async_context(guarded_session(settings.outgoing_networks, patience))
        threads = stack.enter_context(ThreadPoolExecutor(1, thread_name_prefix="encoder"))
        models = await stack.enter_async_context(open_chain(settings, client, redis=redis, clock=clock))
        cache = await stack.enter_async_context(
            open_cache(
                services.redis_url, database, settings.cache_ttl, name_reader(settings.graph), services.secret_key
            )
        )
        encoder = await asyncio.to_thread(Encoder.load)

        async def encode(texts: Sequence[str]) -> Vectors:
            return await asyncio.get_running_loop().run_in_executor(threads, encoder.encode, texts)

        async def pace() -> None:
            await _wait_for_quiet(lambda: bool(assistant.active_turns))

        extractor = make_extractor(settings, models)
        graph = await stack.enter_async_context(running_graph(settings, services, client, encode, extractor, pace))
        prompts = Prompts(bank=settings.bank_name or DEFAULT_BANK, tokens=settings.prompt_tokens)
        await stack.enter_async_context(running_langfuse(settings, prompts, client))
        retriever = Retriever(database, graph=graph, graph_for_answers=settings.graph == "always")
        pseudonyms = Pseudonyms(services.secret_key)
        # Before the drain is pushed: the last turns are watched too.
        if (watcher := await stack.enter_async_context(tracing(settings))) is not None:
            stack.enter_context(observed_by(watcher))
        parts = Parts(
            bank=bank,
            encoder=encoder,
            heads=Heads.load(),
            retriever=CachedRetriever(retriever, cache),
            registry=CATALOGUE,
            scopes=CUSTOMER_SCOPES,
            models=models,
            fixed=_offline_alone(settings),
            seal=bank.seal,
            encoder_threads=threads,
            prompts=prompts,
            outsiders_need_consent=settings.outside_models_need_consent and models.has_outsiders,
        )
        checkpoints = Checkpoints(pool)
        ring = await stack.enter_async_context(open_key_ring(settings, services.secret_key))
        keys = DataKeys(database, ring)
        conversations = Conversations(database, keys, uuid4())
        events = EventLog(redis, settings.event_ttl)
        assistant = Assistant(
            parts=parts,
            checkpoints=checkpoints,
            conversations=conversations,
            events=events,
            clock=clock,
            pseudonyms=pseudonyms,
        )
        await stack.enter_async_context(housekeeping(assistant))
        if settings.worker == "inside":
            await stack.enter_async_context(
                background_worker(
                    services.worker_url,
                    clock,
                    settings.worker_interval,
                    make_webhook(settings),
                    bank.fraud,
                    Checkpointer.of(settings),
                )
            )
            await stack.enter_async_context(background_monitor(services.compliance_url, clock))
            await stack.enter_async_context(background_retention(services, clock))
        stack.push_async_callback(assistant.drain)
        authenticators = make_authenticators(settings, services)
        attachments = make_attachments(settings, services)
        uploads = UploadReader()
        stack.callback(uploads.close)
        yield Running(
            assistant,
            parts,
            conversations,
            bank,
            authenticators,
            attachments,
            database,
            redis,
            events,
            checkpoints,
            models,
            graph,
            uploads,
            RolePermissions(database),
            Openers(keys, bank.seal, attachments),
        )


async def _wait_for_quiet(is_busy: Callable[[], bool]) -> None:
    """Work that can wait lets turns go first, for a while."""
    for _ in range(_QUIET_LOOKS):
        if not is_busy():
            return
        await asyncio.sleep(_QUIET_RHYTHM)


def _offline_alone(settings: Settings) -> ModelChain:
    return ModelChain(
        [Link(OFFLINE, OfflineChat(), data_class="own", is_free=True)],
        first_token_timeout=settings.first_token_timeout,
        idle_timeout=settings.idle_timeout,
    )


def _checkpoint_pool(services: Services, settings: Settings) -> AsyncConnectionPool[AsyncConnection[Any]]:
    return make_pool(services.checkpoint_url, name="checkpoints", min_size=1, max_size=settings.database_pool_size)
