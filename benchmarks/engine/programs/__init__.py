"""The programs that are measured, one module each: rules as text, and a generator of facts from a seed."""
