#!/usr/bin/env python3
"""The front page of a night, its JUnit report and its night.json. page.py OUT ID

Reads what ci/nightly and the stages left in OUT/nights/ID (stages.tsv; of each stage headline, repeat, links, figures,
log) and the night.json of earlier nights. Writes OUT/index.html too, the same page with links from there.
"""
import html
import json
import pathlib
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

NIGHTS_SHOWN = 14
TAIL_LINES = 40
BAD = ("failed", "overran", "interrupted")
SIGNS = {"passed": "✓", "skipped": "–", "failed": "✗", "overran": "✗", "interrupted": "…"}
MARKUP = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]|\x1b\[[0-9;]*m")  # not for HTML nor XML

STYLE = """
:root { color-scheme: light dark; --bg: #fff; --fg: #1c2128; --dim: #59636e; --line: #d5dae0; --card: #f6f8fa;
  --good: #1a7f37; --bad: #c4202c; --skip: #8a6d00; }
@media (prefers-color-scheme: dark) { :root { --bg: #0f1319; --fg: #e3e8ee; --dim: #97a3b0; --line: #303844; --card: #181e26;
  --good: #4cc26b; --bad: #ff7b72; --skip: #d8b13a; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 74rem; padding: 1.5rem; background: var(--bg); color: var(--fg);
  font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; margin: 0; } h2 { font-size: 1.1rem; margin: 2rem 0 .6rem; }
.good { color: var(--good); } .bad { color: var(--bad); } .skip { color: var(--skip); } .dim { color: var(--dim); }
.card { background: var(--card); border: 1px solid var(--line); border-left: 4px solid var(--bad); border-radius: 6px;
  padding: .8rem 1rem; margin: .7rem 0; }
.headline { font-weight: 600; overflow-wrap: anywhere; }
code, pre { font: 13px/1.45 ui-monospace, monospace; }
.repeat { display: block; margin: .5rem 0; padding: .4rem .6rem; background: var(--bg); border: 1px solid var(--line);
  border-radius: 4px; overflow-x: auto; white-space: pre; }
pre { overflow-x: auto; max-height: 24rem; }
table { border-collapse: collapse; width: 100%; } th { text-align: left; font-weight: 600; color: var(--dim); }
td, th { padding: .35rem .6rem .35rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
.nowrap { white-space: nowrap; }
.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.bar { display: inline-block; width: 8rem; height: .55rem; background: var(--line); border-radius: 3px; overflow: hidden; }
.bar > i { display: block; height: 100%; background: var(--good); } .bar > i.bad { background: var(--bad); }
.wide { overflow-x: auto; } .trend td, .trend th { padding: .2rem .45rem; text-align: center; }
.trend th:first-child { text-align: left; } a { color: inherit; }
"""


def read(path):
    try:
        return MARKUP.sub("", path.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return ""


def rows_of(path, width):
    return [(line.split("\t") + [""] * width)[:width] for line in read(path).splitlines() if line]


def stage_of(night, row):
    name, verdict, seconds, budget = row
    folder = night / name
    return {
        "name": name, "verdict": verdict, "seconds": int(seconds), "budget": int(budget),
        "headline": read(folder / "headline").strip() or ("" if verdict in ("passed", "skipped") else verdict),
        "repeat": read(folder / "repeat").strip(),
        "links": rows_of(folder / "links", 2) + [["log", "log"]] * (folder / "log").exists(),
        "figures": [{"name": n, "value": v, "unit": u} for n, v, u in rows_of(folder / "figures", 3)],
        "tail": read(folder / "log").splitlines()[-TAIL_LINES:],
    }


def earlier_nights(out, name):
    """Oldest first; seeded ones say nothing about the tree."""
    found = []
    for path in sorted((out / "nights").glob("*/night.json")):
        try:
            other = json.loads(read(path))
        except ValueError:
            continue
        if path.parent.name < name and not other["seeded"]:
            found.append(other)
    return found[-NIGHTS_SHOWN + 1:]


def commits_since(old, new):
    if not old or not new or old == new:
        return []
    try:
        log = subprocess.run(["git", "log", "--format=%h %s", "--max-count=40", f"{old}..{new}"], capture_output=True,
                             text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return []
    return log.splitlines()


def number(text):
    try:
        return float(text)
    except ValueError:
        return None


def changes(night, last):
    """What is different from the last night, as (class, text)."""
    if last is None:
        return [("dim", "the first night here")]
    found = []
    before = {s["name"]: s for s in last["stages"]}
    for s in night["stages"]:
        was = before.get(s["name"])
        if was is None:
            continue
        if (s["verdict"] in BAD) != (was["verdict"] in BAD):
            found.append(("bad", f"{s['name']} fails now") if s["verdict"] in BAD else ("good", f"{s['name']} is mended"))
        figures = {f["name"]: number(f["value"]) for f in was["figures"]}
        for f in s["figures"]:
            new, old = number(f["value"]), figures.get(f["name"])
            if new is not None and old and abs(new / old - 1) > 0.1 and f["unit"] != "s":
                found.append(("dim", f"{s['name']}: {f['name']} {old:g} → {new:g} {f['unit']}"))
    return found + [("dim", f"commit {text}") for text in commits_since(last["commit"], night["commit"])]


def text(value):
    return html.escape(str(value), quote=True)


def colour(verdict):
    return "bad" if verdict in BAD else "skip" if verdict == "skipped" else "good"


def links_html(stage, prefix):
    return " · ".join(f'<a href="{text(prefix + stage["name"] + "/" + path)}">{text(title)}</a>'
                      for title, path in stage["links"])


def card_html(stage, prefix):
    repeat = f'<code class="repeat">{text(stage["repeat"])}</code>' if stage["repeat"] else ""
    tail = text("\n".join(stage["tail"]))
    return (f'<section class="card"><div><b>{text(stage["name"])}</b> <span class="bad">{text(stage["verdict"])}</span> '
            f'<span class="dim">after {stage["seconds"]} s</span></div><div class="headline">{text(stage["headline"])}</div>'
            f'{repeat}<div>{links_html(stage, prefix)}</div>'
            f'<details><summary>last lines of its log</summary><pre>{tail}</pre></details></section>')


def row_html(stage, prefix):
    part = min(100, 100 * stage["seconds"] // max(stage["budget"], 1))
    figures = ", ".join(f'{text(f["name"])} {text(f["value"])} {text(f["unit"])}'.strip() for f in stage["figures"])
    said = f'<div>{text(stage["headline"])}</div>' if stage["verdict"] == "skipped" else ""
    return (f'<tr><td>{text(stage["name"])}</td><td class="nowrap {colour(stage["verdict"])}">{SIGNS[stage["verdict"]]} '
            f'{text(stage["verdict"])}</td><td class="number">{stage["seconds"]} s of {stage["budget"]} s</td>'
            f'<td><span class="bar" title="{part} % of its budget"><i class="{"bad" if part >= 100 else ""}" '
            f'style="width:{part}%"></i></span></td><td>{said}<span class="dim">{figures}</span><div>'
            f'{links_html(stage, prefix)}</div></td></tr>')


def trend_html(nights):
    names = []
    for night in reversed(nights):
        names += [s["name"] for s in night["stages"] if s["name"] not in names]
    head = "".join(f'<th title="{text(n["id"])} {text(n["commit"][:10])}">{text(n["id"][5:10])}<br>{text(n["id"][11:15])}</th>'
                   for n in nights)
    body = []
    for name in names:
        cells = []
        for night in nights:
            stage = next((s for s in night["stages"] if s["name"] == name), None)
            cells.append("<td></td>" if stage is None else
                         f'<td class="{colour(stage["verdict"])}" title="{text(stage["verdict"])}, {stage["seconds"]} s '
                         f'{text(stage["headline"])}">{SIGNS[stage["verdict"]]}</td>')
        body.append(f'<tr><th>{text(name)}</th>{"".join(cells)}</tr>')
    total = "".join(f'<td class="dim">{sum(s["seconds"] for s in n["stages"]) // 60} min</td>' for n in nights)
    return (f'<div class="wide"><table class="trend"><tr><th></th>{head}</tr>{"".join(body)}'
            f'<tr><th>together</th>{total}</tr></table></div>')


def page_html(night, nights, prefix):
    stages = night["stages"]
    bad = [s for s in stages if s["verdict"] in BAD]
    last = nights[-2] if len(nights) > 1 else None
    seconds, budget = sum(s["seconds"] for s in stages), sum(s["budget"] for s in stages)
    verdict = f'RED: {", ".join(s["name"] for s in bad)}' if bad else "GREEN"
    seeded = f'<p class="skip">On purpose: {text(night["seeded"])}</p>' if night["seeded"] else ""
    changed = "".join(f'<li class="{c}">{text(t)}</li>' for c, t in changes(night, last)) or "<li class=dim>nothing</li>"
    return (f'<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" '
            f'content="width=device-width"><title>{text(verdict)} · Seatrial night</title><style>{STYLE}</style></head><body>'
            f'<h1 class="{"bad" if bad else "good"}">{text(verdict)}</h1><p class="dim">Night of {text(night["id"])}, commit '
            f'{text(night["commit"][:12] or "unknown")}: {len(stages) - len(bad)} of {len(stages)} stages in order, '
            f'{seconds // 60} min {seconds % 60} s of {budget // 60} min</p>{seeded}'
            + ("<h2>What failed</h2>" if bad else "") + "".join(card_html(s, prefix) for s in bad)
            + f'<h2>What changed since the last night</h2><ul>{changed}</ul>'
            + '<h2>Stages</h2><div class="wide"><table><tr><th>stage</th><th>verdict</th><th class="number">time</th><th></th>'
            + '<th>figures and reports</th></tr>'
            + "".join(row_html(s, prefix) for s in sorted(stages, key=lambda s: s["verdict"] not in BAD))
            + f'</table></div><h2>The last nights</h2>{trend_html(nights)}</body></html>\n')


def junit_xml(night):
    counts = {"name": "night", "tests": str(len(night["stages"])), "errors": "0",
              "failures": str(sum(s["verdict"] in BAD for s in night["stages"])),
              "skipped": str(sum(s["verdict"] == "skipped" for s in night["stages"])),
              "time": str(sum(s["seconds"] for s in night["stages"]))}
    top = ElementTree.Element("testsuites", counts)
    suite = ElementTree.SubElement(top, "testsuite", counts,
                                   timestamp=f'{night["id"][:13]}:{night["id"][13:15]}:{night["id"][15:17]}')
    for s in night["stages"]:
        case = ElementTree.SubElement(suite, "testcase", classname="night", name=s["name"], time=str(s["seconds"]))
        if s["verdict"] in BAD:
            failure = ElementTree.SubElement(case, "failure", type=s["verdict"], message=s["headline"])
            failure.text = "\n".join([s["repeat"], *s["tail"]])
        elif s["verdict"] == "skipped":
            ElementTree.SubElement(case, "skipped", message=s["headline"])
    return ElementTree.tostring(top, encoding="unicode", xml_declaration=True)


def main(out, name):
    folder = out / "nights" / name
    night = {
        "id": name, "commit": read(folder / "commit").strip(), "seeded": read(folder / "seeded").strip(),
        "stages": [stage_of(folder, row) for row in rows_of(folder / "stages.tsv", 4)],
    }
    night["verdict"] = "red" if any(s["verdict"] in BAD for s in night["stages"]) else "green"
    nights = earlier_nights(out, name) + [night]
    (folder / "night.json").write_text(json.dumps(night, indent=1) + "\n", encoding="utf-8")
    (folder / "junit.xml").write_text(junit_xml(night) + "\n", encoding="utf-8")
    (folder / "index.html").write_text(page_html(night, nights, ""), encoding="utf-8")
    (out / "index.html").write_text(page_html(night, nights, f"nights/{name}/"), encoding="utf-8")
    print(night["verdict"])


main(pathlib.Path(sys.argv[1]), sys.argv[2])
