"""The runner of the golden threads, tried on transcripts that pass, fail, skip and are accepted."""
import contextlib
import io
import tempfile
import unittest
from pathlib import Path

import transcript


class RunnerTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.top = Path(folder.name)
        self.program = self.top / "bin" / "filrouge"
        self.program.parent.mkdir()
        self.program.write_text('#!/bin/sh\necho "said $*"\necho oops >&2\nexit ${CODE:-0}\n')
        self.program.chmod(0o755)

    def run_text(self, text, accept=False, name="transcript.txt"):
        case = self.top / "case"
        case.mkdir(exist_ok=True)
        self.path = case / name
        self.path.write_text(text)
        self.said = io.StringIO()
        with contextlib.redirect_stdout(self.said):
            return transcript.run_case(case if name.endswith(".txt") else self.path, self.program, accept, keep=False)

    def test_both_streams_and_exit_code(self):
        self.assertEqual(0, self.run_text("About this.\n$ CODE=2 filrouge run\nsaid run\noops\n[exit 2]\n"))
        self.assertEqual(1, self.run_text("$ CODE=2 filrouge run\nsaid run\noops\n"))
        self.assertIn("+[exit 2]", self.said.getvalue())

    def test_missing_extra_and_wrong_lines_fail(self):
        for text in ("$ echo a\n", "$ true\na\n", "$ echo a\nb\n", "$ printf 'a\\nb\\n'\na\n"):
            self.assertEqual(1, self.run_text(text), text)

    def test_wildcards(self):
        self.assertEqual(0, self.run_text("$ seq 9\n1\n...\n8\n9\n"))
        self.assertEqual(0, self.run_text("$ echo a b c\na [..] c\n"))
        self.assertEqual(1, self.run_text("$ seq 9\n1\n...\n8\n"))
        self.assertEqual(1, self.run_text("$ echo a b d\na [..] c\n"))

    def test_replacements(self):
        self.assertEqual(0, self.run_text("$ echo 'read   12.25 s  done 3 ms'\nread  0.9 s  done 1 min 3 s\n"))
        self.assertEqual(0, self.run_text("$ pwd; date -u +%Y-%m-%dT%H:%M:%SZ\nDIR\nTIME\n"))
        self.assertEqual(0, self.run_text("$ echo 0123456789abcdef0123456789abcdef\nKEY\n"))
        self.assertEqual(1, self.run_text("$ echo '337 rows of 2013-01-01'\n338 rows of 2013-01-01\n"))
        self.assertEqual(1, self.run_text("$ echo '5 steps'\n6 steps\n"))

    def test_folder_and_variables_stay(self):
        self.assertEqual(0, self.run_text("$ mkdir x; cd x; export A=1; B=2\n\n$ pwd; echo $A$B; cat <<END\n> y\n> END\nDIR/x\n1\ny\n"))

    def test_needs(self):
        self.assertEqual(77, self.run_text("needs: no/such/folder\n$ echo a\nb\n"))
        self.assertEqual(0, self.run_text("needs: tests/support\n$ ls $ROOT/tests/support/transcript.py\nROOT/tests/support/transcript.py\n"))

    def test_accept_changes_only_what_differs(self):
        text = "prose\n$ echo took 5 s\ntook 9 s\n\n$ echo new\nold\n\n$ seq 3\n1\n...\n"
        self.assertEqual(0, self.run_text(text, accept=True))
        self.assertEqual(text.replace("old", "new"), self.path.read_text())
        text = "$ printf 'took 5 s\\nnew 7 s\\n'\ntook 9 s\nold 9 s\n"
        self.assertEqual(0, self.run_text(text, accept=True))
        self.assertEqual(text.replace("old 9 s", "new 7 s"), self.path.read_text())

    def test_finished_steps_in_any_order(self):
        steps = "$ printf '  read  b  5 rows  1 s\\n  read  a  6 rows  2 s\\n  2 built, 3 s\\n'\n"
        self.assertEqual(0, self.run_text(steps + "  read  a  6 rows  1 s\n  read  b  5 rows  1 s\n  2 built, 1 s\n"))
        self.assertEqual(1, self.run_text(steps + "  read  a  5 rows  1 s\n  read  b  5 rows  1 s\n  2 built, 1 s\n"))

    def test_markdown(self):
        text = "# T\n```yaml a.yaml\nx: 1\n```\nand\n```yaml >> a.yaml\ny: 2\n```\n```console\n$ cat a.yaml\nx: 1\n%s\n```\n```\n$ not run\n```\n"
        self.assertEqual(0, self.run_text(text % "y: 2", name="page.md"))
        self.assertEqual(1, self.run_text(text % "y: 3", name="page.md"))
        self.assertEqual(0, self.run_text(text % "y: 3", accept=True, name="page.md"))
        self.assertEqual(text % "y: 2", self.path.read_text())


if __name__ == "__main__":
    unittest.main()
