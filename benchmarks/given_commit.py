"""A plugin of asv for `run.py`: the commit is given, so no repository is needed to record results.

The hash and its date in milliseconds come from the environment.
"""

import os

from asv.repo import Repo


class GivenCommit(Repo):
    """A repository of one commit that is never checked out."""

    dvcs = "given"
    _default_branch = "given"

    def __init__(self, url, mirror_path):
        self.commit = os.environ["MASKRCNN_BENCHMARKS_COMMIT"]

    @classmethod
    def url_match(cls, url):
        """Only asked for by name."""
        return False

    def get_hash_from_name(self, name):
        """Every name is the given commit."""
        return self.commit

    def get_name_from_hash(self, commit):
        """It has no other name."""
        return None

    def get_date(self, hash):
        """Milliseconds since 1970."""
        return int(os.environ["MASKRCNN_BENCHMARKS_DATE"])

    def pull(self):
        """There is nothing to pull."""
