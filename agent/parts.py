"""What the nodes work with: built once for each process, the same for every turn."""

from concurrent.futures import Executor
from dataclasses import dataclass, field

from agent.models.chain import ModelChain
from agent.prompts.templates import Prompts
from agent.understanding.heads import Heads
from core.security.sealing import Seal
from knowledge.cache import CachedRetriever
from knowledge.embed import Encoder
from tools.registry import Bank, Registry


@dataclass(frozen=True, slots=True)
class Parts:
    bank: Bank
    encoder: Encoder
    heads: Heads
    retriever: CachedRetriever
    registry: Registry
    scopes: frozenset[str]
    """What may be used of the registry: in a turn, what its caller may use."""
    models: ModelChain
    fixed: ModelChain
    """The offline model alone: what must not be left to a language model is said by it."""
    seal: Seal
    encoder_threads: Executor
    """One thread: the encoder runs beside the event loop, and never on more than one core."""
    prompts: Prompts = field(default_factory=Prompts)
    outsiders_need_consent: bool = False
    """Whether models of other parties are asked only for customers who agreed to that."""
