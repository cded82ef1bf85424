"""Files and folders for their owner alone."""

from pathlib import Path


def make_private_folder(folder: Path) -> None:
    """Create `folder`, and the folders above it that are not there, each with mode 0700.

    Raises OSError. Folders that are there already keep their mode.
    """
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    for path in reversed(missing):
        path.mkdir(mode=0o700, exist_ok=True)
