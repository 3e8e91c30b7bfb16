#include "steps/run_lines.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>

#include <cerrno>

#include "base/error.h"
#include "base/files.h"

namespace filrouge {
namespace {

constexpr size_t kBlock = 1 << 20;

}  // namespace

Pipe::Pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0)
    throw Error(ErrorKind::environment, "FR0521", fmt::format("cannot make a pipe: {}", ::strerror(errno)));
  read_end = Descriptor(ends[0]), write_end = Descriptor(ends[1]);
  ::fcntl(ends[0], F_SETPIPE_SZ, static_cast<int>(kBlock));
}

void read_lines(const Descriptor& output, const StartedProgram& program,
                const std::function<void(std::string_view)>& take) {
  std::string buffer(kBlock, '\0');
  size_t end = 0;
  while (true) {
    pollfd places[] = {{output.number(), POLLIN, 0}, {program.ended(), POLLIN, 0}};
    if (::poll(places, 2, -1) < 0) continue;
    if (!places[0].revents) break;
    if (end == buffer.size()) buffer.resize(2 * buffer.size());
    ssize_t got = ::read(output.number(), buffer.data() + end, buffer.size() - end);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    size_t begin = 0, searched = end;
    end += static_cast<size_t>(got);
    while (const void* feed = memchr(buffer.data() + searched, '\n', end - searched)) {
      size_t at = static_cast<size_t>(static_cast<const char*>(feed) - buffer.data());
      take({buffer.data() + begin, at - begin});
      begin = searched = at + 1;
    }
    memmove(buffer.data(), buffer.data() + begin, end - begin);
    end -= begin;
  }
  if (end > 0) take({buffer.data(), end});
}

LineFeed::LineFeed(Descriptor input, const StartedProgram& program) : input_(std::move(input)), program_(program) {
  ::fcntl(input_.number(), F_SETFL, O_NONBLOCK);
  buffer_.reserve(kBlock);
}

void LineFeed::add(std::string_view line, bool with_tab) {
  buffer_ += line;
  if (with_tab) buffer_ += '\t';
  buffer_ += '\n';
  if (buffer_.size() >= kBlock / 4) flush();
}

void LineFeed::flush() {
  for (size_t done = 0; done < buffer_.size() && input_.is_open();) {
    ssize_t wrote = ::write(input_.number(), buffer_.data() + done, buffer_.size() - done);
    if (wrote >= 0) {
      done += static_cast<size_t>(wrote);
      continue;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN) input_.close();  // EPIPE: it reads no more
    pollfd places[] = {{input_.number(), POLLOUT, 0}, {program_.ended(), POLLIN, 0}};
    if (input_.is_open() && ::poll(places, 2, -1) > 0 && places[1].revents) input_.close();
  }
  buffer_.clear();
}

void LineFeed::finish() {
  flush();
  input_.close();
}

void concatenate(const std::vector<fs::path>& parts, const fs::path& whole) {
  if (parts.size() == 1) return rename_path(parts[0], whole);
  std::ofstream out(whole, std::ios::binary);
  for (const fs::path& part : parts) {
    char last = '\n';
    read_in_blocks(part, [&](std::string_view block) {
      out.write(block.data(), static_cast<std::streamsize>(block.size()));
      if (!block.empty()) last = block.back();
    });
    if (last != '\n') out.put('\n');
    fs::remove(part);
  }
  out.close();
  if (!out) throw Error(ErrorKind::environment, "FR0502", fmt::format("{}: cannot be written", whole.string()));
}

}  // namespace filrouge
