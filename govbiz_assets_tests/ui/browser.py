"""Debian's Chromium without a screen, driven by its own driver."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
# A page that asks the outer network for fonts, updates or reports would only wait.
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1500,1000",
)


@contextlib.contextmanager
def open_browser(folder: Path) -> Iterator[Any]:
    """Opens a browser with an empty profile."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM or ""
    for flag in (*_FLAGS, f"--user-data-dir={folder / 'browser'}"):
        options.add_argument(flag)
    os.environ["SE_OFFLINE"] = "true"
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    try:
        yield driver
    finally:
        driver.quit()


class Page:
    """A page that is read and clicked as a person does, waiting for what should appear."""

    def __init__(self, driver: Any, url: str, seconds: float = 60) -> None:
        self._driver, self._url, self._seconds = driver, url, seconds

    def open(self, path: str) -> None:
        """Opens a path of the site."""
        self._driver.get(self._url + path)

    def wait(self, found: Callable[[Any], Any], what: str) -> Any:
        """Waits for something to be there."""
        from selenium.common.exceptions import StaleElementReferenceException
        from selenium.webdriver.support.ui import WebDriverWait

        wait = WebDriverWait(self._driver, self._seconds, ignored_exceptions=[StaleElementReferenceException])
        return wait.until(found, f"{what} did not appear")

    def see(self, text: str) -> Any:
        """Waits for a text to be visible and returns its element."""
        path = f"//*[contains(normalize-space(text()), '{text}')]"
        return self.wait(lambda driver: self._shown(driver, path), repr(text))

    def click(self, path: str) -> None:
        """Clicks the first element of an XPath that can be clicked."""
        from selenium.common.exceptions import WebDriverException

        def click(driver: Any) -> bool:
            element = self._shown(driver, path)
            if element is None or not element.is_enabled():
                return False
            try:
                element.click()
            except WebDriverException:  # something lies over it while the page moves
                return False
            return True

        self.wait(click, path)

    def type_into(self, path: str, text: str) -> None:
        """Replaces the text of an input and leaves it."""
        from selenium.webdriver.common.keys import Keys

        element = self.wait(lambda driver: self._shown(driver, path), path)
        element.click()
        element.send_keys(Keys.CONTROL, "a")
        element.send_keys(text + Keys.TAB)

    @staticmethod
    def _shown(driver: Any, path: str) -> Any:
        found = driver.find_elements("xpath", path)
        return next((element for element in found if element.is_displayed()), None)
