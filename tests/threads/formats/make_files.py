"""Files that cannot stand in a repository as text: packed, encrypted, in other encodings."""
import gzip
import zipfile

with open("data/latin.csv", "wb") as file:
    file.write("# Läden\nname;opened;turnover\n'Café';31.12.2013;1,5\n'Bar \\'Zoë\\'';01.02.2014;-\n".encode("latin-1"))
with open("data/plain.tsv.gz", "wb") as file:
    file.write(gzip.compress(b"id\tname\n1\tAda\n2\tBo\n", mtime=0))
with zipfile.ZipFile("data/pair.zip", "w") as archive:
    archive.writestr("a.csv", "id\n1\n")
    archive.writestr("b.csv", "id\n2\n")
with zipfile.ZipFile("locked.zip", "w") as archive:
    archive.writestr("a.csv", "id\n1\n")
locked = bytearray(open("locked.zip", "rb").read())
locked[6] |= 1  # general purpose flag, bit 0: encrypted
locked[locked.index(b"PK\x01\x02") + 8] |= 1
open("locked.zip", "wb").write(locked)
open("cut.csv.gz", "wb").write(open("data/plain.tsv.gz", "rb").read()[:-12])
