#include "evax/train/loop/distributed.h"

#include <c10/util/Logging.h>

#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#include <torch/csrc/distributed/c10d/reducer.hpp>
#ifdef USE_C10D_NCCL
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>
#endif

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>

#include "evax/core/error.h"
#include "evax/train/run/environment.h"

namespace evax::train {
namespace {

using c10d::ProcessGroup;
using Milliseconds = std::chrono::milliseconds;

// What a message of LibTorch or Gloo says, without its source line, advice and C++ stack.
std::string reason(const std::exception& error) {
  const auto* torch_error = dynamic_cast<const c10::Error*>(&error);
  std::string text = torch_error ? torch_error->what_without_backtrace() : error.what();
  if (text.starts_with('[')) text.erase(0, text.find("] ") + 2);
  return text.substr(0, std::min(text.find('\n'), text.find(". This is typically")));
}

// While it lives, c10d does not log; what it would say comes as an exception, too.
class QuietC10d {
 public:
  QuietC10d() { FLAGS_caffe2_log_level = 3; }
  ~QuietC10d() { FLAGS_caffe2_log_level = before_; }
  QuietC10d(const QuietC10d&) = delete;
  QuietC10d& operator=(const QuietC10d&) = delete;

 private:
  int before_ = FLAGS_caffe2_log_level;
};

// Runs a collective operation; whatever LibTorch throws becomes one sentence.
template <typename Operation>
auto together(int rank, const char* what, const Operation& operation) {
  try {
    return operation();
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    fail("rank {}: another process of the training was lost or does not answer ({}: {})", rank,
         what, reason(error));
  }
}

// c10d's own hook, without its division by the number of ranks.
class SumHook : public c10d::CppCommHookInterface<c10::intrusive_ptr<ProcessGroup>> {
 public:
  explicit SumHook(const c10::intrusive_ptr<ProcessGroup>& group) : CppCommHookInterface(group) {}

  c10::intrusive_ptr<c10::ivalue::Future> runHook(c10d::GradBucket& bucket) override {
    return together(state_->getRank(), "gradients", [&] {
      std::vector<at::Tensor> tensors{bucket.getBufferRef()};
      const auto result = state_->allreduce(tensors)->getFuture();
      return result->then(
          [rank = state_->getRank()](c10::ivalue::Future& done) {
            return together(rank, "gradients", [&] { return done.value(); });
          },
          c10::ListType::ofTensors());
    });
  }
};

c10::intrusive_ptr<c10d::Store> meet(const Launch& launch, Milliseconds timeout) {
  c10d::TCPStoreOptions options;
  options.port = static_cast<uint16_t>(launch.master_port);
  options.isServer = launch.rank == 0 && !launch.agent_holds_store;
  options.numWorkers = launch.ranks;
  options.waitWorkers = !launch.agent_holds_store;
  options.timeout = timeout;
  const QuietC10d quiet;
  try {
    c10::intrusive_ptr<c10d::Store> store =
        c10::make_intrusive<c10d::TCPStore>(launch.master_address, options);
    if (!launch.agent_holds_store) return store;
    return c10::make_intrusive<c10d::PrefixStore>(launch.store_prefix, std::move(store));
  } catch (const std::exception& error) {
    const std::string why = reason(error);
    if (why.find("EADDRINUSE") != std::string::npos)
      fail("MASTER_PORT: expected a free port, found {} in use", launch.master_port);
    fail("{} processes should connect to {}:{} (from {}'s variables), but did not within {} s: {}",
         launch.ranks, launch.master_address, launch.master_port, launch.launcher,
         static_cast<double>(timeout.count()) / 1000, why);
  }
}

bool is_local(const std::string& host) {
  return host == "localhost" || host.starts_with("127.") || host == "::1";
}

c10::intrusive_ptr<c10d::Backend> make_gloo(const c10::intrusive_ptr<c10d::Store>& store,
                                            const Launch& launch, Milliseconds timeout) {
  using c10d::ProcessGroupGloo;
  const auto options = ProcessGroupGloo::Options::create(timeout);
  const char* interface = std::getenv("GLOO_SOCKET_IFNAME");
  options->devices = {interface != nullptr ? ProcessGroupGloo::createDeviceForInterface(interface)
                      : is_local(launch.master_address)
                          ? ProcessGroupGloo::createDeviceForHostname(launch.master_address)
                          : ProcessGroupGloo::createDefaultDevice()};
  return c10::make_intrusive<ProcessGroupGloo>(store, launch.rank, launch.ranks, options);
}

c10::intrusive_ptr<ProcessGroup> make_group(const Launch& launch, bool gpu, Milliseconds timeout) {
  const auto store = meet(launch, timeout);
  return together(launch.rank, "start", [&] {
    auto group = c10::make_intrusive<ProcessGroup>(store, launch.rank, launch.ranks);
    const auto gloo =
        make_gloo(c10::make_intrusive<c10d::PrefixStore>("gloo", store), launch, timeout);
    group->setBackend(c10::kCPU, ProcessGroup::BackendType::GLOO, gloo);
    group->setDefaultBackend(ProcessGroup::BackendType::GLOO);
    if (!gpu) return group;
#ifdef USE_C10D_NCCL
    const auto options = c10d::ProcessGroupNCCL::Options::create();
    options->timeout = timeout;
    group->setBackend(c10::kCUDA, ProcessGroup::BackendType::NCCL,
                      c10::make_intrusive<c10d::ProcessGroupNCCL>(
                          c10::make_intrusive<c10d::PrefixStore>("nccl", store), launch.rank,
                          launch.ranks, options));
#else
    group->setBackend(c10::kCUDA, ProcessGroup::BackendType::GLOO, gloo);
#endif
    return group;
  });
}

}  // namespace

struct Distributed::State {
  Launch launch;
  c10::intrusive_ptr<ProcessGroup> group;  // none: a single process
  std::unique_ptr<c10d::Reducer> reducer;
};

Distributed::Distributed(std::unique_ptr<State> state) : state_(std::move(state)) {}
Distributed::~Distributed() = default;

std::unique_ptr<Distributed> Distributed::from_environment(bool gpu, double timeout_seconds) {
  auto state = std::make_unique<State>();
  state->launch = launch_from_environment().value_or(Launch{});
  const Milliseconds timeout(std::llround(timeout_seconds * 1000));
  if (state->launch.ranks > 1) state->group = make_group(state->launch, gpu, timeout);
  return std::unique_ptr<Distributed>(new Distributed(std::move(state)));
}

int Distributed::rank() const { return state_->launch.rank; }
int Distributed::ranks() const { return state_->launch.ranks; }
int Distributed::local_rank() const { return state_->launch.local_rank; }

void Distributed::sum(at::Tensor& tensor) {
  if (!state_->group) return;
  together(rank(), "sum", [&] {
    std::vector<at::Tensor> tensors{tensor};
    state_->group->allreduce(tensors)->wait();
  });
}

void Distributed::broadcast(at::Tensor& tensor) {
  if (!state_->group) return;
  together(rank(), "broadcast", [&] {
    std::vector<at::Tensor> tensors{tensor};
    state_->group->broadcast(tensors)->wait();
  });
}

at::Tensor Distributed::gather_rows(const at::Tensor& rows) {
  if (!state_->group) return rows;
  // Through the CPU: Gloo gathers nothing else, and what is gathered are the scores of an
  // evaluation. Every rank sends as many rows as the longest, since backends gather equal shapes.
  const at::Tensor own = rows.cpu().contiguous();
  at::Tensor counts = at::zeros(ranks(), at::kLong);
  counts[rank()] = own.size(0);
  sum(counts);
  auto shape = own.sizes().vec();
  shape[0] = counts.max().item<int64_t>();
  at::Tensor padded = at::zeros(shape, own.options());
  padded.narrow(0, 0, own.size(0)).copy_(own);
  std::vector<std::vector<at::Tensor>> gathered(1);
  for (int i = 0; i < ranks(); ++i) gathered[0].push_back(at::empty_like(padded));
  together(rank(), "gather", [&] {
    std::vector<at::Tensor> input{padded};
    state_->group->allgather(gathered, input)->wait();
  });
  for (int i = 0; i < ranks(); ++i)
    gathered[0][i] = gathered[0][i].narrow(0, 0, counts[i].item<int64_t>());
  return at::cat(gathered[0]).to(rows.device());
}

void Distributed::barrier() {
  at::Tensor nothing = at::zeros(1);
  sum(nothing);
}

void Distributed::reduce_gradients_of(const std::vector<at::Tensor>& parameters) {
  if (!state_->group) return;
  std::vector<at::Tensor> trained;
  for (const at::Tensor& parameter : parameters)
    if (parameter.requires_grad()) trained.push_back(parameter);
  together(rank(), "parameters", [&] {
    c10d::verify_params_across_processes(state_->group, trained, {});
    auto [buckets, limits] = c10d::compute_bucket_assignment_by_size(
        trained, {c10d::kDefaultFirstBucketBytes, c10d::kDefaultBucketBytesCap});
    // Gradients come last layer first.
    std::reverse(buckets.begin(), buckets.end());
    std::reverse(limits.begin(), limits.end());
    state_->reducer = std::make_unique<c10d::Reducer>(
        trained, buckets, state_->group, std::vector<bool>(trained.size(), false),
        c10d::kDefaultBucketBytesCap, /*find_unused_parameters=*/false,
        /*gradient_as_bucket_view=*/false, std::unordered_map<size_t, std::string>{},
        c10d::kDefaultFirstBucketBytes, /*skip_all_reduce_unused_params=*/false,
        /*use_python_reducer=*/false, std::vector<int64_t>{});
    state_->reducer->register_comm_hook(std::make_unique<SumHook>(state_->group));
  });
}

void Distributed::prepare(bool reduce) {
  if (!state_->reducer || !reduce) return;
  together(rank(), "gradients", [&] {
    state_->reducer->rebuild_buckets();
    state_->reducer->prepare_for_backward({});
  });
}

}  // namespace evax::train
