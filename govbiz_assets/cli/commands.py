"""Every command, attached to the application by being imported."""

from govbiz_assets.cli import (  # noqa: F401
    dictionary,
    evaluate,
    identity,
    maintenance,
    months,
    quarantine,
    report,
    run,
    simulate,
    sources,
    ui,
    vault,
)
