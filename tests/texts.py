"""Formulas that nobody should have to wait for: legal ones that are awkward to judge, and texts that mean harm."""

AWKWARD = [
    "z^z^z^z^z^z^z",
    "exp(exp(exp(exp(exp(exp(z))))))",
    "sqrt(z+sqrt(z+sqrt(z+sqrt(z+sqrt(z+sqrt(z+sqrt(z+sqrt(2))))))))",
    "(" * 40 + "z" + ")^1.1" * 40,
    "(((z+w1)^64)^15+x1)^(w2*1000000)",
    "+".join(["sqrt(abs(z)+1)*ln(2+z^2)"] * 80),
    "*".join(["(z+1)"] * 190),
    "ln(" * 20 + "z+100" + ")" * 20,
    "e^(e^(e^(e^(100*z))))",
    "1e300^60*z",
    "(z^64)^15 * (x1^64)^15",
    "abs(" * 30 + "z - 0.5" + ") - 0.1" * 30,
    "erf(" * 25 + "z" + ")" * 25,
    "(sqrt(2)+sqrt(3))^(sqrt(5)*z)-(sqrt(7))^(1/3)",
]

HOSTILE = [
    "().__class__.__bases__[0].__subclasses__()", "z.__class__", "__import__('os').system('id')", "__builtins__",
    "z.real",
    "lambda: z", "(lambda x: x)(z)", "f'{z}'", 'f"{z}"', "[z for z in (1,2)]", "{z: 1}", "z if z else z", "z := 1",
    "exec('1')", "eval(z)", "open('/etc/passwd')", "9**9**9**9", "9^9^9^9", "(2**4000)*(2**4000)", "2^(2^(2^(2^2^9)))",
    "z" * 100_000, "1" * 100_000, "(" * 10_000 + "z" + ")" * 10_000, "((" * 1000, "-" * 1_990 + "z", "z+" * 999 + "z",
    "a\u202eb", "\u2066z\u2069", "z\u0301", "\u0430 + 1", "ѕ", "z\x00", "\x00", "z\u200b", "𝑧", "ｚ",
    "z\ufeff", "\ud800",
    "1e999999", "0x1F", "1_000", "'z'", "z;z", "z\\", "`id`", "$(id)", "${z}", "<z>", "z==z", "z&&z", "!z", "~z|z",
    "%s", "#z", "@z", "z@@z", "1..2", "z..z", "!!python/object:os.system", "\\input{/etc/passwd}", "\\write18{id}",
    "\\def\\x{\\x\\x}\\x", "\\csname end\\endcsname", "{" * 900, "\\frac" * 300, "\\left(" * 300, "\\sqrt{" * 300,
    "^" * 500, "_" * 1_500, "e^" * 900 + "z", "\\sigma" * 300, "$" * 99, "z_{" * 300, "\\mathrm{" * 240,
]  # fmt: skip
