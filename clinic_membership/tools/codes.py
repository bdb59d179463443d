"""Access codes: 20 characters that are easy to read out, 75 bits of them secret.

The first group says which code is meant and may be looked up; the others prove that one has it, and are
compared in constant time.
"""

import hmac
import secrets

# Crockford's: no I, L, O and U, which are misread or make words
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
GROUP, GROUPS = 5, 4
_MISREAD = str.maketrans("OIL", "011")


def new_code() -> str:
    """A new code, as it is printed: "7K2QX-9FHTM-3VBNC-W8R4P"."""
    groups = ("".join(secrets.choice(ALPHABET) for _char in range(GROUP)) for _group in range(GROUPS))
    return "-".join(groups)


def normalize(text: str | None) -> str:
    """A code as somebody typed it, as it is compared: no blanks and dashes, capitals, misread letters mended."""
    typed = (text or "").upper().translate(_MISREAD)
    return "".join(char for char in typed if char in ALPHABET)


def selector(text: str | None) -> str:
    """The group by which a code is looked up."""
    return normalize(text)[:GROUP]


def same(typed: str | None, code: str) -> bool:
    """Whether both are the same code; takes as long whether they differ early or late."""
    return hmac.compare_digest(normalize(typed).encode(), normalize(code).encode())
