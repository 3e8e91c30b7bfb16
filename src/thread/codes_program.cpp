// Error codes of the machine, the store, the command line, workers, and of filrouge itself.
#include "thread/code_tables.h"

namespace filrouge {

namespace {

constexpr ErrorCode kRows[] = {
    {"FR0501", "cannot read",
     R"(The system refused to read a file or folder; the message has its reason: it is not there, you may not, or the disk fails.)",
     R"(- read: flights
  from: data/fligths.csv)",
     R"(- read: flights
  from: data/flights.csv)"},

    {"FR0502", "cannot write",
     R"(The system refused to write; the message has its reason: the disk is full, the folder belongs to somebody else, or is
mounted for reading only. `filrouge gc` frees versions that nothing needs; `--store DIR` puts the store elsewhere.)",
     R"(filrouge run --store /)", R"(filrouge run --store /var/tmp/flights)"},

    {"FR0503", "cannot make durable",
     R"(The system could not promise that written data survives a power loss (fsync failed). The disk or the network drive is
failing or full. Nothing half-written was entered into the store. Mend the disk, then run again.)",
     R"(filrouge run --store /mnt/failing)", R"(filrouge run --store /mnt/sound)"},

    {"FR0510", "store is locked",
     R"(Another filrouge runs on the same store. Two runs are never mixed: this one waits, or gives up with `--no-wait`. The message
names the other process.)",
     R"(filrouge run --no-wait     # while another run goes on)", R"(filrouge run               # waits for it)"},

    {"FR0511", "store made by a newer program",
     R"(The store was written by a newer filrouge whose format this one does not know. Use that version, or another store. The tables
in it are Parquet, which every program reads.)",
     R"(filrouge 0.1 run            # store of 0.2)", R"(filrouge 0.2 run)"},

    {"FR0512", "catalog damaged",
     R"(The catalog of the store (catalog.db) is not what filrouge wrote. It is only a cache: each version's folder carries its own
receipt, each run its record, and `filrouge verify --rebuild` makes the catalog anew from them. The damaged file is kept as
catalog.db.old.)",
     R"(filrouge run                # catalog.db was overwritten)", R"(filrouge verify --rebuild
filrouge run)"},

    {"FR0513", "store cannot be used",
     R"(The operating system refused something that the store needs: the disk is full, the folder may not be written, or its file
system has no locks. The message names the file and the system's reason. What was there before is as it was.)",
     R"(filrouge run --store /mnt/readonly/store)", R"(filrouge run --store ~/stores/flights)"},

    {"FR0514", "not a receipt",
     R"(A receipt.json in the store is not what filrouge wrote, so nothing is known of the version beside it. `filrouge verify` lists
all such places; with `--repair` the damaged versions are removed and the next run builds them anew.)",
     R"(filrouge show flights       # its receipt.json was edited)", R"(filrouge verify --repair
filrouge run)"},

    {"FR0515", "no ordinary file",
     R"(A step left a link, a pipe or a device among its output. The store keeps only files and folders: a link would point to what may
change or vanish later, and a version never changes.)",
     R"(ln -s /data/big.parquet "$OUTPUT/data.parquet")", R"(cp /data/big.parquet "$OUTPUT/data.parquet")"},

    {"FR0516", "version that has changed",
     R"(A version is written once and never changed, but its files no longer are what its receipt says: a broken disk, or a program that
wrote into the store. Nothing reads it any more. `filrouge verify` names the file and the steps that it feeds, `filrouge run --repair`
removes the version and builds it again.)",
     R"(filrouge show flights       # a bit of its Parquet file flipped)", R"(filrouge run --repair)"},

    {"FR0520", "the engine does not start",
     R"(DuckDB could not be started; the message has its reason, mostly memory or the folder for temporary files.)",
     R"(filrouge run --memory 1MB)", R"(filrouge run --memory 1GB)"},

    {"FR0521", "worker cannot be started",
     R"(The system refused a new process; the message has its reason: too many processes, or no memory.)",
     R"(ulimit -u 1; filrouge run)", R"(filrouge run --jobs 1)"},

    {"FR0522", "out of memory",
     R"(filrouge itself (not a step) found no memory. Close other programs, or lower `--memory` and `--jobs`.)",
     R"(filrouge run --jobs 64)", R"(filrouge run --jobs 2)"},

    {"FR0523", "worker cannot be confined",
     R"(The kernel has Landlock or seccomp, which keep a worker from all that its step does not name, but refused to use them. `filrouge
doctor` says what it found. With the environment variable FILROUGE_SANDBOX=off workers run unconfined.)",
     R"(filrouge run               # in a container that forbids seccomp)", R"(FILROUGE_SANDBOX=off filrouge run)"},

    {"FR0530", "HDFS does not answer",
     R"(The store lies on HDFS, and the NameNode or the DataNode that it named did not answer, or cannot do now what was asked; the message
has its reason. What may be asked twice was asked four times. The address is that of the NameNode's web interface, port 9870 by default
(dfs.namenode.http-address). What is in the store is whole, and the next run goes on where this one was.)",
     R"(filrouge run --store webhdfs://namenode:9000/data/late     # the port of hdfs://)",
     R"(filrouge run --store webhdfs://namenode:9870/data/late)"},

    {"FR0531", "HDFS refuses the user",
     R"(HDFS knows who asks by the name in the address (webhdfs://USER@HOST:PORT/PATH, else the user of this process) or, with Kerberos, by a
delegation token in the environment variable FILROUGE_HDFS_TOKEN (`hdfs fetchdt` gets one). That user may not do what was asked, or the
token is expired.)",
     R"(filrouge run --store webhdfs://namenode:9870/data/of_others)",
     R"(filrouge run --store webhdfs://anna@namenode:9870/user/anna/late)"},

    {"FR0532", "quota of HDFS is full",
     R"(The folder on HDFS has a quota of names or of bytes, and it is used up. `filrouge gc` removes versions that no recent run used.)",
     R"(filrouge run --store webhdfs://namenode:9870/data/small)",
     R"(filrouge gc --store webhdfs://namenode:9870/data/small --keep 1)"},

    {"FR0533", "transfer that was damaged",
     R"(A file that was sent to HDFS, or came from there, arrived with other bytes or another length, also the second time. Nothing of it was
entered into the store. A network device or a DataNode is failing.)",
     R"(filrouge run --store webhdfs://namenode:9870/data/late     # through a proxy that changes bytes)",
     R"(no_proxy=namenode,.datanodes filrouge run --store webhdfs://namenode:9870/data/late)"},

    {"FR0534", "lock on HDFS was lost",
     R"(A store on HDFS is locked by a file that its holder renews every 20 seconds. This machine could not, for so long that another may
have taken the lock over (two minutes): it slept, or did not reach the NameNode. So it writes nothing more. What is in the store is
whole; the next run goes on where this one was.)",
     R"(filrouge run --store webhdfs://namenode:9870/data/late     # the laptop sleeps meanwhile)",
     R"(filrouge run --store webhdfs://namenode:9870/data/late     # again)"},

    {"FR0601", "unknown command", R"(`filrouge help` lists the commands.)", R"(filrouge rnu)", R"(filrouge run)"},

    {"FR0602", "unknown option", R"(The command has no such option. `filrouge help COMMAND` lists them.)",
     R"(filrouge run --memroy 4GB)", R"(filrouge run --memory 4GB)"},

    {"FR0603", "missing or too many arguments",
     R"(The command takes another number of arguments. A text with blanks, such as a query, is one argument when it stands in quotes.)",
     R"(filrouge ask SELECT 1)", R"(filrouge ask "SELECT 1")"},

    {"FR0604", "bad value of an option",
     R"(The option takes another kind of value: a size (4GB), a duration (10s), a whole number, NAME=VALUE.)",
     R"(filrouge run --memory lots)", R"(filrouge run --memory 4GB)"},

    {"FR0605", "no thread.yaml found",
     R"(Neither this folder nor one above it has a thread.yaml. Go to the folder of the thread, name the file with `--file`, or begin
one with `filrouge new`.)",
     R"(cd / && filrouge run)", R"(cd ~/flights && filrouge run)"},

    {"FR0606", "no such step or table",
     R"(The thread has no step or table of this name. `filrouge plan` lists the steps.)", R"(filrouge show depatures)",
     R"(filrouge show departures)"},

    {"FR0607", "no such column",
     R"(The table has no column of this name, or its columns are not known because its step has a problem: `filrouge plan` tells.)",
     R"(filrouge trace departures.plane_aeg)", R"(filrouge trace departures.plane_age)"},

    {"FR0608", "not built yet", R"(There is no version of the table to show: its step never ran.)",
     R"(filrouge show departures)", R"(filrouge run +departures && filrouge show departures)"},

    {"FR0609", "folder that cannot be begun",
     R"(`filrouge new` makes a folder and overwrites nothing: the name must be free.)", R"(filrouge new /tmp)",
     R"(filrouge new flights)"},

    {"FR0610", "no such example", R"(The message lists the examples that `filrouge new` can begin from.)",
     R"(filrouge new late --example fligths)", R"(filrouge new late --example flights)"},

    {"FR0611", "no such error code",
     R"(A code is FR and four digits, as shown in brackets behind `error`. Without a code all are listed.)",
     R"(filrouge explain-error FR9999)", R"(filrouge explain-error FR0203)"},

    {"FR0612", "no such version or run",
     R"(`diff` compares two versions of a table, or two runs, and the store has none of that name. `filrouge history` lists them.)",
     R"(filrouge diff 3 99)", R"(filrouge history && filrouge diff 3 4)"},

    {"FR0613", "key that does not name a row",
     R"(To compare two versions row by row, the columns of the key must be unique in both. Add a column to the key.)",
     R"(filrouge diff flights@3fa9 flights --key carrier)", R"(filrouge diff flights --key carrier,flight,time_hour)"},

    {"FR0614", "data of an example",
     R"(Some examples need data that filrouge may not pass on. The message says which files and where to get them; `--data` names the folder or
zip file that has them. They are checked by their SHA-256, since another edition would give other figures.)",
     R"(filrouge new engines --example turbofan)", R"(filrouge new engines --example turbofan --data ~/CMAPSSData)"},

    {"FR0701", "worker died",
     R"(The process that did the work of a step ended without an answer: it was killed, ran out of memory, or crashed. The store is
untouched, the other steps went on. Run again, with more `--memory` or fewer `--jobs` where memory was short.)",
     R"(filrouge run --jobs 16 --memory 60GB     # on a machine with 16 GB)", R"(filrouge run --jobs 2)"},

    {"FR0702", "step over its time limit",
     R"(The step took longer than `--step-timeout` and was stopped. Nothing of it was kept.)",
     R"(filrouge run --step-timeout 1s)", R"(filrouge run --step-timeout 10m)"},

    {"FR0703", "interrupted",
     R"(The run was stopped by Ctrl-C or a signal. What was finished is in the store, the rest was dropped; the next run goes on from
there.)",
     R"(filrouge run               # Ctrl-C)", R"(filrouge run               # again)"},

    {"FR0704", "result that is not the same again",
     R"(`run --again` built a step a second time and got another result. Something in it depends on luck or on the clock: random(),
now(), a program that writes in another order. Until that is mended, the step cannot be trusted to be up to date.)",
     R"(SELECT *, random() AS r FROM flights)", R"(SELECT *, hash(flight) AS r FROM flights)"},

    {"FR0900", "error inside filrouge",
     R"(A bug of the program, not of your thread: it found itself in a state that its authors held to be impossible. Please report
the message, with the version (`filrouge --version`) and the thread if you can. There is no example.)",
     R"()", R"()"},

    {"FR0901", "not JSON",
     R"(A text that must be JSON is not: what a worker answered, a receipt of the store, or a file of the thread. The message names
it. Files that filrouge writes are not for editing.)",
     R"({"rows": 3,})", R"({"rows": 3})"},
};

}  // namespace

std::span<const ErrorCode> program_codes() {
  return kRows;
}

}  // namespace filrouge
