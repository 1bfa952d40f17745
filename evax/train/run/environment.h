#pragma once

#include <optional>
#include <string>

namespace evax::train {

/// Which process of a training this is, as its launcher says.
struct Launch {
  std::string launcher;  // "torchrun", "MPI" or "Slurm"
  int rank = 0, ranks = 1, local_rank = 0;
  std::string master_address;
  int master_port = 29500;
  bool agent_holds_store = false;  // torchrun listens at the port itself
  std::string store_prefix;        // of this attempt, when it does
};

/// From torchrun's variables, else OpenMPI's, else Slurm's (mpirun inside a Slurm job sets both);
/// nothing for a process of its own. Without MASTER_ADDR the processes are taken to be on one
/// machine where the launcher says so. Throws Error naming the variable that contradicts.
std::optional<Launch> launch_from_environment();

}  // namespace evax::train
