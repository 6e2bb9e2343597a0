from collections.abc import Callable, Sequence

__version__: str

def run(
    arguments: Sequence[str], input: bytes = ..., progress: Callable[[str], object] | None = ...
) -> tuple[int, bytes, str | None, BaseException | None]: ...
