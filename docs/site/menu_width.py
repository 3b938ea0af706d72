"""Has the menu stay beside the page on windows from 1100 pixels on.

The theme folds it into a button below 76.25 em (1220 pixels), a figure that its built style sheets
and script hold as a constant; the constant is replaced in the copies that go into the site.
"""

from pathlib import Path

WIDTHS = {"76.25em": "68.75em", "76.234375em": "68.734375em"}
FILES = ("stylesheets/main.*.css", "stylesheets/palette.*.css", "javascripts/bundle.*.js")


def on_post_build(config, **kwargs):
    """Called by MkDocs when the site is written."""
    assets = Path(config.site_dir) / "assets"
    for pattern in FILES:
        (path,) = assets.glob(pattern)
        text = path.read_text(encoding="utf-8")
        if "76.25em" not in text:
            raise ValueError(f"The theme folds its menu at another width now: {path.name}.")
        for theirs, ours in WIDTHS.items():
            text = text.replace(theirs, ours)
        path.write_text(text, encoding="utf-8")
