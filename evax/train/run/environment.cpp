#include "evax/train/run/environment.h"

#include <charconv>
#include <cstdlib>

#include "evax/core/error.h"

namespace evax::train {
namespace {

// The variable, or nothing when it is unset or empty.
std::optional<std::string> text(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr || *value == '\0') return std::nullopt;
  return value;
}

int number(const std::string& name, int low, int high) {
  const std::string value = text(name).value_or("");
  int result = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), result);
  if (error != std::errc() || end != value.data() + value.size() || result < low || result > high)
    fail("{}: expected a number from {} to {}, found '{}'", name, low, high, value);
  return result;
}

struct Variables {
  std::string launcher, rank, ranks, local_rank;
};

const Variables launchers[] = {
    {"torchrun", "RANK", "WORLD_SIZE", "LOCAL_RANK"},
    {"MPI", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_RANK"},
    {"Slurm", "SLURM_PROCID", "SLURM_NTASKS", "SLURM_LOCALID"}};

// Whether the launcher says that every process is on this machine.
bool one_machine(const Variables& names, int ranks) {
  if (names.launcher == "MPI") return text("OMPI_COMM_WORLD_LOCAL_SIZE") == std::to_string(ranks);
  if (names.launcher == "Slurm") return text("SLURM_NNODES") == "1";
  return false;
}

Launch launch_of(const Variables& names) {
  constexpr int most = 1 << 20;
  Launch launch{.launcher = names.launcher,
                .ranks = number(names.ranks, 1, most),
                .master_address = text("MASTER_ADDR").value_or(""),
                .store_prefix = ""};
  launch.rank = number(names.rank, 0, launch.ranks - 1);
  if (text(names.local_rank)) launch.local_rank = number(names.local_rank, 0, launch.ranks - 1);
  if (text("MASTER_PORT")) launch.master_port = number("MASTER_PORT", 1, 65535);
  if (launch.master_address.empty() && one_machine(names, launch.ranks))
    launch.master_address = "127.0.0.1";
  if (launch.ranks > 1 && launch.master_address.empty())
    fail("MASTER_ADDR: expected the host of rank 0, since {} is {}, found nothing", names.ranks,
         launch.ranks);
  launch.agent_holds_store = text("TORCHELASTIC_USE_AGENT_STORE") == "True";
  if (launch.agent_holds_store)
    launch.store_prefix = "/worker/attempt_" + text("TORCHELASTIC_RESTART_COUNT").value_or("0");
  return launch;
}

}  // namespace

std::optional<Launch> launch_from_environment() {
  for (const Variables& names : launchers) {
    const bool rank = text(names.rank).has_value(), ranks = text(names.ranks).has_value();
    if (rank && ranks) return launch_of(names);
    if (rank || ranks)
      if (names.launcher == "torchrun")
        fail("{}: expected together with {}, found alone", rank ? names.rank : names.ranks,
             rank ? names.ranks : names.rank);
  }
  return std::nullopt;
}

}  // namespace evax::train
