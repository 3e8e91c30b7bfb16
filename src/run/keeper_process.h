// The keeper's side of program_keeper.h, and what the two say to each other.
//
//   worker -> keeper   one packet for each program: file and words, each ended by a zero byte, and with it three open
//                      files: standard input, standard output, and a pipe for the answer
//   keeper -> worker   a packet when it is ready (empty, or what refused it); on the pipe, when a program has ended,
//                      a KeeperReply: a head of fixed size and the end of what it wrote to standard error
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "engines/engine.h"
#include "steps/programs.h"

namespace filrouge {

struct KeeperReply {
  int reason = 0;      ///< errno where it could not be started
  int status = 0;      ///< as waitpid gives it
  int64_t cpu_us = 0;  ///< of it and of its children that it waited for
  std::string said;    ///< at most 3 kB
};

/// False where the keeper is gone or refuses (errno).
bool send_command(int socket, const ProgramCall& call, int input, int output, int reply);
/// Nothing where the keeper went without an answer.
std::optional<KeeperReply> read_reply(int pipe);
/// Waits for the keeper's first word: empty when it is ready.
std::string hear_ready(int socket);

/// The keeper, until the other end of the socket closes.
[[noreturn]] void be_the_keeper(Descriptor socket, const ProgramRoom& room, const std::filesystem::path& place,
                                const std::vector<std::filesystem::path>& input_files, const Limits& limits);

}  // namespace filrouge
