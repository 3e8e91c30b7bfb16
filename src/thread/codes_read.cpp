// Error codes of the read verb: files that are not there, damaged, or of another shape than said.
#include "thread/code_tables.h"

namespace filrouge {

namespace {

constexpr ErrorCode kRows[] = {
    {"FR0301", "no such file",
     R"(Nothing matches `from:`. Paths are relative to the thread's folder; `*`, `?` and `[..]` match within a folder, `**` matches
folders at any depth; a member of a zip file is named behind it: data/flights.zip/flights.csv.)",
     R"(- read: planes
  from: data/plane.csv)",
     R"(- read: planes
  from: data/planes.csv)"},

    {"FR0302", "`columns:` names a column that the file lacks",
     R"(What `columns:` says must be about a column that is there; letter case does not count. In a file without a header the columns
are called column1, column2 and so on.)",
     R"(columns: {tail_num: {about: what is painted on the tail}})",
     R"(columns: {tailnum: {about: what is painted on the tail}})"},

    {"FR0303", "no such type",
     R"(Types are DuckDB's: BIGINT, DOUBLE, DECIMAL(18,2), VARCHAR, BOOLEAN, DATE, TIME, TIMESTAMP, TIMESTAMPTZ, INTERVAL, UUID, and
lists and structs of them.)",
     R"(columns: {seats: {type: NUMBER}})", R"(columns: {seats: {type: BIGINT}})"},

    {"FR0304", "not a regular file",
     R"(Only regular files are read. A pipe, a socket or a device has no content that stays the same, so that a result could not be
reused, and reading one may never end.)",
     R"(from: /dev/stdin)", R"(from: data/planes.csv)"},

    {"FR0305", "too large when unpacked",
     R"(A packed file would fill the disk, or unpacks to over 1,000 times its size and over 1 GB: that is how a decompression bomb
looks. Unpack it yourself if it is what you expect, and read the unpacked file.)",
     R"(from: data/zeros.csv.gz)", R"(from: data/zeros.csv)"},

    {"FR0306", "a bad row, and `on_bad_row: stop`",
     R"(The message names file, line and reason of the first row that does not fit. Mend the file, or leave `on_bad_row` at `reject`:
the row then goes to NAME.rejects and the others are kept.)",
     R"(on_bad_row: stop)", R"(on_bad_row: reject)"},

    {"FR0307", "an empty file",
     R"(The file has not one record and no header, so that nothing is known of its columns. A CSV file with a header and no row is
fine: a table without rows.)",
     R"(from: data/empty.csv      # 0 bytes)", R"(from: data/header_only.csv)"},

    {"FR0308", "a damaged Parquet file",
     R"(The file is not Parquet, or it was cut off or changed after it was written; the message gives the reason. Fetch or write it
anew. A file that another program is still writing looks like this too.)",
     R"(from: data/half_written.parquet)", R"(from: data/whole.parquet)"},

    {"FR0309", "files that do not belong together",
     R"(The files of one step must have one format, and those of a partitioned folder the same key=value parts. Narrow the pattern, or
read them in two steps.)",
     R"(from: [data/planes.csv, data/flights.parquet])", R"(from: [data/planes_1.csv, data/planes_2.csv])"},

    {"FR0317", "unknown encoding",
     R"(The encoding must be one that iconv knows, for example utf-8, latin-1, windows-1252, utf-16, shift_jis, gb18030, koi8-r.)",
     R"(encoding: windows)", R"(encoding: windows-1252)"},

    {"FR0318", "not valid JSON",
     R"(A JSON document must be one value: an array of objects, or one object. The message says where it stops being JSON. One object
a line is `format: ndjson`; there, a bad line is rejected and the others are kept.)",
     R"([{"a": 1}, {"a": }])", R"([{"a": 1}, {"a": 2}])"},

    {"FR0319", "a damaged packed file",
     R"(A .gz, .zst or .zip file cannot be unpacked: it was cut off, changed, or packed in a way that is not known (of .zip, deflate
and stored are). Fetch it anew; `gzip -t FILE`, `zstd -t FILE` or `unzip -t FILE` check it.)",
     R"(from: data/cut_off.csv.gz)", R"(from: data/whole.csv.gz)"},

    {"FR0320", "an encrypted zip file", R"(Members of a zip file that need a password are not read. Unpack it first.)",
     R"(from: data/secret.zip)", R"(from: data/secret/flights.csv)"},

    {"FR0321", "the count of rows is wrong",
     R"(The rows that DuckDB read are not as many as the records that filrouge counted, in a way that it could not mend. Nothing was
written. This is a mistake of filrouge: please report it with the file, or the part that shows it.)",
     R"(# a file that two readers understand differently)", R"(# the same file, written anew by another program)"},

    {"FR0322", "a value that does not have its column's type",
     R"(In JSON and Parquet a type from `columns:` must hold for every value (in CSV, the rows where it does not are rejected). Leave
the type away and cast in a `sql` step, with TRY_CAST where some values may not fit.)",
     R"(columns: {seats: {type: BIGINT}}   # "four" in the file)",
     R"(SELECT TRY_CAST(seats AS BIGINT) AS seats FROM planes)"},

    {"FR0323", "a column has different types in different files",
     R"(Parquet files of one step must agree in the type of each column that they share. Read them in two steps, and join them in a
`sql` step that casts.)",
     R"(from: [old.parquet, new.parquet])", R"(SELECT id::BIGINT AS id FROM old UNION ALL BY NAME SELECT id FROM new)"},

    {"FR0324", "unknown key of a column",
     R"(Of a column one may say: type, about, time, entity, subject, purpose, keep.)",
     R"(columns: {id: {tpye: BIGINT}})", R"(columns: {id: {type: BIGINT}})"},

    {"FR0325", "not one character",
     R"(`delimiter`, `quote`, `escape` and `decimal` are one character (of ASCII); a tab is written `tab`. `quote: ""` means that quotes
have no meaning.)",
     R"(delimiter: "||")", R"(delimiter: "|")"},

    {"FR0326", "a file cannot be fetched",
     R"(The server refuses the file, or cannot be reached and there is no copy from an earlier run. Where there is one, it is used and
a warning (FR0328) says so. `${secret:NAME}` in a URL stands for a password or token; http_proxy and https_proxy are obeyed.)",
     R"(from: https://data.example.org/fligths.csv)", R"(from: https://data.example.org/flights.csv)"},

    {"FR0327", "a download does not fit",
     R"(The file is larger than the free space of the disk with the store, or than 100 GB. Free some space, or put the store elsewhere
with `--store`.)",
     R"(filrouge run)", R"(filrouge run --store /mnt/large/store)"},

    {"FR0328", "an earlier copy is used",
     R"(A warning: the server could not be reached or failed, so that the file fetched by an earlier run is used. The run goes on.)",
     R"(from: https://data.example.org/flights.csv   # the server is down)",
     R"(from: https://data.example.org/flights.csv   # the server is back)"},

    {"FR0329", "libcurl is missing",
     R"(Files are fetched with libcurl, which is opened when the first URL is read. On Debian and Ubuntu it is the package libcurl4.)",
     R"(from: https://data.example.org/flights.csv   # libcurl is not installed)",
     R"(# sudo apt install libcurl4, then again)"},
};

}  // namespace

std::span<const ErrorCode> read_codes() {
  return kRows;
}

}  // namespace filrouge
