"""Renders the corpus with Python's Jinja2 3.1.6 and fails where its texts are not the expected ones.

Run it with a Python that has jinja2==3.1.6: `python check_jinja2.py`.
"""

import json
import sys
from pathlib import Path

import jinja2

VERSION = "3.1.6"


def render(case):
    """The text that Jinja2 gives, or None when it refuses the template."""
    environment = jinja2.Environment(
        loader=jinja2.DictLoader(case.get("partials", {})),
        undefined=jinja2.StrictUndefined,
        extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols"],
    )
    try:
        return environment.from_string(case["template"]).render(case.get("context", {}))
    except (jinja2.TemplateError, ArithmeticError, TypeError, ValueError):
        return None


def main():
    if jinja2.__version__ != VERSION:
        print(f"jinja2 {VERSION} is needed, this is {jinja2.__version__}")
        return 1
    cases = json.loads(Path(__file__).with_name("corpus.json").read_text(encoding="utf-8"))
    wrong = 0
    for case in cases:
        text, expected = render(case), case.get("expected")
        if "differs" in case:
            if text == expected and "error" not in case:
                wrong += 1
                print(f"{case['name']}: marked as different, but equal")
        elif text != expected:
            wrong += 1
            print(f"{case['name']}: jinja2 gives {text!r}, expected is {expected!r}")
    differs = sum("differs" in case for case in cases)
    print(f"jinja2 {VERSION}: {len(cases)} templates, {wrong} wrong, {differs} differ on purpose")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
