// doctor: is this machine, and the place of the store, fit for what filrouge does? Each line is found out by trying.
#include <unistd.h>

#include <iostream>

#include "base/curl.h"
#include "base/error.h"
#include "base/machine.h"
#include "base/text.h"
#include "base/version.h"
#include "charts/vega.h"
#include "commands/commands.h"
#include "commands/doctor.h"
#include "commands/text_table.h"
#include "commands/workspace.h"
#include "models/lightgbm.h"
#include "run/sandbox.h"

namespace filrouge {
namespace {

using State = CheckState;
constexpr const char* kStates[] = {"ok", "warn", "bad"};
constexpr int kEnvironment = 5;

constexpr uint64_t kLittleDisk = 2'000'000'000, kNoDisk = 100'000'000;
constexpr double kClockSeconds = 2;        // beyond that a changed file may pass for an old one
constexpr int64_t kEarliest = 1735689600;  // 2025-01-01: before that a clock was never set

/// Memory and processors, as the options say or the machine has them.
struct Room {
  uint64_t memory_bytes;
  int jobs;
};

Check check_program(const Room&) {
  return {"program", fmt::format("filrouge {}, {}", kVersion, engine_version())};
}

Check check_kernel(const Room&) {
  return {"kernel", kernel_name()};
}

Check check_confinement(const Room&) {
  SandboxFacts facts = sandbox_facts();
  Check check{"sandbox", ""};
  check.found =
      fmt::format("{}, {}", facts.landlock_abi > 0 ? fmt::format("Landlock {}", facts.landlock_abi) : "no Landlock",
                  facts.seccomp ? "seccomp" : "no seccomp");
  if (facts.switched_off) {
    check.found += ", switched off by FILROUGE_SANDBOX";
    check.mend = "unset FILROUGE_SANDBOX: workers then reach only what their step names";
  } else if (facts.landlock_abi == 0) {
    check.mend =
        "workers can read and write what you can: take a kernel from 5.13 on, with `landlock` among the LSMs it starts";
  } else if (!facts.seccomp) {
    check.mend = "workers can reach the network: take a kernel with CONFIG_SECCOMP_FILTER";
  }
  if (!check.mend.empty()) check.state = State::warn;
  return check;
}

Check check_processors(const Room& room) {
  Check check{"processors", fmt::format("{}, --jobs {}", processors(), room.jobs)};
  std::optional<double> quota = processor_quota();
  if (quota) check.found += fmt::format(", of their time {:.1f}", *quota);
  double most = std::min(static_cast<double>(processors()), quota.value_or(1e9));
  if (room.jobs <= std::ceil(most)) return check;
  check.state = State::warn;
  check.mend = fmt::format("more steps at once than processors: --jobs {}", static_cast<int>(std::ceil(most)));
  return check;
}

Check check_memory(const Room& room) {
  uint64_t machine = memory_of_machine_bytes(), may = memory_available_bytes(), free = memory_free_bytes();
  Check check{"memory", fmt::format("{} free of {}", human_bytes(free), human_bytes(machine))};
  if (may < machine) check.found += fmt::format(", at most {} by control group", human_bytes(may));
  std::optional<uint64_t> limit = memory_rlimit_bytes();
  if (limit) check.found += fmt::format(", at most {} by ulimit", human_bytes(*limit));
  check.found += fmt::format(", --memory {}", human_bytes(room.memory_bytes));
  uint64_t most = std::min({may, free, limit.value_or(UINT64_MAX)});
  if (room.memory_bytes <= most) return check;
  check.state = State::warn;
  check.mend = fmt::format("a run may need more than there is: --memory {}MB", most * 8 / 10 / 1'000'000);
  return check;
}

/// The folder itself, or the nearest one above it that is there.
fs::path existing(fs::path folder) {
  std::error_code ignored;
  while (!fs::is_directory(folder, ignored) && folder.has_relative_path()) folder = folder.parent_path();
  return folder;
}

void judge(Check& check, const Disk& disk) {
  if (!disk.refused.empty()) {
    check.state = State::bad;
    check.found += "; refused: " + join(disk.refused, ", ");
    check.mend = "put the store on a disk of your own with --store DIR";
  } else if (disk.free_bytes < kLittleDisk) {
    check.state = disk.free_bytes < kNoDisk ? State::bad : State::warn;
    check.mend = "free some space; `filrouge gc` removes versions that nothing needs";
  } else if (std::abs(disk.clock_ahead_seconds) > kClockSeconds) {
    check.state = State::warn;
    check.found += fmt::format("; its clock is {:.0f} s {}", std::abs(disk.clock_ahead_seconds),
                               disk.clock_ahead_seconds > 0 ? "ahead" : "behind");
    check.mend = "set the clocks of this machine and of the file server (NTP)";
  } else if (disk.over_network) {
    check.state = State::warn;
    check.mend = "a disk of this machine is safer: locks and fsync hold as far as the server keeps them";
  }
}

Check check_store(const fs::path& store) {
  fs::path folder = existing(store);
  Disk disk = try_disk(folder);
  Check check{"store", fmt::format("{}{} on {}, {} free", store.string(), folder == store ? "" : " (not there yet)",
                                   disk.file_system, human_bytes(disk.free_bytes))};
  judge(check, disk);
  return check;
}

/// What is missing, in the words of the error that a step would fail with.
Check missing(const std::string& what, const Error& error, State state) {
  return {what, error.message, state, error.hint};
}

Check check_hdfs(const StorePlace& place) {
  try {
    return {"hdfs", place.remote + (Store::exists(place) ? " is there" : " answers; the store is not there yet")};
  } catch (const Error& error) {
    return missing("hdfs", error, State::bad);
  }
}

Check check_scratch(const Room&) {
  fs::path folder = fs::temp_directory_path();
  Disk disk = try_disk(folder);
  Check check{"scratch",
              fmt::format("{} on {}, {} free", folder.string(), disk.file_system, human_bytes(disk.free_bytes))};
  judge(check, disk);
  if (check.state != State::ok) {
    check.mend = "set TMPDIR to a folder on a disk with room: what does not fit into memory goes there";
  } else if (disk.file_system == "tmpfs") {
    check.state = State::warn;
    check.mend = "it lies in memory: set TMPDIR to a folder on a disk, for what does not fit into memory";
  }
  return check;
}

std::string variable(std::initializer_list<const char*> names, const std::string& otherwise) {
  for (const char* name : names)
    if (const char* value = std::getenv(name); value && *value) return value;
  return otherwise;
}

Check check_clock(const Room&) {
  auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  tm utc{};
  ::gmtime_r(&now, &utc);
  std::string locale = variable({"LC_ALL", "LC_CTYPE", "LANG"}, "C");
  Check check{"clock", fmt::format("{:04}-{:02}-{:02} {:02}:{:02} UTC, time zone {}, locale {}", utc.tm_year + 1900,
                                   utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min,
                                   variable({"TZ"}, "of the machine"), locale)};
  std::string plain = lower(locale);
  if (now < kEarliest) {
    check.state = State::bad;
    check.mend = "set the clock: history and remembered files go by it";
  } else if (plain != "c" && plain != "posix" && plain.find("utf") == std::string::npos) {
    check.state = State::warn;
    check.mend = "tables are printed in UTF-8: export LC_ALL=C.UTF-8";
  }
  return check;
}

Check check_libcurl(const Room&) {
  try {
    return {"libcurl", curl_version()};
  } catch (const Error& error) {
    return missing("libcurl", error, State::warn);
  }
}

Check check_lightgbm(const Room&) {
  try {
    lightgbm();
    return {"LightGBM", lightgbm_file().string()};
  } catch (const Error& error) {
    return missing("LightGBM", error, State::warn);
  }
}

/// Draws a picture with and without a letter: where both are the same, there is no font.
Check check_png(const Room&) {
  auto picture = [](const char* text) {
    fs::path file = scratch_folder() / "doctor.png";
    write_png(fmt::format("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"20\" height=\"20\"><text y=\"18\" "
                          "font-family=\"Arial, Helvetica, Liberation Sans, sans-serif\" "
                          "font-size=\"18\">{}</text></svg>",
                          text),
              1, file);
    return read_file(file);
  };
  try {
    if (picture("M") != picture("")) return {"PNG", "librsvg draws, with letters"};
  } catch (const Error& error) {
    return missing("PNG", error, State::warn);
  }
  return {"PNG", "librsvg draws, but finds no font", State::warn,
          "on Debian and Ubuntu: sudo apt install fonts-liberation"};
}

/// A worker that answers, with the engine's built-in extensions.
Check check_worker(const Arguments& arguments) {
  try {
    auto worker = make_query_worker();
    Json query = {{"do", "rows"}, {"sql", "SELECT extension_name FROM duckdb_extensions() WHERE loaded ORDER BY 1"}};
    Json answer = ask_worker(*worker, arguments, query, {});
    std::vector<std::string> names;
    for (const Json& row : answer.at("rows")) names.push_back(row[0]);
    Check check{"worker", "answers; DuckDB has " + join(names, ", ")};
    for (const char* needed : {"icu", "json", "parquet"})
      if (std::find(names.begin(), names.end(), needed) == names.end())
        check.state = State::bad, check.mend = fmt::format("this filrouge was built without {}: take another", needed);
    return check;
  } catch (const Error& error) {
    return missing("worker", error, State::bad);
  }
}

/// Asks a worker for a file that its request does not name.
Check check_walls(const Arguments& arguments) {
  fs::path file = scratch_folder() / "not-for-the-worker";
  write_file(file, "secret");
  Check check{"walls", "a worker cannot read what its step does not name"};
  try {
    auto worker = make_query_worker();
    ask_worker(*worker, arguments, {{"do", "rows"}, {"sql", "SELECT content FROM read_text('" + file.string() + "')"}},
               {});
    check.found = "a worker can read what its step does not name";
    check.state = State::warn;
    check.mend = "see the line `sandbox`";
  } catch (const Error& error) {
    if (error.message.find("ermission denied") == std::string::npos) return missing("walls", error, State::bad);
  }
  return check;
}

std::vector<Check> all_checks(const Arguments& arguments) {
  Room room{memory_option(arguments), jobs_option(arguments)};
  std::vector<Check> checks;
  for (auto check : {check_program, check_kernel, check_confinement, check_processors, check_memory})
    checks.push_back(check(room));
  bool known = arguments.has("--store") || thread_file(arguments);
  const StorePlace place = known ? store_place(arguments) : fs::current_path() / ".filrouge";
  checks.push_back(check_store(place.folder));
  if (!place.remote.empty()) checks.push_back(check_hdfs(place));
  for (auto check : {check_scratch, check_clock, check_libcurl, check_lightgbm, check_png})
    checks.push_back(check(room));
  checks.push_back(check_worker(arguments));
  checks.push_back(check_walls(arguments));
  for (Check& check : check_engine(arguments)) checks.push_back(std::move(check));
  return checks;
}

int doctor(const Arguments& arguments) {
  std::vector<Check> checks = all_checks(arguments);
  size_t count[3] = {};
  for (const Check& check : checks) ++count[static_cast<size_t>(check.state)];
  int code = count[2] > 0 ? kEnvironment : 0;
  if (arguments.json()) {
    Json list = Json::array();
    for (const Check& check : checks)
      list.push_back({{"what", check.what},
                      {"found", check.found},
                      {"state", kStates[static_cast<size_t>(check.state)]},
                      {"mend", check.mend.empty() ? Json(nullptr) : Json(check.mend)}});
    print_json({{"checks", list}, {"ok", count[0]}, {"warn", count[1]}, {"bad", count[2]}});
    return code;
  }
  for (const Check& check : checks) {
    std::cout << fmt::format("  {:<4}  {:<10}  {}\n", kStates[static_cast<size_t>(check.state)], check.what,
                             check.found);
    if (!check.mend.empty()) std::cout << fmt::format("{:20}= {}\n", "", check.mend);
  }
  std::cout << fmt::format("  {} ok, {} to know, {} to mend\n", count[0], count[1], count[2]);
  return code;
}

}  // namespace

Command doctor_command() {
  Command command;
  command.name = "doctor";
  command.usage = "";
  command.about = "checks this machine, and the place of the store, by trying";
  command.details =
      "Each line says what was found and, where it could be better, how to mend it.\n"
      "Exit code 0: steps can run (`warn` lines name what is missing for some of them);\n"
      "5: something is `bad`, and runs will fail. For example:\n"
      "  filrouge doctor\n"
      "  filrouge doctor --store /mnt/data/flights --memory 8GB\n"
      "With --engine NAME that engine is tried too: a driver or a job is started, and workers on\n"
      "its machines read and write where the store is.\n"
      "  filrouge doctor --engine spark";
  command.run = doctor;
  return command;
}

}  // namespace filrouge
