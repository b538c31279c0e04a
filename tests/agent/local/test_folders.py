"""What is wrong with a local model's folders is said at the start, in one line, and without torch."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from agent.models.local import folders
from agent.models.local.folders import LocalName, check_adapter, check_base, check_installed, find_trained_base
from agent.models.local.lineup import Lineup, Tuned, check_tuned, read_key, read_lineup
from agent.models.local.link import open_local
from agent.models.registry_file import REGISTRY_FILE, Adapter, Canary, RegistryFile, Served
from core.digests import digest_of_folder
from core.errors import ConfigurationError
from core.settings import Settings
from tests.hollow_models import make_hollow_base, write_weights


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return make_hollow_base(tmp_path / "teller")


@pytest.fixture
def adapter(tmp_path: Path) -> Path:
    folder = tmp_path / "registry" / "v1"
    folder.mkdir(parents=True)
    (folder / "adapter_config.json").write_text('{"peft_type": "LORA"}')
    (folder / "run.json").write_text('{"base_digest": "b1"}')
    write_weights(folder / "adapter_model.safetensors")
    return folder


def split_in_parts(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    write_weights(folder / "model-1.safetensors")
    parts = {"a": "model-1.safetensors", "b": "model-2.safetensors"}
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": parts}))


def cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda folder: (folder / "config.json").unlink(), r"config.json cannot be read"),
        (lambda folder: (folder / "config.json").write_text("{"), r"config.json is damaged: it is no JSON"),
        (lambda folder: (folder / "config.json").write_text("[]"), r"holds no JSON object"),
        (lambda folder: (folder / "config.json").write_text('{"architectures": ["BertModel"]}'), r"no language model"),
        (lambda folder: (folder / "model.safetensors").unlink(), r"has no weights: it needs model.safetensors"),
        (lambda folder: cut_off(folder / "model.safetensors"), r"damaged or cut off: copy it again"),
        (lambda folder: (folder / "model.safetensors").write_bytes(b"pickle"), r"damaged"),
        (lambda folder: (folder / "model.safetensors").write_bytes(b"\x03" + bytes(7) + b"[1]"), r"damaged"),
        (split_in_parts, r"model-2.safetensors cannot be read"),
        (lambda folder: (folder / "tokenizer.json").unlink(), r"has no tokenizer.json"),
        (lambda folder: (folder / "chat_template.jinja").unlink(), r"has no chat template: name a model"),
    ],
)
async def test_a_base_that_is_not_whole_is_refused_at_the_start(
    base: Path, damage: Callable[[Path], object], said: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(folders, "_NEEDED", ())
    check_base(base)
    damage(base)

    with pytest.raises(ConfigurationError, match=said) as refused:
        async with open_local(LocalName(base), Settings(_env_file=None)):  # pyright: ignore[reportCallIssue]
            pass
    assert "\n" not in refused.value.message


def test_a_base_may_come_in_parts_and_with_its_template_in_the_tokenizers_config(base: Path):
    split_in_parts(base)
    write_weights(base / "model-2.safetensors")
    (base / "chat_template.jinja").unlink()
    (base / "tokenizer_config.json").write_text('{"chat_template": "{{ messages }}"}')

    check_base(base)


def test_a_name_is_a_folder_and_perhaps_an_adapter(tmp_path: Path):
    assert LocalName.parse("models/teller@adapters/v1") == LocalName(Path("models/teller"), Path("adapters/v1"))
    assert str(LocalName.parse("models/teller")) == "local:teller"
    assert str(LocalName.parse("models/teller@adapters/v1")) == "local:teller@v1"
    for wrong in ("", "@adapter", "models/teller@"):
        with pytest.raises(ConfigurationError, match="write local:FOLDER"):
            LocalName.parse(wrong)
    with pytest.raises(ConfigurationError, match=r"is no folder: name one with config\.json"):
        check_base(tmp_path / "nowhere")


def test_without_torch_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(folders, "_NEEDED", ("a_package_that_nobody_has",))

    with pytest.raises(ConfigurationError, match=r"pip install -r requirements/finetune\.txt"):
        check_installed()


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda folder: (folder / "adapter_config.json").unlink(), "adapter_config.json cannot be read"),
        (lambda folder: (folder / "adapter_config.json").write_text('{"peft_type": "IA3"}'), "of kind IA3"),
        (lambda folder: (folder / "adapter_model.safetensors").unlink(), "cannot be read"),
        (lambda folder: cut_off(folder / "adapter_model.safetensors"), "cut off"),
    ],
)
def test_an_adapter_that_is_not_whole_is_refused(adapter: Path, damage: Callable[[Path], object], said: str):
    check_adapter(adapter)
    damage(adapter)

    with pytest.raises(ConfigurationError, match=said):
        read_lineup(adapter)


def test_an_adapter_names_the_base_that_its_training_recorded(adapter: Path):
    assert find_trained_base(adapter) == "b1"
    tuned = read_lineup(adapter).served

    check_tuned(tuned, "b1", None)
    with pytest.raises(ConfigurationError, match="trained on another base: name the folder of that base"):
        check_tuned(tuned, "b2", None)
    (adapter / "run.json").unlink()
    assert find_trained_base(adapter) is None


def enter(adapter: Path, **changed: object) -> Adapter:
    about = {"path": "v1", "base": "teller", "base_digest": "b1", "digest": digest_of_folder(adapter)}
    about |= {"data_digest": "", "metrics": {"accuracy": 0.5}, "added_at": datetime(2026, 11, 1, tzinfo=UTC)}
    return Adapter.model_validate(about | changed)


def write_registry(folder: Path, **adapters: Adapter) -> None:
    canary = Canary(adapter="v1", share=0.25)
    registry = RegistryFile(adapters=adapters, served=Served(adapter="v1", canary=canary))
    (folder / REGISTRY_FILE).write_text(registry.model_dump_json())


def test_with_a_key_only_what_was_signed_with_it_is_taken(adapter: Path):
    private, other = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    entry = enter(adapter)
    signed = entry.model_copy(update={"signature": private.sign(entry.signed_bytes("v1")).hex()})
    write_registry(adapter.parent, v1=signed)
    tuned = read_lineup(adapter.parent).served

    check_tuned(tuned, "b1", private.public_key())
    for changed in (signed.model_copy(update={"signature": ""}), signed.model_copy(update={"base_digest": "b2"})):
        write_registry(adapter.parent, v1=changed)
        with pytest.raises(ConfigurationError, match="is not signed with the key"):
            check_tuned(read_lineup(adapter.parent).served, changed.base_digest, private.public_key())
    with pytest.raises(ConfigurationError, match="is not signed with the key"):
        check_tuned(tuned, "b1", other.public_key())


async def test_with_a_key_an_adapter_outside_a_registry_is_refused_at_the_start(
    base: Path, adapter: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(folders, "_NEEDED", ())
    key = tmp_path / "key.pem"
    key.write_bytes(
        Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    settings = Settings(_env_file=None, adapter_key=key)  # pyright: ignore[reportCallIssue]

    with pytest.raises(ConfigurationError, match="must be a registry's folder"):
        async with open_local(LocalName(base, adapter), settings):
            pass


def test_a_key_of_another_kind_is_refused(tmp_path: Path):
    path = tmp_path / "key.pem"
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_key(path)
    path.write_text("no key")
    with pytest.raises(ConfigurationError, match="is no public key in PEM"):
        read_key(path)
    public = generate_private_key(SECP256R1()).public_key()
    path.write_bytes(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    with pytest.raises(ConfigurationError, match="is no Ed25519 key"):
        read_key(path)


def test_an_adapter_that_was_changed_after_it_was_registered_is_refused(adapter: Path):
    write_registry(adapter.parent, v1=enter(adapter))
    tuned = read_lineup(adapter.parent).served
    (adapter / "README.md").write_text("changed")

    with pytest.raises(ConfigurationError, match="was changed after it was registered"):
        check_tuned(tuned, "b1", None)


def test_a_registry_cannot_name_folders_outside_of_it(adapter: Path):
    write_registry(adapter.parent, v1=enter(adapter, path="../../etc"))

    with pytest.raises(ConfigurationError, match="lies outside the registry"):
        read_lineup(adapter.parent)


def test_a_canary_has_about_its_share_of_the_conversations_and_never_one_without_a_name():
    one, two = (Tuned(name, Path(name), name * 8, None) for name in ("a", "b"))
    lineup = Lineup(one, canary=two, share=0.1)

    chosen = [lineup.choose(f"conversation {number}") for number in range(5000)]

    assert 400 < chosen.count(two) < 600
    assert chosen == [lineup.choose(f"conversation {number}") for number in range(5000)]
    assert lineup.choose("") is one
