"""The documentation pages of the codes P00xx (files and limits) and P01xx (syntax)."""

from __future__ import annotations

from panacea_policy.language.diagnostics import CodeInfo

CODES: dict[str, CodeInfo] = {
    "P0001": CodeInfo(
        "the file cannot be read",
        "The file does not exist, is a folder, or may not be read by this user.",
        "panacea check modles/",
        "panacea check models/",
    ),
    "P0002": CodeInfo(
        "the file is too large",
        "A file may hold 16 MB, so that no file can take up the memory of those who check it. Order and "
        "place of declarations do not matter: a large model can be cut anywhere between them.",
        "hospital.panacea of 20 MB",
        "zones.panacea and systems.panacea in one folder",
    ),
    "P0003": CodeInfo(
        "the file is not UTF-8",
        "Texts are read as UTF-8. A file in another encoding would lose its accents, or worse, show others.",
        "a file saved as Latin-1 or UTF-16",
        "the same file saved as UTF-8",
    ),
    "P0004": CodeInfo(
        "nested too deeply",
        "Brackets may stand 64 deep, and an expression 160 operators deep. Nobody writes that by hand; "
        "most often a closing bracket is missing.",
        "needs: " + "(" * 65 + "ehr" + ")" * 65,
        "needs: ehr and (pacs or film_fallback)",
    ),
    "P0005": CodeInfo(
        "too many mistakes",
        "After a hundred mistakes the rest of a file is not read. Mend the first ones and check again.",
        "a file of another format, renamed to *.panacea",
        "a file in this language",
    ),
    "P0006": CodeInfo(
        "too many words",
        "A file may have three million words and signs, which bounds the time that reading it takes.",
        "a file of 16 MB that consists of commas",
        "several files in one folder",
    ),
    "P0100": CodeInfo(
        "a hidden character",
        "Control characters, and those that change the direction in which text is shown, make a file "
        "read differently from what it means. They are refused everywhere, texts and comments included.",
        'zone lab "\u202egnigami" { }',
        'zone lab "Imaging" { }',
    ),
    "P0101": CodeInfo(
        "something does not fit",
        "The text is right up to this place and cannot go on as it does. The message names what could.",
        "flow ct1 -> pacs -> archive { }",
        "flow ct1 -> pacs { }",
    ),
    "P0102": CodeInfo(
        "a bracket is never closed",
        "Every `{`, `(` and `[` needs its counterpart. Where indentation shows which one was forgotten, "
        "the message points at it.",
        "system pacs {\n  backup: {\n    every: 1 d\n  owner: it\n}",
        "system pacs {\n  backup: {\n    every: 1 d\n  }\n  owner: it\n}",
    ),
    "P0103": CodeInfo(
        "a text without its closing quote",
        "A text begins and ends with a double quote on the same line. A line end inside it is written \\n.",
        'zone lab "Laboratory { }',
        'zone lab "Laboratory" { }',
    ),
    "P0104": CodeInfo(
        "a closing bracket that does not match",
        "Brackets close in the reverse order of their opening.",
        "system pacs { stores: [imaging_study }",
        "system pacs { stores: [imaging_study] }",
    ),
    "P0105": CodeInfo(
        "a sign of another language",
        "Comparison is `=`, conditions are joined by `and` and `or`, texts stand in double quotes, "
        "comments start with `#`, and names are made of the letters a to z, digits and `_`.",
        "rule r { for system s where s.zone == lab report s }",
        "rule r { for system s where s.zone = lab report s }",
    ),
    "P0106": CodeInfo(
        "`=` instead of `:`",
        "An attribute gets its value with a colon; `=` compares.",
        "system pacs { owner = it }",
        "system pacs { owner: it }",
    ),
    "P0107": CodeInfo(
        "a colon is missing",
        "Between the name of an attribute and its value stands a colon.",
        "organisation riverside { beds 480 }",
        "organisation riverside { beds: 480 }",
    ),
    "P0108": CodeInfo(
        "an unknown escape",
        'In texts a backslash starts an escape: \\" \\\\ \\n \\t and \\u{…} with the hexadecimal number of a '
        "character. A backslash itself is doubled, in regular expressions too.",
        r'system pacs { path: "C:\archive" }',
        r'system pacs { path: "C:\\archive" }',
    ),
    "P0109": CodeInfo(
        "something stands in the wrong place",
        "Attributes stand between the braces of a declaration; `for`, `where` and the like in a rule or "
        "a step; `given` and `expect` in a test.",
        "zone lab { where trust > 3 }",
        "zone lab { trust: 3 }",
    ),
    "P0110": CodeInfo(
        "a word of the language as a name",
        "The words and or not in is if for where with has true false none some no every cannot be "
        "names, but they can be attributes (before a colon, or behind a dot).",
        "zone every { }",
        "zone every_ward { }",
    ),
    "P0111": CodeInfo(
        "a comma is missing",
        "The items of a list and the arguments of a call are separated by commas.",
        "system pacs { stores: [imaging_study report] }",
        "system pacs { stores: [imaging_study, report] }",
    ),
    "P0112": CodeInfo(
        "chained comparisons",
        "A comparison is true, false or unknown, so it cannot be compared further.",
        "rule r { for zone z where 1 < z.trust < 4 report z }",
        "rule r { for zone z where 1 < z.trust and z.trust < 4 report z }",
    ),
    "P0113": CodeInfo(
        "`has` without `every`",
        "`has` gives what each element of an `every` must fulfil.",
        "rule r { for device d where some person p with p.on_duty has p.trained report d }",
        "rule r { for device d where every person p with p.on_duty has p.trained report d }",
    ),
    "P0114": CodeInfo(
        "given twice",
        "This part may be given once; several conditions go into one part, separated by commas.",
        "rule r { for zone z where z.trust > 1 where z.trust < 4 report z }",
        "rule r { for zone z where z.trust > 1, z.trust < 4 report z }",
    ),
    "P0115": CodeInfo(
        "`where` and `require` together",
        "`where` says when a rule is violated, `require` what must hold. A rule has one of them; "
        "`applies when` limits what it speaks of.",
        "rule r { for zone z where z.trust > 1 require z.owner != none report z }",
        "rule r { for zone z applies when z.trust > 1 require z.owner != none report z }",
    ),
    "P0116": CodeInfo(
        "a part is missing",
        "A rule needs `where` or `require`, and `report`; a step needs `to`; a test needs an `expect`, or it "
        "could not fail.",
        "rule r { for zone z where z.trust > 1 }",
        'rule r { for zone z where z.trust > 1 report z "trusted" }',
    ),
    "P0117": CodeInfo(
        "an unknown verdict",
        "A test expects a rule to be violated (the default), met, unknown, waived or not_applicable.",
        'test "t" { expect r failed on z }',
        'test "t" { expect r violated on z }',
    ),
    "P0118": CodeInfo(
        "a value is missing",
        "A value or condition has to follow. What is not known is left out as a whole; that there is "
        "none is stated by the value `none`.",
        "system pacs {\n  owner:\n  trust: 3\n}",
        "system pacs {\n  owner: none\n  trust: 3\n}",
    ),
    "P0119": CodeInfo(
        "a unit in the wrong place",
        "A unit follows a number, or a call such as `pert(…)`, but no group in parentheses.",
        "control mfa { cost: (20k + 30k) EUR }",
        "control mfa { cost: (20k EUR + 30k EUR) }",
    ),
    "P0120": CodeInfo(
        "something is missing",
        "The text ends, or goes on, before all that belongs here was said: the name of a declaration, "
        "the target of a flow.",
        'system "Archive" { }',
        'system archive "Archive" { }',
    ),
    "P0121": CodeInfo(
        "a date in another form",
        "A date is a year of four digits, a month of two and a day of two: 2028-06-30.",
        "agreement a { expires: 2028-6-30 }",
        "agreement a { expires: 2028-06-30 }",
    ),
    "P0122": CodeInfo(
        "a misspelt part",
        "The parts of rules, steps and tests start with their own words; anything else needs a colon.",
        "rule r { for zone z wher z.trust > 1 report z }",
        "rule r { for zone z where z.trust > 1 report z }",
    ),
    "P0123": CodeInfo(
        "anything else and nothing else",
        "Of the rules and relations that a test names, nothing else may be found. `expect nothing else` "
        "widens that to all rules of their packages, `expect anything else` lifts it. A test takes one.",
        'test "t" { expect r on z  expect anything else  expect nothing else }',
        'test "t" { expect r on z  expect nothing else }',
    ),
}
