#include "evax/tasks/bench/peer.h"

#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "evax/core/error.h"
#include "evax/core/json.h"

extern char** environ;

namespace evax::tasks {
namespace {

namespace fs = std::filesystem;

constexpr const char* script_name = "tools/bench_peers.py";
constexpr const char* python_name = ".venv-bench/bin/python";

// The repository that holds both, above `start`; empty when there is none.
fs::path repository_above(fs::path start) {
  while (true) {
    if (fs::exists(start / script_name) && fs::exists(start / python_name)) return start;
    if (start == start.parent_path()) return {};
    start = start.parent_path();
  }
}

// A child whose standard input is `input` and whose standard output is `output` (-1: as ours).
pid_t spawn(const std::vector<std::string>& command, int input, int output) {
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  if (input >= 0) posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output >= 0 ? output : STDERR_FILENO, STDOUT_FILENO);
  pid_t process = -1;
  const int error =
      posix_spawn(&process, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) fail("{}: cannot be started: {}", command[0], std::strerror(error));
  return process;
}

int wait_for(pid_t process) {
  int status = 0;
  while (waitpid(process, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

}  // namespace

PeerTools::PeerTools(const weights::ModelFile& model, const std::string& path) : model_(path) {
  std::error_code no_link;
  const fs::path program = fs::read_symlink("/proc/self/exe", no_link);
  const fs::path root = no_link ? fs::path() : repository_above(program.parent_path());
  if (root.empty())
    fail("--peers needs {} and {} of the evax repository above this program; run {} there",
         script_name, python_name, "tools/bench-peers.sh");
  python_ = (root / python_name).string();
  script_ = (root / script_name).string();
  if (model.metadata.quantization) {
    weights::ModelFile decoded = model;
    decoded.metadata.quantization.reset();
    model_ = folder_.path() + "/m.safetensors";
    weights::save_model(model_, decoded);
  }
  const int status = wait_for(spawn({python_, script_, model_, "export", onnx_file()}, -1, -1));
  if (status != 0) fail("{}: {} could not export it to ONNX", path, script_name);
}

std::vector<std::string> PeerTools::engines(bool bf16) {
  std::vector<std::string> names{"onnxruntime", "onnxruntime:int8", "openvino", "openvino:int8",
                                 "pytorch"};
  if (bf16) names.insert(names.end(), {"openvino:bf16", "pytorch:bf16"});
  return names;
}

std::vector<std::string> PeerTools::worker(const std::string& engine) const {
  return {python_, script_, model_, "serve", engine, onnx_file()};
}

Peer::Peer(const std::vector<std::string>& command) {
  int ends[2];
  // One socket is the worker's input and output; ours is closed in every other child.
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    fail("cannot make a socket pair: {}", std::strerror(errno));
  socket_ = ends[0];
  try {
    process_ = spawn(command, ends[1], ends[1]);
  } catch (...) {
    close(ends[0]);
    close(ends[1]);
    throw;
  }
  close(ends[1]);
  const auto hello = parse_json(read_line(), command[4]);
  if (!hello.is_object() || !hello.contains("ready")) fail("{}: does not answer", command[4]);
  name_ = hello["ready"].get<std::string>();
  precision_ = hello.value("precision", "fp32");
}

Peer::~Peer() {
  close(socket_);
  wait_for(process_);
}

void Peer::start(size_t batch, size_t threads, double seconds) {
  const std::string line = fmt::format("run {} {} {}\n", batch, threads, seconds);
  send(socket_, line.data(), line.size(), MSG_NOSIGNAL);  // a dead worker shows in result()
}

double Peer::result() {
  const auto answer = parse_json(read_line(), name_);
  if (answer.is_object() && answer.contains("error"))
    fail("{}: {}", name_, answer["error"].get<std::string>());
  if (!answer.is_object() || !answer.contains("images")) fail("{}: stopped answering", name_);
  return answer["images"].get<double>() / answer["seconds"].get<double>();
}

std::string Peer::read_line() {
  while (true) {
    if (const size_t end = buffered_.find('\n'); end != std::string::npos) {
      std::string line = buffered_.substr(0, end);
      buffered_.erase(0, end + 1);
      return line;
    }
    char bytes[4096];
    const ssize_t count = recv(socket_, bytes, sizeof bytes, 0);
    if (count <= 0) fail("{}: stopped answering", name_);
    buffered_.append(bytes, static_cast<size_t>(count));
  }
}

}  // namespace evax::tasks
