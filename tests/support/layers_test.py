"""tools/layers.py, tried on a small tree that keeps every promise, and on one breach of each."""
import contextlib
import io
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
import layers

PAGE = "| `src/base/` | text | - |\n| `src/tables/` | schema | base |\n| `src/steps/` | verbs | base, tables, thread, engines, sources, charts, models |\n"


class LayersTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        for name, value in (("ROOT", self.root), ("SRC", self.root / "src"), ("breaches", [])):
            self.addCleanup(setattr, layers, name, getattr(layers, name))
            setattr(layers, name, value)
        self.write("ARCHITECTURE.md", PAGE)
        self.write("src/base/text.h", "#include <string>\n#include <fcntl.h>\n")
        self.write("src/tables/schema.cpp", '#include "base/text.h"\n#include "tables/schema.h"\n')
        self.write("src/tables/schema.h", "")
        self.write("src/steps/read.h", '#include "tables/schema.h"\n')
        self.write("src/steps/sql.cpp", "")

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def said(self):
        layers.breaches.clear()
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            code = layers.main()
        self.assertEqual(code, 1 if layers.breaches else 0)
        return out.getvalue()

    def test_a_clean_tree(self):
        self.assertEqual("layers: as promised\n", self.said())

    def test_breaches(self):
        cases = [
            ("src/base/text.cpp", '#include "tables/schema.h"\n', "src/base/text.cpp:1: base may not include tables"),
            ("src/steps/sql.cpp", '#include "steps/read.h"\n', "src/steps/sql.cpp:1: the verb sql may not include the verb read"),
            ("src/tables/a.cpp", "#include <duckdb.h>\n", "<duckdb.h> belongs into"),
            ("src/tables/a.cpp", "#include <boost/any.hpp>\n", "is not in the table of third-party headers"),
            ("src/extra/a.cpp", "", "does not tell of `src/extra/`"),
            ("ARCHITECTURE.md", PAGE + "`src/base/gone.cpp`\n", "names src/base/gone.cpp, which is not there"),
            ("ARCHITECTURE.md", PAGE.replace("schema | base", "schema | -"), "says that tables may include"),
            ("tools/a.sh", "a\n# TO" + "DO later\n", "tools/a.sh:2: unfinished"),
            ("tools/a.sh", "cd /ho" + "me/ann/x\n", "a path of somebody's machine"),
            ("tools/a.sh", "get https" + "://registry.somewhere.net/x\n", "names the host registry.somewhere.net"),
            ("src/tables/a.cpp", "\n" * 500, "500 lines; under 500 is the rule"),
        ]
        for name, text, expected in cases:
            with self.subTest(expected):
                path = self.root / name
                before = path.read_text() if path.exists() else None
                self.write(name, text)
                self.assertIn(expected, self.said())
                path.unlink() if before is None else path.write_text(before)
                if before is None and not any(path.parent.iterdir()):
                    path.parent.rmdir()
        self.assertEqual("layers: as promised\n", self.said())

    def test_a_circle(self):
        self.write("src/base/text.cpp", '#include "tables/schema.h"\n')
        self.assertIn("the folders include each other in a circle", self.said())


if __name__ == "__main__":
    unittest.main()
