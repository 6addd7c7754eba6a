#!/usr/bin/env python3
"""Checks the pages that are made from something else, or writes them anew.

    python3 tests/docs/generated.py --exlint FILE [--write]

docs/rules.ja.md is made from `exlint rules --format json`, docs/contoso.svg by
docs/picture.py. The English index of the rules and the reference of
`exlint.toml` are made by `cargo test`.

Exit code: 0 current (or written), 1 not.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
AREAS = {
    "certificates": "証明書",
    "client-access": "クライアント アクセス",
    "cross-checks": "突き合わせ",
    "exceptions": "例外",
    "firewall-change": "ファイアウォールの変更",
    "firewall-exposure": "ファイアウォール: 公開範囲",
    "firewall-hygiene": "ファイアウォール: 規則の整理",
    "firewall-placement": "ファイアウォール: 配置",
    "firewall-required": "ファイアウォール: 必要な通信",
    "host-firewall": "ホスト ファイアウォール",
    "inputs": "入力",
    "mailbox": "メールボックス",
    "nat": "アドレス変換",
    "receive-connectors": "受信コネクタ",
    "send-connectors": "送信コネクタ",
    "suppressions": "例外",
    "transport-configuration": "トランスポートの構成",
    "unified-messaging": "ユニファイド メッセージング",
}
SEVERITIES = {"error": "エラー", "warning": "警告", "note": "注意"}
HEAD = """# 規則の一覧

`exlint explain --lang ja 規則` で、規則の説明 (検査内容、重要な理由、対処方法、報告しない場合、出典) が表示されます。
このページは規則の METADATA から作られています。
"""


def rules(exlint):
    """The index of the rules in Japanese."""
    done = subprocess.run([exlint, "rules", "--format", "json"], capture_output=True, text=True, check=True)
    parts, area = [HEAD], None
    for rule in json.loads(done.stdout)["rules"]:
        if rule["area"] != area:
            area = rule["area"]
            parts.append(f"\n## {AREAS.get(area, area)} (`{area}`)\n\n| 規則 | 最大の重大度 | 検出する内容 | 記述 |\n|---|---|---|---|\n")
        title = rule["title"]["ja"].replace("|", "\\|")
        if rule["supersedes"]:
            title += f" ({'、'.join(rule['supersedes'])} に優先)"
        page = f"../policies/{area}/{rule['name']}/rule.ja.md"
        parts.append(f"| [{rule['id']} `{rule['name']}`]({page}) | {SEVERITIES[rule['severity']]} | {title} | "
                     f"{'、'.join(rule['statements'])} |\n")
    return "".join(parts)


def picture(exlint):
    """The picture of the README."""
    done = subprocess.run([sys.executable, "docs/picture.py"], cwd=ROOT, capture_output=True, text=True, check=True,
                          env={**os.environ, "EXLINT": str(pathlib.Path(exlint).resolve())})
    return done.stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--exlint", required=True, help="the program under test")
    parser.add_argument("--write", action="store_true", help="write the pages anew")
    options = parser.parse_args()
    pages = {"docs/rules.ja.md": rules(options.exlint), "docs/contoso.svg": picture(options.exlint)}
    stale = []
    for name, text in pages.items():
        file = ROOT / name
        if options.write:
            file.write_text(text)
        elif not file.exists() or file.read_text() != text:
            stale.append(name)
    for name in stale:
        print(f"{name} is not current: python3 tests/docs/generated.py --exlint FILE --write")
    print(f"{len(pages)} pages made from something else, {len(stale)} not current")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
