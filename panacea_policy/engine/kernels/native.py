"""Machine code of kernels, loaded into this process and called through ctypes."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Mapping
from typing import Any

from panacea_policy.engine.kernels.build import Library

#: Kinds of arguments: the address of a Python object (o), that of an array's data (a), a number (n).
_KINDS: Mapping[str, Any] = {"o": ctypes.py_object, "a": ctypes.c_void_p, "n": ctypes.c_int64}


class CannotLoad(Exception):
    """The machine code is not that of the kernels, or does not do on this machine what it should."""


class Native:
    """``call[name]`` runs a kernel; other threads of Python run on meanwhile."""

    def __init__(self, library: Library, arguments: Mapping[str, str]) -> None:
        """Loads the code; ``arguments`` has of each kernel the kinds of its arguments. Raises CannotLoad."""
        try:
            import llvmlite.binding as llvm
        except ImportError as error:
            raise CannotLoad(f"llvmlite is not installed: {error}") from error
        if set(library.symbols) != set(arguments):
            raise CannotLoad("the library does not have the kernels")
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        machine = llvm.Target.from_default_triple().create_target_machine()
        self._engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
        try:
            self._engine.add_object_file(llvm.ObjectFileRef.from_data(library.code))
        except (RuntimeError, ValueError) as error:
            raise CannotLoad(str(error)) from error
        self._engine.finalize_object()
        self.call: dict[str, Callable[..., int]] = {}
        for name, kinds in arguments.items():
            address = self._engine.get_function_address(library.symbols[name])
            if not address:
                raise CannotLoad(f"the library lacks `{name}`")
            self.call[name] = ctypes.CFUNCTYPE(ctypes.c_int64, *(_KINDS[kind] for kind in kinds))(address)
