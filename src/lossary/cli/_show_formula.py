"""Converts the docstrings' formulas from their small subset of LaTeX to Unicode text."""

import re

_WORDS = {
    "alpha": "α",
    "beta": "β",
    "gamma": "γ",
    "Gamma": "Γ",
    "delta": "δ",
    "epsilon": "ε",
    "varepsilon": "ε",
    "lambda": "λ",
    "mu": "μ",
    "nu": "ν",
    "pi": "π",
    "sigma": "σ",
    "tau": "τ",
    "ell": "ℓ",
    "sum": "Σ",
    "prod": "Π",
    "infty": "∞",
    "pm": "±",
    "cdot": "·",
    "le": "≤",
    "ge": "≥",
    "ne": "≠",
    "in": "∈",
    "notin": "∉",
}
"""Commands for a letter or a sign; all others are functions, which keep their names."""
_SIZES = r"\\(?:[Bb]ig+[lr]?|left|right)(?![a-zA-Z])\s*"
_RAISED = dict(zip("0123456789+-nγpsxy", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿᵞᵖˢˣʸ", strict=True))
_LOWERED = dict(zip("0123456789+-ijknpstxy", "₀₁₂₃₄₅₆₇₈₉₊₋ᵢⱼₖₙₚₛₜₓᵧ", strict=True))
_BRACED = r"\{((?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)\}"


def readable(latex: str) -> str:
    """The formula on one line, or one line per case."""
    text = " ".join(latex.split())
    text = re.sub(r"\\begin\{cases\}(.*?)\\end\{cases\}(.*)", _cases, text)
    text = re.sub(_SIZES, "", text)
    text = re.sub(r"\\q?quad", "   ", text)
    text = re.sub(r"(\\(?:log|ln))(?=\\[a-eg-z])", r"\1 ", text)
    text = re.sub(r"\\[,;! ]", " ", text)
    text = re.sub(r"\\operatorname\{(\w+)\}", r"\1", text)
    text = re.sub(
        r"\\t?frac\s*(\w)(\w)", lambda m: {"12": "½", "14": "¼"}.get(m[1] + m[2], f"{m[1]}/{m[2]}"), text
    )
    text = re.sub(r"\\(?!t?frac)([a-zA-Z]+)", lambda m: _WORDS.get(m[1], m[1]), text)
    while (shorter := re.sub(rf"(\w?)\\t?frac{_BRACED}\s*{_BRACED}", _fraction, text)) != text:
        text = shorter
    text = text.replace(r"\|", "‖").replace(r"\{", "⟨").replace(r"\}", "⟩")
    text = re.sub(rf"\^(?:{_BRACED}|(\S))", lambda m: _script("^", m[1] or m[2], _RAISED), text)
    text = re.sub(rf"_(?:{_BRACED}|(\S))", lambda m: _script("_", m[1] or m[2], _LOWERED), text)
    text = text.replace("⟨", "{").replace("⟩", "}")
    return "\n".join(re.sub(r"(?<=\S) {2}(?=\S)", " ", line).rstrip() for line in text.split("\n"))


def prose(text: str) -> str:
    """A sentence of the documentation, including its formulas."""
    text = re.sub(r":math:`([^`]*)`", lambda m: readable(m[1]), text)
    return re.sub(r":\w+:`([^`]*)`", r"\1", text).replace("`", "")


def _fraction(match: re.Match[str]) -> str:
    before, *parts = (part.strip() for part in match.groups())
    above, below = (part if re.fullmatch(r"[\w|]+", part) else f"({part})" for part in parts)
    return f"{before}({above} / {below})" if before else f"{above} / {below}"


def _cases(match: re.Match[str]) -> str:
    lines = []
    for case in match[1].split(r"\\"):
        value, _, condition = case.partition("&")
        lines.append(f"{value.strip()}   if {condition.strip()}")
    rest = match[2].strip()
    return "\n    ".join(lines) + (f"\n{rest}" if rest else "")


def _script(sign: str, text: str, letters: dict[str, str]) -> str:
    """Superscript or subscript letters, if Unicode has all of them."""
    text = text.strip()
    if all(letter in letters for letter in text):
        return "".join(letters[letter] for letter in text)
    return f"{sign}{text}" if len(text) == 1 else f"{sign}{{{text}}}"
