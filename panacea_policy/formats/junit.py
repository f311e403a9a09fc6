"""JUnit XML, as CI systems show it: a suite per rule package, a case per rule and subject."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from panacea_policy.compiler import Finding, TestResult, Verdict
from panacea_policy.compliance import read_waiver
from panacea_policy.formats.check_run import CheckRun, names, sentence
from panacea_policy.formats.test_run import Suite
from panacea_policy.language import Diagnostic, Severity

#: What XML 1.0 cannot contain, not even escaped.
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def to_junit(run: CheckRun) -> str:
    """Met passes, violated is a failure; unknown, waived and known ones are skipped, with the reason.

    Times are zero: the same model gives the same bytes.
    """
    suites: dict[str, list[str]] = {}
    for diagnostic in run.diagnostics:
        suites.setdefault("language", []).append(_diagnostic_case(run, diagnostic))
    for finding in run.findings:
        suites.setdefault(finding.rule.package, []).append(_finding_case(run, finding))
    for void in run.ratchet.void if run.ratchet is not None else ():
        inner = f'      <failure type="void" message={_attribute(str(void))}>{_text(void.reason)}</failure>\n'
        suites.setdefault("certified", []).append(_case("certified", void.clause, inner))
    for tally in run.compliance.tallies if run.compliance is not None else ():
        for met in tally.met:
            suites.setdefault(tally.rule.package, []).append(_case(tally.rule.id, ", ".join(met), ""))
    body = "".join(_suite(name, cases) for name, cases in suites.items())
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="panacea">\n{body}</testsuites>\n'


def tests_to_junit(suites: Sequence[Suite]) -> str:
    """Tests of the language: a failed one is a failure, a known miss is skipped, with its reason."""
    body = "".join(
        _suite(suite.name, [_test_case(suite, result) for result in suite.results])
        for suite in suites
        if suite.results
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="panacea">\n{body}</testsuites>\n'


def _test_case(suite: Suite, result: TestResult) -> str:
    inner = ""
    if result.failures:
        details = "\n".join([str(suite.place(result.span)), *result.failures])
        inner = f"      <failure message={_attribute(result.failures[0])}>{_text(details)}</failure>\n"
    elif result.todo:
        inner = f"      <skipped message={_attribute('todo: ' + '; '.join(result.todo))}/>\n"
    return _case(suite.name, result.name, inner)


def _suite(name: str, cases: Sequence[str]) -> str:
    counts = {tag: sum(f"<{tag} " in case for case in cases) for tag in ("failure", "error", "skipped")}
    head = (
        f'  <testsuite name={_attribute(name)} tests="{len(cases)}" failures="{counts["failure"]}"'
        f' errors="{counts["error"]}" skipped="{counts["skipped"]}" time="0">\n'
    )
    return f"{head}{''.join(cases)}  </testsuite>\n"


def _finding_case(run: CheckRun, finding: Finding) -> str:
    name = names(finding) or "the model"
    place = run.where(finding)
    if run.ratchet is not None and run.known(finding):
        told = f"known since {run.ratchet.before}: {sentence(finding)}"
        inner = f"      <skipped message={_attribute(told)}/>\n"
    elif finding.verdict is Verdict.VIOLATED:
        details = "\n".join(
            [place, *finding.witnesses, *([finding.rule.remedy] if finding.rule.remedy else [])]
        )
        type_, message = _attribute(finding.rule.severity), _attribute(sentence(finding))
        inner = f"      <failure type={type_} message={message}>{_text(details)}</failure>\n"
    else:
        inner = f"      <skipped message={_attribute(_reason(run, finding))}/>\n"
    return _case(finding.rule.id, name, inner)


def _reason(run: CheckRun, finding: Finding) -> str:
    if finding.verdict is Verdict.UNKNOWN:
        return "unknown: " + "; ".join(question.text for question in finding.questions)
    return str(read_waiver(finding.waiver, run.workspace.model)) if finding.waiver is not None else "waived"


def _diagnostic_case(run: CheckRun, diagnostic: Diagnostic) -> str:
    place = str(run.place(diagnostic.span))
    tag = "error" if diagnostic.severity is Severity.ERROR else "failure"
    details = f"{place}\n{diagnostic.help}" if diagnostic.help else place
    inner = (
        f"      <{tag} type={_attribute(diagnostic.code)} message={_attribute(diagnostic.message)}>"
        f"{_text(details)}</{tag}>\n"
    )
    return _case(diagnostic.code, place, inner)


def _case(classname: str, name: str, inner: str) -> str:
    head = f'    <testcase classname={_attribute(classname)} name={_attribute(name)} time="0"'
    return f"{head}>\n{inner}    </testcase>\n" if inner else f"{head}/>\n"


def _attribute(text: str) -> str:
    return quoteattr(_ILLEGAL.sub("\N{REPLACEMENT CHARACTER}", text), {"\n": "&#10;", "\t": "&#9;"})


def _text(text: str) -> str:
    return escape(_ILLEGAL.sub("\N{REPLACEMENT CHARACTER}", text))
