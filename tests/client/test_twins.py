"""The two clients are one: the same methods with the same arguments, doing the same."""

import ast
import inspect
import re
from pathlib import Path

from familiebro_client import Familiebro, FamiliebroBlocking, blocking, client

SPELLED = (
    ("AsyncIterator", "Iterator"), ("AsyncClient", "Client"), ("AsyncBaseTransport", "BaseTransport"),
    ("__aenter__", "__enter__"), ("__aexit__", "__exit__"), ("aclose", "close"), ("asyncio.sleep", "time.sleep"),
    ("await ", ""), ("async for", "for"),
)  # fmt: skip


def methods(kind: type) -> dict[str, str]:
    """Return each method of a client as blocking code, without its docstring."""
    tree = ast.parse(Path(inspect.getfile(kind)).read_text())
    (body,) = (node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == kind.__name__)
    found = {}
    for node in body.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            node.body = node.body[1:] if ast.get_docstring(node) else node.body
            text = ast.unparse(node).removeprefix("async ")
            for one, other in SPELLED:
                text = text.replace(one, other)
            name = text.partition("(")[0].removeprefix("def ")
            found[name] = re.sub(r"for each in (\S+):\s+yield each", r"yield from \1", text)
    return found


def test_both_clients_do_the_same_in_the_same_words() -> None:
    one, other = methods(Familiebro), methods(FamiliebroBlocking)
    assert len(one) > 20
    assert one == other


def test_what_both_need_is_written_once() -> None:
    for name in ("PREFIX", "TIMEOUT_S", "Read", "version_of"):
        assert getattr(blocking, name) is getattr(client, name)
