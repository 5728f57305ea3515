import pytest

from regency.sandbox.engines import NamespaceSandbox
from regency.testing.sandboxes import Engine, SandboxConformance


class TestNamespaces(SandboxConformance):
    @classmethod
    def make_engine(cls) -> Engine:
        return NamespaceSandbox()


class TestForked(SandboxConformance):
    @classmethod
    def make_engine(cls) -> Engine:
        return NamespaceSandbox(start="fork", preload=["numpy"])


@pytest.mark.slow
class TestPinnedNamespaces(SandboxConformance):
    @classmethod
    def make_engine(cls) -> Engine:
        return NamespaceSandbox(core=0)
