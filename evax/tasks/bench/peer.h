#pragma once

#include <memory>
#include <string>
#include <vector>

#include "evax/core/file.h"
#include "evax/weights/model_file.h"

namespace evax::tasks {

/// The tools that measure other engines: tools/bench_peers.py and its Python, found above the
/// running program (never above the current folder, which may be anybody's); the ONNX file that two
/// of the engines read is made once and removed with this object. Throws Error when
/// tools/bench-peers.sh has not been run.
class PeerTools {
 public:
  /// For the model file `path`; with 8-bit weights the peers get the dequantized ones.
  PeerTools(const weights::ModelFile& model, const std::string& path);

  /// The command line of a worker for one of engines().
  std::vector<std::string> worker(const std::string& engine) const;
  /// Every engine in each of its modes; those in bf16 where the CPU has it.
  static std::vector<std::string> engines(bool bf16);

 private:
  std::string onnx_file() const { return folder_.path() + "/m.onnx"; }

  std::string python_, script_, model_;
  TemporaryFolder folder_;
};

/// Another inference engine in a process of its own, driven line by line; the protocol is at the
/// top of tools/bench_peers.py. Errors of the worker become Error.
class Peer {
 public:
  explicit Peer(const std::vector<std::string>& command);
  ~Peer();
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  const std::string& name() const { return name_; }
  const std::string& precision() const { return precision_; }  // fp32, bf16 or int8
  /// Starts a run; result() waits for it and gives images per second.
  void start(size_t batch, size_t threads, double seconds);
  double result();

 private:
  std::string read_line();

  int socket_ = -1;
  int process_ = -1;
  std::string name_, precision_, buffered_;
};

}  // namespace evax::tasks
