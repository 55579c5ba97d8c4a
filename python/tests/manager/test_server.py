"""Prompts of a server, kept up to date, and served on when it is away."""

from __future__ import annotations

import base64
import json
import os
import queue
import shutil
import subprocess
import sys

import pytest

from promptsync import PromptManager
from promptsync.errors import IntegrityError, NotFoundError, PromptNotAvailableError

from ..conftest import LONG

MAIL = {"mail.yaml": "content: 'Hi {{ name }}'\nvariants:\n- tags: {tone: formal}\n  content: 'Dear {{ name }}'\n"}


def ready(server, manager, **settings) -> PromptManager:
    pm = manager(**{**server.settings(), "aliases": ["stable"], **settings})
    pm.wait_ready(LONG)
    return pm


def test_the_promised_snippet_runs_against_a_server(server, manager, capsys):
    server.push({"customer_support.txt": "Dear {{ customer_name }}, about {{ issue }}."}, "--alias", "stable")
    server.push({"customer_support.txt": "{{ customer_name }}: {{ issue }} {{ tone }}"}, "--alias", "stable")
    pm = manager(cache_dir="./prompt_cache", **server.settings())
    p = pm.get_prompt("customer_support", version_or_alias="stable", tags={"locale": "en", "tone": "formal"})
    assert p.format(customer_name="John", issue="reset", tone="!") == "John: reset !"
    assert (p.version, p.id, p.alias, p.is_stale) == ("2.0.0", "customer_support@2.0.0", "stable", False)
    meta = pm.create_tracking_metadata(prompt_id=p.id, context={"customer_id": "12345"})
    assert (meta["prompt_version"], meta["prompt_alias"]) == ("2.0.0", "stable")
    pm.report_metrics(prompt_id=p.id, metrics={"success": True, "latency_ms": 250})
    print(pm.diff("customer_support", "v1", "v2").changes)
    assert "major" in capsys.readouterr().out


def test_a_change_arrives_and_listeners_hear_of_it(server, manager):
    server.push(MAIL, "--alias", "stable")
    pm = ready(server, manager)
    changes: queue.Queue = queue.Queue()
    pm.on_change(changes.put)
    assert pm.get("mail").format(name="Ann") == "Hi Ann"
    server.push({"mail.yaml": "content: 'Hello {{ name }}'\n"}, "--alias", "stable")
    change = changes.get(timeout=LONG)
    assert (change.alias, change.prompts) == ("stable", ("mail",))
    assert pm.get("mail").format(name="Ann") == "Hello Ann"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_listener_that_fails_or_asks_for_prompts_hurts_nobody(server, manager, capfd):
    server.push(MAIL, "--alias", "stable")
    pm = ready(server, manager)
    changes: queue.Queue = queue.Queue()

    def listen(change):
        changes.put(pm.get("mail").format(name="Ann"))
        raise RuntimeError("a listener's own mistake")

    pm.on_change(listen)
    for greeting in ["One", "Two"]:
        server.push({"mail.yaml": f"content: '{greeting} {{{{ name }}}}'\n"}, "--alias", "stable")
        assert changes.get(timeout=LONG) == f"{greeting} Ann"


def test_memory_then_the_file_answer_while_the_server_is_away(server, manager, tmp_path):
    server.push(MAIL, "--alias", "stable")
    pm = ready(server, manager, cache_dir=tmp_path / "cache")
    assert pm.preload() == 1
    assert pm.get("mail").source == "memory"
    server.stop()
    assert pm.get("mail").format(name="Ann") == "Hi Ann"
    pm.close()
    assert pm.get("mail").format(name="Ann") == "Hi Ann", "what is in memory is served after the end too"

    again = manager(**{**server.settings(), "deadline_ms": 500}, cache_dir=tmp_path / "cache")
    prompt = again.get("mail")
    assert (prompt.format(name="Ann"), prompt.source, prompt.is_stale) == ("Hi Ann", "file", True)
    assert prompt.age_seconds >= 0
    server.start()


def test_a_bundle_then_a_prompt_file_stand_in(server, manager, tmp_path, write):
    server.push(MAIL, "--alias", "stable")
    server.run("bundle", "--alias", "stable", "-o", str(tmp_path / "prompts.psb"))
    server.stop()
    settings = {**server.settings(), "deadline_ms": 300}
    from_bundle = manager(**settings, bundle=tmp_path / "prompts.psb").get("mail")
    assert (from_bundle.source, from_bundle.version) == ("bundle", "1.0.0")
    write("prompts/mail.txt", "Local {{ name }}")
    local = manager(**settings).get("mail")
    assert (local.format(name="Ann"), local.source) == ("Local Ann", "folder")
    with pytest.raises(PromptNotAvailableError):
        manager(**settings).get("other")
    server.start()


def test_a_tampered_cache_is_as_if_it_were_not_there(server, manager, tmp_path):
    server.push(MAIL, "--alias", "stable")
    ready(server, manager, cache_dir=tmp_path / "cache").close()
    server.stop()
    for file in (tmp_path / "cache").rglob("*"):
        if file.is_file():
            file.write_bytes(file.read_bytes().replace(b"Hi ", b"Yo ").replace(b'"entries"', b'"entrles"'))
    pm = manager(**{**server.settings(), "deadline_ms": 300}, cache_dir=tmp_path / "cache")
    with pytest.raises(PromptNotAvailableError):
        pm.get("mail")
    server.start()


def test_a_tampered_bundle_is_refused(server, manager, tmp_path):
    server.push(MAIL, "--alias", "stable")
    bundle = tmp_path / "prompts.psb"
    server.run("bundle", "--alias", "stable", "-o", str(bundle))
    bundle.write_bytes(bundle.read_bytes().replace(b"Hi ", b"Yo "))
    with pytest.raises(IntegrityError) as failure:
        manager(**server.settings(), bundle=bundle)
    assert failure.value.code


def test_another_workspaces_key_is_refused(server, manager):
    server.push(MAIL, "--alias", "stable")
    # The public key of the first example of RFC 8032.
    stranger = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
    pin = "ed25519:" + base64.urlsafe_b64encode(stranger).decode().rstrip("=")
    with pytest.raises((IntegrityError, PromptNotAvailableError)) as failure:
        manager(**server.settings(), pin=pin).get("mail")
    assert failure.value.code


def test_what_does_not_exist_is_told_and_remembered(server, manager):
    server.push(MAIL, "--alias", "stable")
    pm = ready(server, manager)
    for _ in range(3):
        with pytest.raises(NotFoundError) as failure:
            pm.get("mial")
    assert (failure.value.code, failure.value.status_code) == ("prompt_not_found", 404)
    assert "`mail`" in str(failure.value)


def test_a_canary_gives_a_unit_the_same_version_every_time(server, manager):
    server.push(MAIL, "--alias", "stable")
    server.push({"mail.yaml": "content: 'New {{ name }}'\n"})
    server.run("canary", "set", "--alias", "stable", "--version", "2.0.0", "--percentage", "30")
    pm = ready(server, manager)
    units = [f"user-{number}" for number in range(2000)]
    first = [pm.get("mail", unit=unit).version for unit in units]
    assert first == [pm.get_prompt("mail", unit=unit).version for unit in units]
    assert abs(first.count("2.0.0") / len(units) - 0.30) < 0.05
    off = ready(server, manager, respect_canary=False)
    assert off.get("mail").version == "1.0.0"


def test_the_folder_of_prompt_files_may_be_broken_when_there_is_a_server(server, manager, write):
    server.push(MAIL, "--alias", "stable")
    write("prompts/broken.yaml", "content: [")
    assert ready(server, manager).get("mail").source in {"server", "memory"}


def test_a_file_system_that_cannot_be_written_to_is_no_failure(server, manager, tmp_path):
    server.push(MAIL, "--alias", "stable")
    (tmp_path / "no-folder").write_text("a file stands where the folder should be")
    pm = ready(server, manager, cache_dir=tmp_path / "no-folder" / "cache")
    assert pm.get("mail").format(name="Ann") == "Hi Ann"
    assert pm.status()["cache_failed"] is True
    shutil.rmtree(tmp_path / "no-folder", ignore_errors=True)


def test_a_full_disk_is_no_failure(server, tmp_path):
    server.push(MAIL, "--alias", "stable")
    settings = {**server.settings(), "aliases": ["stable"], "cache_dir": str(tmp_path / "cache")}
    program = f"""
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
from promptsync import PromptManager
with PromptManager(**{settings!r}) as pm:
    pm.wait_ready({LONG})
    text = pm.get("mail").format(name="Ann")
import os
os.write(1, text.encode())
"""
    reading, writing = os.pipe()
    done = subprocess.run([sys.executable, "-c", program], stdout=writing, stderr=subprocess.PIPE, check=False)
    os.close(writing)
    said = os.read(reading, 1000).decode()
    os.close(reading)
    assert (said, done.returncode, done.stderr) == ("Hi Ann", 0, b"")


def test_the_server_sees_which_application_holds_what(server, manager):
    server.push(MAIL, "--alias", "stable")
    pm = ready(server, manager, service="checkout", git_commit="abc1234")
    pm.get("mail")
    said = server.run("alias", "set", "stable", "1.0.0", "--wait", "--timeout", "20s")
    assert "1 of 1" in said
    clients = json.loads(server.run("status", "--json"))
    assert "checkout" in json.dumps(clients) and '"python"' in json.dumps(clients)
