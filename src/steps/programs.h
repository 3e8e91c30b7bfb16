// Programs of the user's, as a verb sees them. Who starts them, and what they may touch: run/program_keeper.h.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/descriptor.h"
#include "base/json.h"

namespace filrouge {

/// What the programs of a step may have; part of Binding::work, under "programs".
struct ProgramRoom {
  std::filesystem::path folder;               ///< of the thread: where they are started
  std::vector<std::filesystem::path> read;    ///< in it: themselves and their files; nothing else of it can be read
  std::vector<std::filesystem::path> hidden;  ///< what nobody shall read: the user's secrets
  bool network = false;
};
Json to_json(const ProgramRoom& room);
ProgramRoom program_room_from_json(const Json& json);

/// A command: the file to run, and its words as the user wrote them.
struct ProgramCall {
  std::string file;                ///< absolute, or relative to ProgramRoom::folder
  std::vector<std::string> words;  ///< the first one is the name under which it is started
  std::string shown() const { return words.front(); }
};
Json to_json(const ProgramCall& call);
ProgramCall program_call_from_json(const Json& json);

/// A program that was started. From one thread at a time. Dropping it does not end it.
class StartedProgram {
 public:
  virtual ~StartedProgram() = default;
  /// Waits for its end. Throws Error(data, FR0441) where it could not be started, FR0442 where it ended with another
  /// exit code than 0 or by a signal, with the last lines that it wrote to standard error. What it left running in its
  /// process group is killed.
  virtual void wait() = 0;
  /// Readable when it has ended: for poll().
  virtual int ended() const = 0;
};

/// Starts programs for one request. start() may be called from several threads.
class Programs {
 public:
  virtual ~Programs() = default;
  /// A folder that the programs may write to, on the store's disk. In it: `in`, their FILROUGE_INPUT, and `tmp`, their
  /// TMPDIR. The step's work removes it.
  virtual const std::filesystem::path& folder() const = 0;
  /// Standard input and output are duplicates of the two; standard error is kept for wait().
  virtual std::unique_ptr<StartedProgram> start(const ProgramCall& call, const Descriptor& input,
                                                const Descriptor& output) = 0;
  /// Kills whatever still runs and waits until it is gone. Nothing can be started afterwards.
  virtual void end() = 0;
  /// Of all that have ended.
  virtual double cpu_seconds() const = 0;
};

}  // namespace filrouge
