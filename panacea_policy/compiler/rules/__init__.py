"""From rules, steps and relations in the language to an engine program: typing, and Kleene's two forms."""
