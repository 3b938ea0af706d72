"""What `python -m build` writes into the metadata from two environment variables.

`REPOSITORY_URL` is the address of the repository (GitHub or GitLab), `SITE_URL` that of the built
pages. With them the project links are complete, and the README's links and picture, which are
paths within the repository, work on the index too. Without them they are left as they are.
"""

import os
import re
from pathlib import Path

from hatchling.metadata.plugin.interface import MetadataHookInterface

PAPER = "https://arxiv.org/abs/1703.06870"
_LINK = re.compile(r"(!?\[[^\]]*\]\()(?![a-z]+:|#)([^)]+\))")


class ProjectLinks(MetadataHookInterface):
    """Sets `urls` and `readme`; called by hatchling."""

    def update(self, metadata) -> None:
        """Set the two fields, in place."""
        repository = os.environ.get("REPOSITORY_URL", "").rstrip("/")
        metadata["urls"] = links(repository, os.environ.get("SITE_URL", ""))
        text = (Path(self.root) / "README.md").read_text(encoding="utf-8")
        text = absolute(text, repository) if repository else text
        metadata["readme"] = {"content-type": "text/markdown", "text": text}


def links(repository, site) -> dict[str, str]:
    """Return the project links: name -> address."""
    found = {"Documentation": site} if site else {}
    if repository:
        found["Repository"] = repository
        found["Issues"] = f"{repository}/issues"
        found["Changelog"] = f"{repository}/blob/main/CHANGELOG.md"
    return found | {"Paper": PAPER}


def absolute(text, repository) -> str:
    """Return Markdown whose links and pictures lead to the repository's main branch."""

    def lead(match) -> str:
        kind = "raw" if match[1].startswith("!") else "blob"
        return f"{match[1]}{repository}/{kind}/main/{match[2]}"

    return _LINK.sub(lead, text)
