"""Texts that try to be something else than text, by what they try to be; and the places of a lab where text comes in.

Each text holds `CANARY`, by which what became of it is found again.
"""

from __future__ import annotations

CANARY = "jdlcanary"

#: What a text tries to be -> texts.
TEXTS: dict[str, tuple[str, ...]] = {
    "formula": (
        f'=HYPERLINK("http://127.0.0.1:9/{CANARY}")',
        f"=cmd|' /C {CANARY}'!A0",
        f"@SUM({CANARY})",
        f"+{CANARY}",
        f"\t={CANARY}",
    ),
    "HTML and script": (
        f"<script>{CANARY}()</script>",
        f'"><img src=x onerror={CANARY}()>',
        f"</title><svg/onload={CANARY}()>",
        f'<a href="javascript:{CANARY}()">x</a>',
        f"&lt;script&gt;{CANARY}()",
        f"<!--{CANARY}",
        f"]]>{CANARY}<![CDATA[",
    ),
    "template": (
        f"{{{{ {CANARY} }}}}",
        f"{{% include '{CANARY}' %}}",
        f"${{{CANARY}}}",
        f"%s%n%({CANARY})d",
        f"{{0.__class__}}{CANARY}",
    ),
    "Markdown": (
        f"# {CANARY}\n\n* a",
        f"[{CANARY}](javascript:x)",
        f"![{CANARY}](http://127.0.0.1:9/x)",
        f"**{CANARY}",
        f"|{CANARY}|\n|-|",
        f"`{CANARY}`",
        f"- {CANARY}",
    ),
    "LaTeX or Typst": (
        f"\\input{{{CANARY}}}",
        f"$\\alpha_{{{CANARY}}}$",
        f'#read("{CANARY}")',
        f"#{{ {CANARY} }}",
        f"\\write18{{{CANARY}}}",
        f"@{CANARY} <{CANARY}>",
    ),
    "SQL": (f"'; DROP TABLE people; --{CANARY}", f'" OR 1=1 --{CANARY}', f"{CANARY}'), (1", f"$${CANARY}$$"),
    "shell or code": (
        f"$(touch {CANARY})",
        f"`touch {CANARY}`",
        f"; import os; os.system('touch {CANARY}')",
        f"__import__('os').{CANARY}",
        f'"""{CANARY}',
    ),
    "path": (
        f"../../{CANARY}",
        f"/tmp/{CANARY}",
        f"..\\..\\{CANARY}",
        f"file:///{CANARY}",
        f"C:\\{CANARY}",
        f"~/{CANARY}",
    ),
    "YAML or JSON": (
        f"!!python/object/apply:os.system [touch {CANARY}]",
        f"&a [*a, {CANARY}]",
        f"{CANARY}: {{a: 1}}",
        f'"}}, "{CANARY}": {{"',
        f"{CANARY}\n---\nx: 1",
    ),
    "control characters": (
        f"\x1b[31m{CANARY}\x07",
        f"\x1b]0;{CANARY}\x07",
        f"a\x08\x08{CANARY}",
        f"{CANARY}\x00x",
        f"{CANARY}\r\nx\x0b\x0c",
        f"\x9b31m{CANARY}",
    ),
    "direction of writing": (f"\u202e{CANARY}\u202d", f"{CANARY} \u2067abc", f"\u200f{CANARY}", f"בית {CANARY} 12"),
    "unseen or odd characters": (
        f"jdl\u200bcanary {CANARY}",
        f"\ufeff{CANARY}\u00ad",
        f"{CANARY}\U0001f600\u200d\U0001f525",
        f"{CANARY}" + "e\u0301\u0302" * 20,
        f"{CANARY}\ufffe\uffff",
        f"{CANARY}\ue000",
    ),
    "very long": (CANARY + "x" * 32_000, f"{CANARY} " * 3_000, CANARY + "\n" * 5_000),
}
