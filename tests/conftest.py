"""What all tests share: where things are, a quiet environment, and how hard hypothesis tries."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

REPOSITORY = Path(__file__).resolve().parent.parent
SHARED = REPOSITORY.parent / "shared"

# Captures of others live beside the checkout, not in it. Where they aren't, their tests aren't collected.
collect_ignore = [] if (SHARED / "captures" / "external").is_dir() else ["external"]

# A run in the background ignores interrupts, and what it starts would too.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# No deadlines: how long one example takes on a shared machine says nothing.
settings.register_profile("default", deadline=None)
settings.register_profile("soak", deadline=None, max_examples=20_000, suppress_health_check=list(HealthCheck))
settings.load_profile("default")

# Labs stand one after another: their clocks are real, and commands mean the one lab that stands.
LABS = ("tests/mhatool/lab/", "tests/docs/test_examples.py::test_example[docs/live.md")


class LabsInOne(LoadScopeScheduling):
    """Where tests are spread over several processes, those with labs stay in one, which begins with them."""

    def _split_scope(self, nodeid: str) -> str:
        return "labs" if nodeid.startswith(LABS) else nodeid


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LabsInOne:
    """Have pytest-xdist spread tests so."""
    return LabsInOne(config, log)


@pytest.fixture(scope="session")
def repository() -> Path:
    """Return the top of the checkout."""
    return REPOSITORY


@pytest.fixture(scope="session")
def captures(repository: Path) -> Path:
    """Return the folder of captures in the checkout."""
    return repository / "captures"


@pytest.fixture(scope="session")
def external_captures() -> Path:
    """Return the captures of others (only for tests/external/, which isn't collected without them)."""
    return SHARED / "captures" / "external"


@pytest.fixture(scope="session", autouse=True)
def quiet_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the user's settings and terminal out of all tests, those that start processes too."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(("MHATOOL_", "XDG_"))]:
            patch.delenv(name)
        for name in ("FORCE_COLOR", "CLICOLOR_FORCE", "TERMINAL_WIDTH"):
            patch.delenv(name, raising=False)
        patch.setenv("HOME", str(home))
        patch.setenv("NO_COLOR", "1")
        patch.setenv("COLUMNS", "120")
        patch.setenv("TZ", "UTC")
        # The commands of this checkout come first, also where nobody activated its environment.
        patch.setenv("PATH", f"{REPOSITORY / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}")
        yield
