"""Compiles kernels with Numba to one object file for this machine's processor."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module

#: The module with the engine's own kernels.
SOURCE = "panacea_policy.engine.kernels.source"


class CannotCompile(Exception):
    """The kernels cannot be compiled here: Numba is missing, or refuses."""


@dataclass(frozen=True, slots=True)
class Library:
    """Machine code as an object file, and the symbol of each kernel in it."""

    symbols: dict[str, str]
    code: bytes


def compile_kernels(source: str = SOURCE) -> Library:
    """All kernels of a module, its `KERNELS`, each of which returns an `INT`; takes seconds.

    Raises CannotCompile.
    """
    try:
        import llvmlite.binding as llvm
        from numba import cfunc

        module_of_kernels = import_module(source)
    except ImportError as error:
        raise CannotCompile(f"Numba is not installed: {error}") from error
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    module = llvm.parse_assembly("")
    symbols: dict[str, str] = {}
    for name, (function, args) in module_of_kernels.KERNELS.items():
        kernel = cfunc(module_of_kernels.INT(*args), error_model="numpy")(function)
        module.link_in(llvm.parse_assembly(kernel.inspect_llvm()))
        symbols[name] = kernel.native_name
    missing = [
        function.name
        for function in module.functions
        if function.is_declaration and not function.name.startswith("llvm.")
    ]
    if missing:
        raise CannotCompile(f"the compiled kernels refer to {', '.join(missing)}")
    machine = llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(),
        features=llvm.get_host_cpu_features().flatten(),
        opt=3,
        jit=True,
        codemodel="jitdefault",
    )
    return Library(symbols, machine.emit_object(module))
