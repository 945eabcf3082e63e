"""Addresses and connection strings in the forms in which plants write them, with their secrets."""

from dataclasses import dataclass
from urllib.parse import quote, quote_plus, unquote

_PLAIN = "hunter2Geheim"
_HARD = "Grüß/Gott+ö:a@b#c d"
"""A secret that no form may contain without percent-encoding."""


@dataclass(frozen=True)
class Form:
    """`secrets` are without percent-encoding; `host` is what remains visible, if it can."""

    url: str
    host: str = "h.plant"
    secrets: tuple[str, ...] = (_PLAIN,)

    def found_in(self, text: str) -> list[str]:
        """Each secret that `text` has in some spelling."""
        return [secret for secret in self.secrets if any(s in text for s in _spellings(secret))]


def _spellings(secret: str) -> set[str]:
    escaped = {repr(secret)[1:-1], ascii(secret)[1:-1]}
    lower = quote(secret, safe="").replace("%", "%25")
    return {secret, quote(secret), quote(secret, safe=""), quote_plus(secret), lower, *escaped}


def _hard(url: str, host: str = "h.plant") -> Form:
    return Form(url.replace("SECRET", quote(_HARD, safe="")), host, (_HARD,))


def _raw(secret: str, url: str = "redis://:SECRET@h.plant:6379/0", host: str = "h.plant") -> Form:
    return Form(url.replace("SECRET", secret), host, (unquote(secret),))


def _plain(url: str, host: str = "h.plant") -> Form:
    return Form(url.replace("SECRET", _PLAIN), host)


REDIS = [
    _plain("redis://ops:SECRET@h.plant:6379/0"),
    _plain("redis://:SECRET@h.plant:6379/0"),
    _plain("redis://SECRET@h.plant:6379/0"),
    _plain("redis://SECRET:@h.plant:6379/0"),
    _plain("rediss://default:SECRET@h.plant:6380/1"),
    _plain("redis://h.plant/0?password=SECRET"),
    _plain("redis://h.plant/0?db=1&p%61ssword=SECRET"),
    _plain("redis://h.plant:6379?username=ops&password=SECRET"),
    _plain("redis://ops@h.plant:6379/0#SECRET"),
    _plain("redis://ops:SECRET@[2001:db8::1]:6379/0", "2001:db8::1"),
    _plain("redis://ops:SECRET@10.1.2.3:6379/0", "10.1.2.3"),
    _hard("redis://ops:SECRET@h.plant:6379/0"),
    _hard("redis://h.plant/0?password=SECRET"),
    _raw("hun@ter2"),
    _raw("hun:ter2"),
    _raw("pä ss wörd"),
    _raw("密码hunter2"),
    _raw("50%off-hunter"),
    _raw("a%2Fb%40c%23d"),
]
"""Accepted as the address of Redis."""

MALFORMED_REDIS = [
    _plain("redis://ops:SECRET@h.plant:notaport/0"),
    _plain("redis://ops:SECRET@h.plant:99999/0"),
    _plain("redis://ops:SECRET@[2001:db8::1/0", "2001:db8::1"),
    _plain("redis://h.plant:SECRET/0"),
    _plain("http://ops:SECRET@h.plant/0"),
    _plain("redis:///0?password=SECRET", "redis://"),
    _plain("unix://ops:SECRET@/run/redis.sock?db=0", "/run/redis.sock"),
    _plain("unix:///run/redis.sock?password=SECRET", "/run/redis.sock"),
    _plain("redis+sentinel://:SECRET@h1.plant:26379,h2.plant:26379/main/0", "h2.plant"),
    _plain("ops:SECRET@h.plant:6379"),
    _plain("//ops:SECRET@h.plant:6379/0"),
    _plain("redis://h.plant/0?PassWord=SECRET&db=1"),
    _raw("hun#ter2"),
    _raw("hun/ter2"),
    _raw("hun?ter2"),
    _raw("h/un@ter2"),
]
"""Refused as the address of Redis, or another one than meant."""

POSTGRESQL = [
    _plain("postgresql+psycopg://ops:SECRET@h.plant/ledger"),
    _plain("postgresql+psycopg://ops@h.plant/ledger?password=SECRET"),
    _plain("postgresql+psycopg://ops@h.plant/ledger?sslmode=require&sslpassword=SECRET"),
    _plain("postgresql+psycopg://ops:SECRET@/ledger?host=h1.plant:5432&host=h2.plant", "h2.plant"),
    _plain("postgresql+psycopg:///ledger?host=h.plant%20password%3DSECRET", "/ledger"),
    _plain("postgresql+psycopg://ops:SECRET@h1.plant:5432,h2.plant:5433/ledger", "h2.plant"),
    _hard("postgresql+psycopg://ops:SECRET@h.plant/ledger"),
    _plain("host=h.plant user=ops password=SECRET dbname=ledger"),
    _raw("hunter2 Geheim", "host=h.plant password = 'SECRET' dbname=ledger"),
]

BUCKETS = [
    _plain("s3://AKIAEXAMPLE:SECRET@bucket/ratchet?region=eu-central-1", "bucket/ratchet"),
    _raw("abc/DEF+ghi", "s3://AKIA:SECRET@bucket/x", "bucket/x"),
    _raw("a/b/c+d==", "s3://AKIAEXAMPLE:SECRET@bucket/x", "bucket/x"),
    _plain("s3://bucket/x?access_key=AKIA&secret_key=SECRET", "bucket/x"),
    _plain("abfs://container@account.plant/x?sig=SECRET", "account.plant/x"),
]

HTTP = [
    _plain("http://ops:SECRET@h.plant:11434"),
    _raw("ghp_0123456789abcdefABCDEF", "https://SECRET@h.plant/v1"),
    _raw("ghp_0123456789abcdefABCDEF", "https://SECRET:x-oauth-basic@h.plant/v1"),
    _plain("https://oauth2:SECRET@h.plant/v1"),
    _plain("https://h.plant/v1?token=SECRET"),
    _plain("https://h.plant/v1?api-key=SECRET"),
    _plain("https://h.plant/v1?API_KEY=SECRET&x=1"),
    _plain("https://h.plant/v1?X-Amz-Signature=SECRET&X-Amz-Date=20260101"),
    _plain("https://h.plant/v1?sig=SECRET"),
    _plain("https://h.plant/v1?access_token=SECRET"),
    _plain("https://h.plant/v1?client_secret=SECRET#SECRET"),
    _plain("https://h.plant/v1#access_token=SECRET"),
    _plain("https://h.plant/v1;password=SECRET"),
    _hard("https://ops:SECRET@h.plant/v1"),
    _hard("https://h.plant/v1?api%5Fkey=SECRET"),
]

ALL = [*REDIS, *MALFORMED_REDIS, *POSTGRESQL, *BUCKETS, *HTTP]
