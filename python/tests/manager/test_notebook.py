"""In a notebook a loop runs in every cell: the same calls work, with and without `await`, and a prompt shows itself."""

from __future__ import annotations

import pytest

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")


def test_cells_use_prompts_with_and_without_await(server, tmp_path):
    server.push({"mail.txt": "Hi {{ name }}"}, "--alias", "stable")
    settings = {**server.settings(), "aliases": ["stable"]}
    cells = [
        f"from promptsync import PromptManager\npm = PromptManager(**{settings!r})",
        "pm.get('mail').format(name='Ann')",
        "await (await pm.get('mail')).format(name='Bob')",
        "pm.get('mail')",
        "pm.diff('mail', '1.0.0', 'stable').bump",
        "await pm.close()",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    nbclient.NotebookClient(notebook, timeout=60, resources={"metadata": {"path": str(tmp_path)}}).execute()
    shown = [cell.outputs[0].data for cell in notebook.cells if cell.outputs]
    assert [data["text/plain"] for data in shown[:2]] == ["'Hi Ann'", "'Hi Bob'"]
    assert "<mark" in shown[2]["text/html"]
    assert shown[3]["text/plain"] == "'none'"
