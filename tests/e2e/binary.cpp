#include "tests/e2e/binary.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <fstream>
#include <regex>
#include <sstream>
#include <thread>

namespace evax::e2e {
namespace fs = std::filesystem;
namespace {

using Clock = std::chrono::steady_clock;

void redirect(const std::string& path, int descriptor) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  ::dup2(file, descriptor);
  ::close(file);
}

[[noreturn]] void become(std::vector<std::string> words, std::vector<std::string> environment,
                         const std::string& out, const std::string& err) {
  redirect(out, STDOUT_FILENO);
  redirect(err, STDERR_FILENO);
  for (std::string& variable : environment) ::putenv(variable.data());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  ::execv(argv[0], argv.data());
  ::_exit(127);
}

// Wall time without the pauses in which the whole machine, or this process, does not run.
class RunningTime {
 public:
  double seconds() {
    constexpr double longest = 0.1;  // between two calls; what is longer was a pause
    const auto now = Clock::now();
    total_ += std::min(std::chrono::duration<double>(now - last_).count(), longest);
    last_ = now;
    return total_;
  }

 private:
  Clock::time_point last_ = Clock::now();
  double total_ = 0;
};

std::string without_progress(const std::string& text) {
  static const std::regex progress(".*: [0-9]+ of [0-9]+, [0-9.]+/s.*");
  std::string kept;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size() - 1) + 1;
    const std::string line = text.substr(at, end - at);
    if (!std::regex_match(line.substr(0, line.find('\n')), progress)) kept += line;
    at = end;
  }
  return kept;
}

}  // namespace

std::vector<std::string> Process::out_lines() const {
  std::vector<std::string> lines;
  std::istringstream stream(out);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

Process evax(const std::vector<std::string>& arguments, double limit) {
  return evax(arguments, Launch{.limit = limit});
}

Process evax(const std::vector<std::string>& arguments, const Launch& launch) {
  const Folder scratch;
  std::vector<std::string> words{EVAX_BINARY};
  words.insert(words.end(), arguments.begin(), arguments.end());
  const pid_t child = ::fork();
  if (child == 0) become(words, launch.environment, scratch.file("out"), scratch.file("err"));

  std::atomic<bool> ended{false};
  RunningTime time;
  std::thread watch([&] {
    while (!ended && time.seconds() < launch.limit && !(launch.when && launch.when()))
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    if (!ended) ::kill(child, launch.signal);
    // A process that does not end on the signal it was sent must not hold up the tests.
    const double sent = time.seconds();
    while (!ended && time.seconds() < sent + 120)
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    if (!ended) ::kill(child, SIGKILL);
  });
  int status = 0;
  rusage usage{};
  ::wait4(child, &status, 0, &usage);
  ended = true;
  watch.join();

  Process run;
  run.seconds = time.seconds();
  run.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  run.out = read(scratch.file("out"));
  run.err = without_progress(read(scratch.file("err")));
  run.peak_kib = usage.ru_maxrss;
  return run;
}

std::string source_file(const std::string& name) {
  return std::string(EVAX_SOURCE_DIR) + "/" + name;
}

std::string shared_file(const std::string& name) {
  return std::string(EVAX_SHARED_DIR) + "/" + name;
}

Folder::Folder() {
  std::string pattern = (fs::temp_directory_path() / "evax-e2e-XXXXXX").string();
  path_ = ::mkdtemp(pattern.data());
}

Folder::~Folder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

std::vector<std::string> Folder::names() const {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(path_)) names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

void write(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

std::string read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string page_json(const std::string& html) {
  const std::string begin = "<script id=\"page\" type=\"application/json\">";
  const size_t at = html.find(begin) + begin.size();
  return html.substr(at, html.find("</script>", at) - at);
}

std::vector<std::vector<std::string>> read_csv(const std::string& text) {
  std::vector<std::vector<std::string>> rows;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::vector<std::string>& row = rows.emplace_back();
    std::istringstream fields(line);
    for (std::string field; std::getline(fields, field, ',');) row.push_back(field);
  }
  return rows;
}

}  // namespace evax::e2e
