"""The built pages: their paths, headers, compressed forms, revalidation, and nothing beyond their directory."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from api.app import create_app
from api.pages.endpoints import built
from api.settings import DEFAULT_PAGES, Settings
from chain_client.domain.ids import Hash32, parse_address
from chain_client.domain.ledger import LedgerIdentity

NAMES = ("track", "dashboard", "explorer", "shop-example", "docs")
SCRIPT = b"export const x = 1;\n" * 100


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    made = tmp_path / "built"
    for folder in ("assets", "embed"):
        (made / folder).mkdir(parents=True)
    for name in NAMES:
        (made / f"{name}.html").write_text(f"<!doctype html><title>{name}</title>")
    for path in ("assets/track-abc123.js", "embed/doorstep-feedback.js", "sw.js"):
        (made / path).write_bytes(SCRIPT)
    (made / "assets/track-abc123.js.gz").write_bytes(gzip.compress(SCRIPT, mtime=0))
    (made / "assets/track-abc123.js.br").write_bytes(b"as brotli has it")
    (made / "favicon.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    (made / ".vite").mkdir()
    (made / ".vite/manifest.json").write_text("{}")
    (tmp_path / "secret.txt").write_text("secret")
    return made


@pytest.fixture
async def http(directory: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(directory) as client:
        yield client


def client_of(directory: Path) -> httpx.AsyncClient:
    identity = LedgerIdentity(
        1, Hash32(bytes(32)), parse_address("0x" + "11" * 20, "a"), 1, Hash32(bytes(32))
    )
    app = create_app(Settings("sqlite+aiosqlite://", identity, bytes(32), pages_dir=directory))
    # Nothing is decoded on the way, so that the encoded form can be looked at.
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://api", headers={"accept-encoding": "identity"}
    )


async def test_every_path_leads_to_its_page(http: httpx.AsyncClient) -> None:
    for path, name in [
        ("/t/0x" + "ab" * 32, "track"),
        ("/dashboard", "dashboard"),
        ("/dashboard/drivers/3", "dashboard"),
        ("/explorer", "explorer"),
        ("/explorer/block/7", "explorer"),
        ("/shop-example", "shop-example"),
        ("/docs", "docs"),
    ]:
        response = await http.get(path)
        assert response.status_code == 200, path
        assert f"<title>{name}</title>" in response.text
        assert response.headers["content-type"] == "text/html; charset=utf-8"
    start = await http.get("/")
    assert (start.status_code, start.headers["location"]) == (307, "/explorer")


@pytest.mark.parametrize("path", ["/t/x", "/dashboard", "/explorer", "/shop-example", "/docs"])
async def test_a_page_may_load_and_do_nothing_it_need_not(http: httpx.AsyncClient, path: str) -> None:
    headers = (await http.get(path)).headers
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'"
    assert policy["require-trusted-types-for"] == "'script'"
    assert headers["cache-control"] == "no-cache"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert "geolocation=()" in headers["permissions-policy"]


async def test_a_page_is_revalidated(http: httpx.AsyncClient, directory: Path) -> None:
    first = await http.get("/explorer")
    again = {"if-none-match": first.headers["etag"]}
    unchanged = await http.get("/explorer/other", headers=again)
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert unchanged.headers["cache-control"] == "no-cache"
    (directory / "explorer.html").write_text("<!doctype html><title>another</title>")
    assert "another" in (await http.get("/explorer", headers=again)).text


async def test_parts_say_how_long_they_last_and_for_whom(http: httpx.AsyncClient) -> None:
    asset = await http.get("/assets/track-abc123.js")
    assert asset.content == SCRIPT
    assert asset.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert asset.headers["content-type"] == "text/javascript; charset=utf-8"
    embed = await http.get("/embed/doorstep-feedback.js")
    assert embed.headers["access-control-allow-origin"] == "*"
    assert embed.headers["cross-origin-resource-policy"] == "cross-origin"
    assert embed.headers["etag"]
    worker = await http.get("/sw.js")
    assert worker.headers["service-worker-allowed"] == "/t/"
    assert worker.headers["cache-control"] == "no-cache"
    assert "connect-src 'self'" in worker.headers["content-security-policy"]
    icon = await http.get("/favicon.svg")
    assert icon.headers["content-type"] == "image/svg+xml"


async def test_the_best_form_that_is_taken_is_sent(http: httpx.AsyncClient) -> None:
    for accepted, encoding in [
        ("gzip, deflate, br", "br"),
        ("gzip", "gzip"),
        ("br;q=0, gzip;q=0.5", "gzip"),
        ("deflate", None),
    ]:
        headers = {"accept-encoding": accepted}
        async with http.stream("GET", "/assets/track-abc123.js", headers=headers) as response:
            raw = b"".join([part async for part in response.aiter_raw()])
        assert response.headers.get("content-encoding") == encoding, accepted
        assert response.headers["vary"] == "accept-encoding"
        assert response.headers["content-type"].startswith("text/javascript")
        assert len(raw) == int(response.headers["content-length"])
    assert raw == SCRIPT


@pytest.mark.parametrize(
    "path",
    [
        "/assets/../secret.txt",
        "/assets/%2e%2e/%2e%2e/secret.txt",
        "/assets/..%2f..%2fsecret.txt",
        "/assets//etc/passwd.txt",
        "/assets/nothing.js",
        "/assets/",
        "/assets/%00.js",
        "/embed/../../secret.txt",
        "/.vite/manifest.json",
        "/secret.txt",
        "/track.html",
        "/assets/../track.html",
        "/assets/track-abc123.js.gz",
        "/redoc",
    ],
)
async def test_nothing_else_is_served(http: httpx.AsyncClient, path: str) -> None:
    # The raw path, as a client that does not tidy it up would send it.
    response = await http.get(httpx.URL("http://api").copy_with(raw_path=path.encode()))
    assert response.status_code == 404, response.text
    assert response.headers["content-type"] == "application/problem+json"


async def test_a_link_out_of_the_directory_is_not_followed(
    http: httpx.AsyncClient, directory: Path, tmp_path: Path
) -> None:
    (directory / "assets/link.txt").symlink_to(tmp_path / "secret.txt")
    assert (await http.get("/assets/link.txt")).status_code == 404


async def test_pages_not_built_say_how_to_build_them(tmp_path: Path) -> None:
    assert not built(tmp_path / "nowhere")
    async with client_of(tmp_path / "nowhere") as http:
        response = await http.get("/t/x")
        assert response.status_code == 503
        assert "make pages" in response.json()["detail"]
        assert (await http.get("/assets/x.js")).status_code == 404
        assert (await http.head("/docs")).status_code == 503
        assert (await http.post("/docs")).status_code == 405


def test_the_pages_are_complete_only_with_every_page(directory: Path) -> None:
    assert built(directory)
    (directory / "docs.html").unlink()
    assert not built(directory)
    assert DEFAULT_PAGES.parent.name == "pages"


async def test_the_document_says_nothing_of_pages(http: httpx.AsyncClient) -> None:
    assert {path.split("/")[1] for path in (await http.get("/openapi.json")).json()["paths"]} == {
        "v1",
        "healthz",
        "readyz",
    }
