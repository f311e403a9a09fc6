# Paragraphs of a page, however long a line.
# ruff: noqa: E501
"""The documentation pages of the codes P02xx to P07xx: names, values, inventories, rules, people's
statements, and what is probably not meant so.
"""

from __future__ import annotations

from panacea_policy.language import CodeInfo

CODES: dict[str, CodeInfo] = {
    # ---------------------------------------------------------------------------------------- names
    "P0200": CodeInfo(
        "no such package",
        "`use` names a package: `std.…` is the standard library, `packs.…` are rule packs of the installation, and "
        "anything else is a folder or file below the model. A package outside the model's folder cannot be used.",
        "use packs.nis3",
        "use packs.nis2",
    ),
    "P0201": CodeInfo(
        "a link that leads out of the model",
        "A file of the model that is a symbolic link to a place outside the model's folder is not read: a model from a "
        "stranger could otherwise show what is in your files.",
        "notes.panacea -> ../../notes.panacea",
        "notes.panacea",
    ),
    "P0208": CodeInfo(
        "too many files",
        "A folder is read up to a fixed number of files, so that a stranger's folder cannot keep a check busy. "
        "Nothing is left out in silence: a folder with more of them is an error.",
        "6,000 files in one folder",
        "the same, in a folder for each site",
    ),
    "P0209": CodeInfo(
        "a scenario that builds on itself",
        "A scenario may include others, which are laid over the model before it, each once; but not in a circle. The "
        "message names the circle.",
        "scenario a { includes: [b] }\nscenario b { includes: [a] }",
        "scenario a {}\nscenario b { includes: [a] }",
    ),
    "P0210": CodeInfo(
        "a lock file that cannot be read",
        "`panacea.lock` names the packs that the model installed, with the digests of what is in them. It is written by "
        "`panacea pack install`, never by hand.",
        'panacea.lock: { "packs": … half a file',
        "panacea pack install PACK-1.0.0.zip --key PUBLISHER.pub.pem",
    ),
    "P0211": CodeInfo(
        "an installed pack that was altered",
        "What lies in `.panacea/packs` is not what the lock file says: a file was changed, added or removed after the "
        "pack was installed, or the folder is missing. Its rules are not used.",
        "use packs.house_law   # after an edit in .panacea/packs/house_law",
        "panacea pack install house_law-1.0.0.zip --key PUBLISHER.pub.pem",
    ),
    "P0519": CodeInfo(
        "a name for a value that may be unknown",
        "A condition such as `x.size = n` gives a number or a text a name. Where `size` is unset there is no value to "
        "name, and what the rule says of `n` would silently not hold: an unknown would pass. Compare the path itself.",
        'rule r "R" { for system s where s.lock_after = n, n > 600 s report s "locks late" }',
        'rule r "R" { for system s where s.lock_after > 600 s report s "locks late" }',
    ),
    "P0202": CodeInfo(
        "no such declaration",
        "A name is looked up by the kind that its place expects, first among the files of the folder, then in the "
        "packages in use. Templates and declarations have separate names.",
        "zone clinical {}\nsystem pacs in clincal {}",
        "zone clinical {}\nsystem pacs in clinical {}",
    ),
    "P0203": CodeInfo(
        "a name with several meanings",
        "Two of the packages in use declare this name, and the model itself does not. Write the full name, which "
        "begins with the package.",
        "use east, west\nsystem pacs in ward {}",
        "use east, west\nsystem pacs in east.ward {}",
    ),
    "P0204": CodeInfo(
        "declared twice",
        "The files of a folder share their names, so each may be declared once. The other place is shown too.",
        "zone ward {}\nzone ward {}",
        "zone ward {}\nzone ward_two {}",
    ),
    "P0205": CodeInfo(
        "a template that inherits from itself",
        "Templates may inherit from templates, but not in a circle. The message names the circle.",
        "template device a : b {}\ntemplate device b : a {}",
        "template device a {}\ntemplate device b : a {}",
    ),
    "P0206": CodeInfo(
        "something that lies in itself",
        "A zone may lie in a zone and a site in a site, but not in a circle. The message names the circle.",
        "zone campus in ward {}\nzone ward in campus {}",
        "zone campus {}\nzone ward in campus {}",
    ),
    "P0207": CodeInfo(
        "a name of the wrong kind",
        "The name exists, but stands for another kind than the place expects, or for a whole inventory where one "
        'member is expected. One member is written with its id: `pump["PMP-1"]`.',
        "system pacs {}\nsystem ris in pacs {}",
        "zone clinical {}\nsystem ris in clinical {}",
    ),
    # ---------------------------------------------------------------------------------------- kinds and
    # values
    "P0301": CodeInfo(
        "no such kind",
        "A declaration begins with its kind. Families such as `asset` cannot be declared themselves, and only some "
        "kinds may stand inside others. `panacea schema` lists all kinds.",
        "sytem pacs {}",
        "system pacs {}",
    ),
    "P0302": CodeInfo(
        "no such attribute",
        "Each kind has its attributes; `panacea schema zone` lists those of a zone.",
        "zone ward { trst: 3 }",
        "zone ward { trust: 3 }",
    ),
    "P0303": CodeInfo(
        "a value of the wrong type",
        "The attribute takes another sort of value. The message says which.",
        'organisation clinic { beds: "many" }',
        "organisation clinic { beds: 24 }",
    ),
    "P0304": CodeInfo(
        "not one of the possible words",
        "The attribute takes one of a fixed list of words.",
        "zone ward { type: clinicl }",
        "zone ward { type: clinical }",
    ),
    "P0305": CodeInfo(
        "a unit that does not fit",
        "Quantities carry their unit: durations ms, s, min, h, d, weeks, months, years; shares %; data B, KB, MB, GB, "
        "TB; money a currency. A number alone would leave open what it counts.",
        "process care { rto: 30 }",
        "process care { rto: 30 min }",
    ),
    "P0306": CodeInfo(
        "a currency that the model does not count in",
        "The organisation's `currency` is what the model counts in. Amounts in another currency need an exchange rate.",
        "organisation clinic { currency: EUR }\ncontrol course { cost: 60k USD }",
        "organisation clinic { currency: EUR  exchange_rates: { USD: 0.88 } }\ncontrol course { cost: 60k USD }",
    ),
    "P0307": CodeInfo(
        "something that must be said is missing",
        "A few declarations make no sense without one of their attributes: a grant without its role, a waiver without "
        "its rule.",
        "role nurse {}\nsystem ehr {}\ngrant nurse -> ehr {}",
        "role nurse {}\ngrant nurse {}",
    ),
    "P0308": CodeInfo(
        "said twice",
        "An attribute is said once, in the head or in the body.",
        "zone ward { trust: 3  trust: 4 }",
        "zone ward { trust: 3 }",
    ),
    "P0309": CodeInfo(
        "a phrase that this kind does not know",
        "Words such as `in`, `over`, `until` in the head of a declaration fill an attribute. Which words a kind knows "
        "is listed in the message, and by `panacea schema`.",
        "zone ward over clinical {}",
        "zone clinical {}\nzone ward in clinical {}",
    ),
    "P0310": CodeInfo(
        "a number out of bounds",
        "The attribute has a smallest or largest value, or takes whole numbers only.",
        "organisation clinic { beds: -4 }",
        "organisation clinic { beds: 4 }",
    ),
    "P0311": CodeInfo(
        "a day that does not exist",
        "Dates are written year, month, day, and the day must be in the calendar.",
        "system pacs { support_end: 2026-02-30 }",
        "system pacs { support_end: 2026-02-28 }",
    ),
    "P0312": CodeInfo(
        "a text of the wrong form",
        "The attribute takes texts of a certain form: an IP address, a CPE name, a package URL, a code.",
        "zone ward { addresses: [10.20.300.0/24] }",
        "zone ward { addresses: [10.20.30.0/24] }",
    ),
    "P0313": CodeInfo(
        "a distribution that cannot be",
        "The parameters contradict each other, leave what can be measured, or there is no such distribution: a negative rate, "
        "a p95 below its p5, a mode below its minimum, money that can fall below 0, a probability above 1, a lognormal "
        "without spread. There are constant, pert, triangular, uniform, lognormal, beta, poisson and empirical.",
        "organisation clinic { currency: EUR }\nprocess care { outage_loss: pert(90k, 20k, 400k) EUR per h }",
        "organisation clinic { currency: EUR }\nprocess care { outage_loss: pert(20k, 90k, 400k) EUR per h }",
    ),
    "P0314": CodeInfo(
        "an arrow where nothing flows",
        "Only kinds that go from one place to another, such as flows and conduits, have an arrow in their head.",
        "zone ward {}\nzone lab {}\nzone corridor: ward -> lab {}",
        "zone ward {}\nzone lab {}\nconduit corridor: ward -> lab {}",
    ),
    "P0315": CodeInfo(
        "`none` where there is always something",
        "`none` states that there is none. A list that is known to be empty is `[]`; what is either true or false has "
        "no third value.",
        "zone ward { wireless: none }",
        "zone ward { wireless: false }",
    ),
    "P0316": CodeInfo(
        "a template of another kind",
        "A declaration takes templates of its own kind, or of a kind above it.",
        "template device pump {}\nzone ward : pump {}",
        "template device pump {}\ndevice pump_one : pump {}",
    ),
    # ---------------------------------------------------------------------------------------- inventories
    "P0401": CodeInfo(
        "an inventory that cannot be read",
        "The file is missing, too large, not UTF-8, or not of the format that its name says.",
        'device pump from inventory("missing.csv") { id: column("tag") }',
        "device pump {}",
    ),
    "P0402": CodeInfo(
        "no such column",
        "`column` takes a heading of the CSV file or a key of the JSON objects. The message lists what there is.",
        'device pump from inventory("pumps.csv") { id: column("tags") }',
        'device pump from inventory("pumps.csv") { id: column("asset_tag") }',
    ),
    "P0403": CodeInfo(
        "a table without that row",
        "`lookup` translates a cell by a `table`; the table has no row for what the cell holds.",
        "table vlans { 101: ward }\nzone ward {}\n"
        'device pump from inventory("pumps.csv") { id: column("asset_tag")  zone: lookup(vlans, column("asset_tag")) }',
        "table vlans { 101: ward  110: ward }\nzone ward {}",
    ),
    "P0404": CodeInfo(
        "a broken row or cell",
        "A row has more or fewer cells than the heading, or a cell does not hold what the attribute takes. The message "
        "gives the number of the row, the heading being row 1. An empty cell is no mistake: it is unknown.",
        'device pump from inventory("pumps.csv") { id: column("asset_tag")  support_end: column("asset_tag") }',
        'device pump from inventory("pumps.csv") { id: column("asset_tag") }',
    ),
    "P0405": CodeInfo(
        "a file outside the model",
        "An inventory must lie in the model's folder or below it, symbolic links included: a model from a stranger "
        "could otherwise show what is in your files.",
        'device pump from inventory("../pumps.csv") { id: column("asset_tag") }',
        'device pump from inventory("pumps.csv") { id: column("asset_tag") }',
    ),
    "P0406": CodeInfo(
        "an inventory with another number of rows",
        "The number in brackets is checked, so that a truncated export does not go unnoticed.",
        'device pump[240] from inventory("pumps.csv") { id: column("asset_tag") }',
        'device pump[2] from inventory("pumps.csv") { id: column("asset_tag") }',
    ),
    "P0407": CodeInfo(
        "two rows with one id",
        "The id names the declaration, so it must differ from row to row.",
        'device pump from inventory("pumps.csv") { id: column("model") }',
        'device pump from inventory("pumps.csv") { id: column("asset_tag") }',
    ),
    # ---------------------------------------------------------------------------------------- rules
    "P0501": CodeInfo(
        "a variable without a value",
        "Every variable must be bound by `for`, by `some … with`, by a relation or by an equation, before it is "
        "negated, compared or reported.",
        'rule r { for zone z where z.flat report t "is flat" }',
        'rule r { for zone z where z.flat report z "is flat" }',
    ),
    "P0502": CodeInfo(
        "no such attribute on the way",
        "A path such as `f.source.zone` goes from attribute to attribute; each must exist for the kind it stands on.",
        'rule r { for system s where s.onwer = none report s "has no owner" }',
        'rule r { for system s where s.owner = none report s "has no owner" }',
    ),
    "P0503": CodeInfo(
        "things that cannot be compared or counted so",
        "A comparison needs two values of one dimension; a sum needs numbers; `<` needs numbers, quantities or dates.",
        'rule r { for system s where s.rto > 30 % report s "is slow" }',
        'rule r { for system s where s.rto > 30 min report s "is slow" }',
    ),
    "P0504": CodeInfo(
        "a path through a list",
        "An attribute with several values is no step of a path, as it would be open which value is meant.",
        'rule r { for flow f where f.carries.special_category report f "is secret" }',
        'rule r { for flow f where some data_class d in f.carries with d.special_category report f "is secret" }',
    ),
    "P0505": CodeInfo(
        "a value where a condition is expected",
        "A condition is true or false: a comparison, a relation, a test, or an attribute that is true or false.",
        'rule r { for system s where s.rto report s "x" }',
        'rule r { for system s where s.rto > 1 h report s "x" }',
    ),
    "P0506": CodeInfo(
        "a variable used twice",
        "A variable stands for one thing throughout a rule, also inside `some` and `every`.",
        'rule r { for zone z where some zone z with z.flat report z "x" }',
        'rule r { for zone z where some zone y with y.flat report z "x" }',
    ),
    "P0508": CodeInfo(
        "`every` without what it demands",
        "`every … has …` says of each member what must hold. `with` only narrows the members.",
        'rule r { for zone z where every zone y with y.flat report z "x" }',
        'rule r { for zone z where every zone y with y.parent = z has y.flat report z "x" }',
    ),
    "P0509": CodeInfo(
        "no such relation or test",
        "A relation is declared before it is used: `relation reaches(zone, zone)`. Tests of texts are starts_with, "
        "ends_with, contains and matches.",
        'rule r { for zone z where reachs(z, z) report z "x" }',
        "relation reaches(zone, zone)\nreaches(y, z) if y.parent = z\n"
        'rule r { for zone z where reaches(z, z) report z "x" }',
    ),
    "P0510": CodeInfo(
        "another number of arguments",
        "A relation is used with as many arguments as it was declared with.",
        'relation reaches(zone, zone)\nrule r { for zone z where reaches(z) report z "x" }',
        "relation reaches(zone, zone)\nreaches(y, z) if y.parent = z\n"
        'rule r { for zone z where reaches(z, z) report z "x" }',
    ),
    "P0511": CodeInfo(
        "no such type of column",
        "A column of a relation holds a kind of declaration, the values of an attribute (`zone.trust`), or one of text, "
        "number, fraction, duration, date, money, boolean, node.",
        "relation near(zne, zone)",
        "## What stands side by side.\nrelation near(zone, zone)",
    ),
    "P0512": CodeInfo(
        "a rule without an essential part",
        "A rule ranges over something (`for`), and reports one of these things with a message.",
        'rule r { where true report z "x" }',
        'rule r { for zone z where z.flat report z "x" }',
    ),
    "P0513": CodeInfo(
        "a placeholder that stands for nothing",
        "In a message `{f.source}` is replaced by what the path leads to; it must begin with a variable of the rule.",
        'rule r { for zone z where z.flat report z "see {y.owner}" }',
        'rule r { for zone z where z.flat report z "see {z.owner}" }',
    ),
    "P0514": CodeInfo(
        "a relation that depends on its own absence",
        "If `exposed` holds where `trusted` does not, and `trusted` where `exposed` does not, nothing is decided. What "
        "is negated or counted must be settled before. The message names the circle.",
        "relation safe(zone)\nrelation bad(zone)\nsafe(z) if z.flat, not bad(z)\nbad(z) if z.flat, not safe(z)\n"
        'rule r { for zone z where bad(z) report z "x" }',
        'relation safe(zone)\nsafe(z) if not z.flat\nrule r { for zone z where not safe(z) report z "x" }',
    ),
    # ---------------------------------------------------------------------------------------- statements
    "P0515": CodeInfo(
        "not a question",
        "`panacea query` takes what a rule has after `for`; `panacea explain` takes a finding or a fact.",
        "panacea query 'every zone'",
        "panacea query 'zone z where z.trust < 2'",
    ),
    "P0516": CodeInfo(
        "a fact that does not hold",
        "Nothing in the model leads to it, so it has no proof. `panacea explain` shows the rules that come nearest to it "
        "and the conditions that they lack.",
        "panacea explain 'reaches(internet, ehr, dicom)'",
        "panacea explain 'reaches(internet, portal, https)'",
    ),
    "P0517": CodeInfo(
        "an evaluation that had to stop",
        "A value would not exist, such as one divided by zero, or the answers would grow beyond all bounds: most often "
        "a rule pairs everything with everything.",
        'rule r { for zone z where 1 / z.trust > 0.5 report z "x" }\nzone ward { trust: 0 }',
        'rule r { for zone z where z.trust > 0, 1 / z.trust > 0.5 report z "x" }\nzone ward { trust: 0 }',
    ),
    "P0518": CodeInfo(
        "a pattern that cannot be used",
        "`matches` takes a regular expression of letters, classes, groups, choices and repetitions. Patterns that could "
        "take very long are not possible.",
        'rule r { for system s where matches(s.hostname, "(pacs") report s "x" }',
        'rule r { for system s where matches(s.hostname, "(pacs|ris)[0-9]+") report s "x" }',
    ),
    "P0520": CodeInfo(
        "a figure of accounts or people used for something else",
        "Controls say what their effectiveness was measured on. A second factor stopped 98 % of takeovers per account; "
        "organisations that use one were hit 1.4 times less often. A control whose `level` is `per_account`, `per_person` or "
        "`per_mail` may therefore hinder only steps that are about an account, credential, way to log in, role, person or "
        "behaviour.",
        "template control second_factor { level: per_account  effectiveness: 98 % }\n"
        "relation held(system)\n"
        "step exploit { for system s from s.internet_facing to held(s) hindered by second_factor on s }",
        "template control second_factor { level: per_account  effectiveness: 98 % }\n"
        "relation held(system)\n"
        "step log_in { for system s, authenticator a from s.authentication = a to held(s) hindered by second_factor on s }",
    ),
    "P0601": CodeInfo(
        "a waiver that has run out",
        "A waiver holds until the end of its last day. After it the violation counts again, and so does the waiver.",
        'zone ward {}\nrole ciso {}\nrule r { for zone z where z.flat report z "x" }\n'
        'waive r on ward until 2020-01-01 because "Ordered" by ciso',
        'zone ward {}\nrole ciso {}\nrule r { for zone z where z.flat report z "x" }\n'
        'waive r on ward until 2099-01-01 because "Ordered" by ciso',
    ),
    "P0602": CodeInfo(
        "an attestation that has run out",
        "An attestation holds until the end of its last day. After it the clause is open again.",
        'role ceo {}\nrequirement art20 {}\nattest art20 by ceo until 2020-01-01 because "Minutes"',
        'role ceo {}\nrequirement art20 {}\nattest art20 by ceo until 2099-01-01 because "Minutes"',
    ),
    "P0603": CodeInfo(
        "an attestation without an end",
        "What somebody answered for once is not true for ever: people leave, and what they saw changes. The attestation counts, "
        "every output says that it has no end date, and nothing will ever ask for a new one.",
        'role ceo {}\nrequirement art20 {}\nattest art20 by ceo because "Minutes"',
        'role ceo {}\nrequirement art20 {}\nattest art20 by ceo until 2099-01-01 because "Minutes"',
    ),
    # ---------------------------------------------------------------------------------------- rules that are
    # probably not meant so
    "P0701": CodeInfo(
        "conditions that exclude each other",
        "No declaration meets both, so what rests on them never holds: the rule finds nothing, whatever the model. "
        "Where an attribute is not set, the rule may still ask for it, in vain. Sets of values, kinds and equalities are "
        "taken into account; calculations are not.",
        'rule r { for zone z where z.trust > 2, z.trust < 1 report z "x" }',
        'rule r { for zone z where z.trust > 2 or z.trust < 1 report z "x" }',
    ),
    "P0702": CodeInfo(
        "a condition that no model can meet",
        "The vocabulary says what an attribute can be: numbers from 0 to 4, one of a list of words, a declaration of some "
        "kind. What is compared here lies outside.",
        'rule r { for practice p where p.maturity > 4 report p "x" }',
        'rule r { for practice p where p.maturity > 3 report p "x" }',
    ),
    "P0703": CodeInfo(
        "a relation that is always empty",
        "Nothing derives the relation, or only what can never hold. In a pack, a relation with a doc comment is taken for "
        "one that models derive.",
        'relation shut(zone)\nrule r { for zone z where shut(z) report z "x" }',
        'relation shut(zone)\nshut(z) if z.trust = 4\nrule r { for zone z where shut(z) report z "x" }',
    ),
    "P0704": CodeInfo(
        "a rule that another one covers",
        "Whatever the rule finds, the other one finds of the same subject, is at least as severe, and satisfies the same "
        "clauses: each of its conditions follows from this rule's. A rule that says something worse, or is about "
        "another clause, is no such case.",
        'rule r { for zone z where z.flat report z "x" }\n'
        'rule s { for zone z where z.flat, z.trust > 2 report z "y" }',
        'rule r { for zone z where z.flat, z.trust <= 2 report z "x" }\n'
        'rule s { for zone z where z.flat, z.trust > 2 report z "y" }',
    ),
    "P0705": CodeInfo(
        "a relation that nothing reads",
        "No rule, derivation, step or test asks for it; that it derives itself does not count, and relations of what "
        "attackers do are read by risk. A doc comment says what others use it for, in questions or in packages that "
        "stand on this one, and ends the warning.",
        "relation near(zone, zone)\nnear(y, z) if y.parent = z",
        "## For questions: what lies in what.\nrelation near(zone, zone)\nnear(y, z) if y.parent = z",
    ),
    "P0706": CodeInfo(
        "a condition that is always true",
        "Its type says it already, or the conditions beside it do, so it decides nothing: often another attribute or "
        "bound was meant. A comparison that every value passes asks only whether there is a value; `!= none` says so. "
        "In a derivation, `z is zone` may repeat the kind of a column, to say what it ranges over.",
        'rule r { for zone z where z.trust > 2, z.trust > 1 report z "x" }',
        'rule r { for zone z where z.trust > 2 report z "x" }',
    ),
}
