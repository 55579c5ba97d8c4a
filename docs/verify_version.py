#!/usr/bin/env python3
"""Verifies what `promptsync version export` wrote, as docs/reference/signatures.md explains; needs only Python.
usage: verify_version.py FILE [KEY]     KEY is the workspace's, `ed25519:...`; without it you have to compare it"""
import base64, hashlib, json, sys
from datetime import datetime, timedelta

P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493  # RFC 8032, 5.1
D, I = -121665 * pow(121666, -1, P) % P, pow(2, (P - 1) // 4, P)
raw = lambda text: base64.urlsafe_b64decode(text.removeprefix("ed25519:") + "=")
name = lambda key: hashlib.sha256(key).hexdigest()[:16]
time = lambda text: datetime.fromisoformat(text.replace("Z", "+00:00"))
def need(holds, words):
    if not holds: raise ValueError(words)
def add(a, b):
    c, d, e, f = (a[1] - a[0]) * (b[1] - b[0]), (a[1] + a[0]) * (b[1] + b[0]), 2 * a[3] * b[3] * D, 2 * a[2] * b[2]
    e, f, g, h = d - c, f - e, f + e, d + c
    return e * f % P, g * h % P, f * g % P, e * h % P
def times(number, point, result=(0, 1, 1, 0)):
    for bit in f"{number:b}":
        result = add(add(result, result), point if bit == "1" else (0, 1, 1, 0))
    return result
def point(text):
    sign, y = text[31] >> 7, int.from_bytes(text, "little") & (1 << 255) - 1
    u, v = y * y - 1, D * y * y + 1
    x = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    x = x if (v * x * x - u) % P == 0 else x * I % P
    need(y < P and (v * x * x - u) % P == 0 and (x or not sign), "a key or signature is no point of the curve")
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P
def verify(kind, facts, signature, key):
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    message, sig = f"promptsync/{kind}/v1\n{text}".encode(), raw(signature["bytes"] + "=")
    s, hashed = int.from_bytes(sig[32:], "little"), hashlib.sha512(sig[:32] + key + message).digest()
    need(len(sig) == 64 and len(key) == 32 and s < L and signature["key"] == name(key), f"the {kind}'s signature")
    left = times(s, point(bytes([0x58] + [0x66] * 31)))
    right = add(point(sig[:32]), times(int.from_bytes(hashed, "little") % L, point(key)))
    need(all((left[i] * right[2] - right[i] * left[2]) % P == 0 for i in (0, 1)), f"the {kind}'s signature")
def main(path, pinned=None):
    export, until, keys = json.load(open(path, encoding="utf-8")), {}, []
    version, content = export["version"]["statement"], export["document"].encode()
    for place, link in enumerate(export["keys"], 1):  # each key is signed by the one before, and by itself
        facts, before, key = link["statement"], keys[-1] if keys else None, raw(link["statement"]["key"])
        need((facts["sequence"], facts["previous"] and raw(facts["previous"])) == (place, before), "the chain of keys")
        need(facts["workspace"] == version["workspace"], "the keys are another workspace's")
        verify("key", facts, link["signature"], before or key)
        verify("key", facts, link["proof"], key)
        keys, until = keys + [key], until | ({name(before): time(facts["created_at"])} if before else {})
    need(not pinned or raw(pinned) in keys, "none of the keys is yours")
    signer = export["version"]["key"]
    verify("version", version, export["version"], {name(key): key for key in keys}[signer])
    end = until.get(signer, time(version["created_at"])) + timedelta(minutes=5)
    need(time(version["created_at"]) <= end, "the key had been replaced when it signed")
    need(version["digest"] == "sha256:" + hashlib.sha256(content).hexdigest(), "the content is not what was signed")
    print(f"OK {version['project']}/{version['prompt']} {version['version']} {version['digest']}", facts["key"])

if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as wrong:
        sys.exit(f"REFUSED: {wrong!r}")
