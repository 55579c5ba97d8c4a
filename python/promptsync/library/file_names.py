"""Prompt ids as names of files that stay in their folder.

An id may be any text of 255 characters, so it cannot be a path as it is. Characters that mean something to a file
system become ``%`` and two hexadecimal digits for each byte, and ``%`` itself does too, so two ids never share a name.
Ids that need nothing keep theirs.
"""

from __future__ import annotations

import hashlib
import re
from urllib.parse import unquote

_UNSAFE = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|%]|[\ud800-\udfff]')
_DEVICES = re.compile(r"(?i)(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?")
_EXTENSION = re.compile(r"(?i)\.(yaml|yml|json)$")
# A name may have 255 bytes on the usual file systems; the rest is for the extension and for temporary files.
_LONGEST = 180
# Followed by a digest; no escape begins like this.
_CUT = "%~"


def file_name_of(identifier: str) -> str:
    """Give the name, without an extension, under which something of this id is kept.

    >>> file_name_of("greeting"), file_name_of("../evil"), file_name_of("a.yaml")
    ('greeting', '%2E.%2Fevil', 'a%2Eyaml')
    """
    name = _UNSAFE.sub(lambda match: _escape(match.group()), identifier)
    if _DEVICES.fullmatch(name) or name.startswith((".", " ")):
        name = _escape(name[0]) + name[1:]
    if name.endswith((".", " ")):
        name = name[:-1] + _escape(name[-1])
    # The folder of `a.yaml` would otherwise be in the way of the file of `a`.
    name = _EXTENSION.sub(lambda match: _escape(".") + match.group(1), name)
    return name if len(name.encode()) <= _LONGEST else _shortened(name)


def identifier_of(name: str) -> str | None:
    """Give the id that has this file name, or ``None`` for a long one, whose file has to be read.

    >>> identifier_of("%2E.%2Fevil")
    '../evil'
    """
    return None if _CUT in name else unquote(name, errors="surrogatepass")


def _escape(character: str) -> str:
    return "".join(f"%{byte:02X}" for byte in character.encode("utf-8", "surrogatepass"))


def _shortened(name: str) -> str:
    digest = hashlib.sha256(name.encode()).hexdigest()
    beginning = name.encode()[: _LONGEST - len(_CUT) - len(digest)].decode(errors="ignore")
    # Not in the middle of an escape.
    return re.sub(r"%[0-9A-F]?$", "", beginning) + _CUT + digest
