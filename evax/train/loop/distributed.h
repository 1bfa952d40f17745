#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <vector>

namespace evax::train {

/// The processes of one training, started by torchrun, Slurm or MPI; a single process without them.
/// Every collective throws Error within the time-out when a rank has died.
class Distributed {
 public:
  /// From RANK, WORLD_SIZE, LOCAL_RANK, MASTER_ADDR, MASTER_PORT (torchrun); SLURM_PROCID,
  /// SLURM_NTASKS, SLURM_LOCALID; OMPI_COMM_WORLD_*. CPU tensors travel through Gloo, over
  /// GLOO_SOCKET_IFNAME where it is set and the loopback interface where MASTER_ADDR is local; CUDA
  /// tensors (gpu) through NCCL where LibTorch's headers for it were there at build time, else
  /// Gloo. Throws Error (port in use, unreachable master, contradictory variables).
  static std::unique_ptr<Distributed> from_environment(bool gpu, double timeout_seconds);
  ~Distributed();

  int rank() const;
  int ranks() const;
  int local_rank() const;
  bool first() const { return rank() == 0; }

  /// Sums in place over all ranks. float32, float64 or int64.
  void sum(at::Tensor& tensor);
  /// Rank 0's bytes, everywhere.
  void broadcast(at::Tensor& tensor);
  /// Every rank's rows (same row shape, different counts), in rank order, on every rank.
  at::Tensor gather_rows(const at::Tensor& rows);
  void barrier();

  /// From now on backward() over these parameters adds up gradients over the ranks through c10d's
  /// Reducer, overlapping with the computation; the sum, not the mean. Each of them must get a
  /// gradient in every backward that reduces; those that require none are left out. backward()
  /// then throws Error when a rank is lost.
  void reduce_gradients_of(const std::vector<at::Tensor>& parameters);
  /// Before every forward whose backward is to reduce (false: a micro-step that only accumulates).
  /// A backward that reduces takes what the micro-steps before it accumulated along.
  void prepare(bool reduce);

 private:
  struct State;
  explicit Distributed(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace evax::train
