"""Reads CSV as spreadsheets' importers do; says in JSON what cells it found. Ends with 1 if one is a formula."""

import csv
import json
import sys

STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")

csv.field_size_limit(1 << 30)
rows = list(csv.reader(open(sys.argv[1], encoding="utf-8", newline="")))
formulas = [cell[:60] for row in rows for cell in row if cell.startswith(STARTS)]
if formulas:
    sys.exit(f"{len(formulas)} formulas: {formulas[:5]!r}")
json.dump(rows, sys.stdout)
