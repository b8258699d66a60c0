"""Settings: where state lives and which secrets there are, read once when a command starts."""

import json
import math
import os
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import platformdirs

from lurewatch.errors import SettingsError
from lurewatch.post import platform_named

SECRETS = "secrets.json"


@dataclass(frozen=True, slots=True)
class Secrets:
    """The keys of one installation; losing `data_key` loses what is encrypted."""

    console_secret: str  # signs console sessions
    data_key: str  # 32 bytes, base64url: encrypts personal data
    hash_key: str  # 32 bytes, base64url: keyed hashes for linking


@dataclass(frozen=True, slots=True)
class OpenId:
    """The provider that people may log in with, and what we are to it."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    claim: str  # of the ID token: what a person is known by
    console: str  # our own address, as people's browsers reach it

    @property
    def callback(self) -> str:
        """Where the provider sends people back to."""
        return f"{self.console}/login/openid/back"


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything a command needs to know of its surroundings."""

    home: Path
    db_url: str
    roots: Mapping[str, str]  # platform -> base address to use instead of the real one
    chromium: str | None
    model_dir: Path | None  # None: the shipped model
    weibo_token: str | None
    douyin_token: str | None = None
    notify: tuple[str, ...] = ()  # where notices go, in Apprise's way of writing
    daily_pages: int = 2000  # at most asked of a platform in a day
    tsa: str | None = None  # the address of a time-stamping authority (RFC 3161)
    webhook_local: tuple[str, ...] = ()  # addresses of this machine or network that may be told
    metrics_token: str | None = None  # None: /metrics answers this machine only

    @property
    def watchlist_file(self) -> Path:
        """What is looked for, and when."""
        return self.home / "watchlist.yaml"

    @property
    def halt_file(self) -> Path:
        """While it is there no spider asks for a page; it says why."""
        return self.home / "halt"

    claim_minutes: int = 10  # how long an opened finding is one reviewer's
    whole: int = 60  # single posts read of a platform after a crawl, where results cut their text
    pictures: int = 60  # at most asked of a platform after a crawl, where they can be read
    second_look: float = 0.05  # share of decisions that a second person is asked about, unseen
    openid: OpenId | None = None
    alliance_key: str | None = field(default=None, repr=False)  # of the alliance, never our own
    password_hours: int = (
        72  # how long a password holds that an admin gave, until its person chooses one
    )

    @property
    def retention_file(self) -> Path:
        """The operator's own periods, in place of those that are shipped."""
        return self.home / "retention.yaml"

    @property
    def notices_file(self) -> Path:
        """What pages say in place of a post, beside the sentences that are shipped."""
        return self.home / "notices.yaml"

    @property
    def imports_dir(self) -> Path:
        """Rows that an import rejected, with their reasons."""
        return self.home / "imports"

    @property
    def evidence_dir(self) -> Path:
        """Where evidence packages are kept."""
        return self.home / "evidence"

    @property
    def receipts_dir(self) -> Path:
        """Copies of the receipts that channels gave."""
        return self.home / "receipts"

    @property
    def pictures_dir(self) -> Path:
        """Where the pictures of posts are kept, sealed."""
        return self.home / "pictures"

    @property
    def profile_file(self) -> Path:
        """The institution's profile, written by `lurewatch setup`."""
        return self.home / "institution.yaml"


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """
    The settings that *environ* gives, with defaults for what it leaves out.

    Raises SettingsError when a value cannot be read. Makes no folder.

        >>> read_settings({"LUREWATCH_HOME": "/tmp/x"}).db_url
        'sqlite:////tmp/x/lurewatch.db'
    """
    env = os.environ if environ is None else environ
    home = Path(env.get("LUREWATCH_HOME") or platformdirs.user_data_dir("lurewatch")).expanduser()
    model_dir = env.get("LUREWATCH_MODEL")
    return Settings(
        home=home,
        db_url=env.get("LUREWATCH_DB") or f"sqlite:///{home.absolute() / 'lurewatch.db'}",
        roots=read_roots(env.get("LUREWATCH_ROOTS", "")),
        chromium=env.get("LUREWATCH_CHROMIUM") or None,
        model_dir=Path(model_dir) if model_dir else None,
        weibo_token=env.get("LUREWATCH_WEIBO_TOKEN") or None,
        douyin_token=env.get("LUREWATCH_DOUYIN_TOKEN") or None,
        notify=tuple(env.get("LUREWATCH_NOTIFY", "").split()),
        daily_pages=read_count(env, "LUREWATCH_DAILY_PAGES", 2000),
        tsa=env.get("LUREWATCH_TSA") or None,
        webhook_local=tuple(env.get("LUREWATCH_WEBHOOK_LOCAL", "").split()),
        metrics_token=env.get("LUREWATCH_METRICS_TOKEN") or None,
        claim_minutes=int(_number(env, "LUREWATCH_CLAIM_MINUTES", 10, 1, 24 * 60)),
        whole=int(_number(env, "LUREWATCH_WHOLE", 60, 0, 100_000)),
        pictures=int(_number(env, "LUREWATCH_PICTURES", 60, 0, 100_000)),
        second_look=_number(env, "LUREWATCH_SECOND_LOOK", 0.05, 0, 1),
        openid=read_openid(env),
        alliance_key=_secret_of(env, "LUREWATCH_ALLIANCE_KEY") or None,
        password_hours=int(_number(env, "LUREWATCH_PASSWORD_HOURS", 72, 1, 24 * 90)),
    )


def read_openid(env: Mapping[str, str]) -> OpenId | None:
    """The provider that people may log in with. Raises SettingsError where half of it is set."""
    names = ("ISSUER", "CLIENT_ID", "CLIENT_SECRET", "CONSOLE")
    given = {name: env.get(f"LUREWATCH_OPENID_{name}", "").strip() for name in names}
    given["CLIENT_SECRET"] = _secret_of(env, "LUREWATCH_OPENID_CLIENT_SECRET")
    if not any(given.values()):
        return None
    for name, value in given.items():
        if not value:
            raise SettingsError(f"LUREWATCH_OPENID_{name} is not set, and the others are")
    for name in ("ISSUER", "CONSOLE"):
        if not private(given[name]):
            raise SettingsError(
                f"LUREWATCH_OPENID_{name}: {given[name]!r} must begin with https:// (http:// only"
                " on this machine)"
            )
    claim = env.get("LUREWATCH_OPENID_CLAIM", "").strip() or "sub"
    console = given["CONSOLE"].rstrip("/")
    return OpenId(given["ISSUER"], given["CLIENT_ID"], given["CLIENT_SECRET"], claim, console)


def _secret_of(env: Mapping[str, str], name: str) -> str:
    """A secret, from the file that NAME_FILE names where there is one. Raises SettingsError."""
    if path := env.get(f"{name}_FILE"):
        try:
            return Path(path).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"{name}_FILE: {path}: {error}") from None
    return env.get(name, "").strip()


def private(address: str) -> bool:
    """
    Whether nobody between can read what is sent there.

    >>> private("https://id.example.com"), private("http://127.0.0.1:9"), private("http://id.example.com")
    (True, True, False)
    """
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    here = parts.hostname in ("127.0.0.1", "localhost", "::1")
    return bool(parts.hostname) and (parts.scheme == "https" or (here and parts.scheme == "http"))


def read_count(env: Mapping[str, str], name: str, default: int) -> int:
    """A whole number above nothing. Raises SettingsError."""
    written = env.get(name, "").strip()
    if not written:
        return default
    if not written.isdecimal() or int(written) < 1:
        raise SettingsError(f"{name}: {written!r} is no whole number above 0")
    return int(written)


def _number(env: Mapping[str, str], name: str, usual: float, least: float, most: float) -> float:
    """A number of the environment. Raises SettingsError for one out of bounds."""
    written = env.get(name) or str(usual)
    try:
        value = float(written)
    except ValueError:
        value = math.nan
    if not least <= value <= most:
        raise SettingsError(f"{name}: {written!r} is no number from {least} to {most}")
    return value


def read_roots(written: str) -> dict[str, str]:
    """
    Base addresses by platform, written as `platform=address` with commas between.

    >>> read_roots("tieba=http://127.0.0.1:8800/tieba, xhs=http://127.0.0.1:8800/xhs")
    {'tieba': 'http://127.0.0.1:8800/tieba', 'xiaohongshu': 'http://127.0.0.1:8800/xhs'}
    """
    roots = {}
    for part in filter(None, (part.strip() for part in written.split(","))):
        name, separator, address = part.partition("=")
        if not separator or urlsplit(address).scheme not in ("http", "https"):
            raise SettingsError(
                f"LUREWATCH_ROOTS: cannot read {part!r}; write platform=http://host:port/path"
            )
        try:
            roots[platform_named(name.strip())] = address.rstrip("/")
        except ValueError as error:
            raise SettingsError(f"LUREWATCH_ROOTS: {error}") from None
    return roots


def read_secrets(settings: Settings, environ: Mapping[str, str] | None = None) -> Secrets:
    """
    The installation's keys: each from the environment, else from a file only its owner can read.

    The file is made on first use. Raises SettingsError when others can read it or it is broken.
    """
    env = os.environ if environ is None else environ
    names = ("console_secret", "data_key", "hash_key")
    given = {name: env.get(f"LUREWATCH_{name.upper()}", "") for name in names}
    if not all(given.values()):
        kept = _kept_secrets(settings.home / SECRETS)
        given = {name: given[name] or kept[name] for name in names}
    return Secrets(**given)


def made_folder(folder: Path, setting: str) -> None:
    """Make *folder* for this user alone; raises SettingsError that names the *setting* to blame."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise SettingsError(
            f"{setting}: the folder {folder} cannot be made ({error.strerror}); choose another"
        ) from None


def _kept_secrets(path: Path) -> dict[str, str]:
    if not path.exists():
        _write_secrets(path)
    if os.name == "posix" and path.stat().st_mode & 0o077:
        raise SettingsError(f"{path} can be read by others; run: chmod 600 {path}")
    try:
        kept = json.loads(path.read_text("utf-8"))
        return {name: str(kept[name]) for name in ("console_secret", "data_key", "hash_key")}
    except (ValueError, KeyError, TypeError) as error:
        raise SettingsError(
            f"{path} is not a secrets file ({error}); restore it from a backup: what is"
            " encrypted in the store cannot be read without it"
        ) from None


def _write_secrets(path: Path) -> None:
    """Atomically, so that two commands that start together agree on one set of keys."""
    made_folder(path.parent, "LUREWATCH_HOME")
    fresh = {
        "console_secret": secrets.token_urlsafe(32),
        "data_key": urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "hash_key": urlsafe_b64encode(secrets.token_bytes(32)).decode(),
    }
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(fresh, file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass  # another command was first: its keys hold
    finally:
        draft.unlink()
