"""The system's Chromium, driven by Playwright, for pages and for the app."""

from __future__ import annotations

import shutil
from contextlib import contextmanager

import pytest

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def page(width: int = 1280, height: int = 900):
    """Give a browser page that records its console errors in ``page.faults``."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("Chromium is not installed: no browser to look with")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        opened = browser.new_page(viewport={"width": width, "height": height})
        opened.faults = []
        opened.on("console", lambda m: opened.faults.append(m.text) if m.type == "error" else None)
        opened.on("pageerror", lambda e: opened.faults.append(str(e)))
        opened.on("dialog", lambda d: (opened.faults.append("dialog"), d.dismiss()))
        opened.on(
            "request",
            lambda r: (
                None
                if r.url.startswith(
                    ("file:", "data:", "blob:", "http://127.0.0.1", "ws://127.0.0.1")
                )
                else opened.faults.append(f"fetched {r.url}")
            ),
        )
        yield opened
        browser.close()
