#include "evax/train/run/environment.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>

#include "evax/core/error.h"

namespace evax::train {
namespace {

class Environment : public ::testing::Test {
 protected:
  using Variables = std::map<std::string, std::string>;

  // The tests that follow in this process shall meet no launcher.
  void TearDown() override { clear(); }

  static void clear() {
    for (const char* name :
         {"RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT", "SLURM_PROCID",
          "SLURM_NTASKS", "SLURM_LOCALID", "SLURM_NNODES", "OMPI_COMM_WORLD_RANK",
          "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_RANK", "OMPI_COMM_WORLD_LOCAL_SIZE",
          "TORCHELASTIC_USE_AGENT_STORE", "TORCHELASTIC_RESTART_COUNT"})
      ::unsetenv(name);
  }
  // What is found with these variables and no others that matter.
  static std::optional<Launch> launch(const Variables& variables) {
    clear();
    for (const auto& [name, value] : variables) ::setenv(name.c_str(), value.c_str(), 1);
    return launch_from_environment();
  }
  static void expect_refused(const Variables& variables, const std::string& part) {
    try {
      launch(variables);
      ADD_FAILURE() << "accepted; expected " << part;
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
    }
  }
};

TEST_F(Environment, WithoutALauncherThereIsOneProcess) { EXPECT_FALSE(launch({})); }

TEST_F(Environment, TorchrunIsUnderstood) {
  const auto found = launch({{"RANK", "3"},
                             {"WORLD_SIZE", "8"},
                             {"LOCAL_RANK", "1"},
                             {"MASTER_ADDR", "node1"},
                             {"MASTER_PORT", "4711"},
                             {"TORCHELASTIC_USE_AGENT_STORE", "True"},
                             {"TORCHELASTIC_RESTART_COUNT", "2"}});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->rank, 3);
  EXPECT_EQ(found->ranks, 8);
  EXPECT_EQ(found->local_rank, 1);
  EXPECT_EQ(found->master_address, "node1");
  EXPECT_EQ(found->master_port, 4711);
  EXPECT_TRUE(found->agent_holds_store);
  EXPECT_EQ(found->store_prefix, "/worker/attempt_2");
}

TEST_F(Environment, MpiInsideSlurmIsMpi) {
  const auto found = launch({{"SLURM_PROCID", "0"},
                             {"SLURM_NTASKS", "2"},
                             {"OMPI_COMM_WORLD_RANK", "1"},
                             {"OMPI_COMM_WORLD_SIZE", "2"},
                             {"OMPI_COMM_WORLD_LOCAL_RANK", "1"},
                             {"OMPI_COMM_WORLD_LOCAL_SIZE", "2"}});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->launcher, "MPI");
  EXPECT_EQ(found->rank, 1);
  EXPECT_EQ(found->master_address, "127.0.0.1");
  EXPECT_EQ(found->master_port, 29500);
  EXPECT_FALSE(found->agent_holds_store);
}

TEST_F(Environment, SlurmIsUnderstood) {
  const auto variables = [](const std::string& nodes, const std::string& host) {
    return Variables{{"SLURM_PROCID", "5"},
                     {"SLURM_NTASKS", "6"},
                     {"SLURM_LOCALID", "2"},
                     {"SLURM_NNODES", nodes},
                     {"MASTER_ADDR", host}};
  };
  EXPECT_EQ(launch(variables("1", ""))->rank, 5);
  EXPECT_EQ(launch(variables("1", ""))->local_rank, 2);
  EXPECT_EQ(launch(variables("1", ""))->master_address, "127.0.0.1");
  EXPECT_EQ(launch(variables("2", "node1"))->master_address, "node1");
  expect_refused(variables("2", ""), "MASTER_ADDR: expected the host of rank 0");
}

TEST_F(Environment, ContradictionsAreNamed) {
  expect_refused({{"RANK", "0"}}, "RANK: expected together with WORLD_SIZE");
  expect_refused({{"WORLD_SIZE", "2"}}, "WORLD_SIZE: expected together with RANK");
  const std::string host = "127.0.0.1";
  expect_refused({{"RANK", "2"}, {"WORLD_SIZE", "2"}, {"MASTER_ADDR", host}},
                 "RANK: expected a number from 0 to 1, found '2'");
  expect_refused({{"RANK", "one"}, {"WORLD_SIZE", "2"}, {"MASTER_ADDR", host}}, "found 'one'");
  expect_refused({{"RANK", "1"}, {"WORLD_SIZE", "2"}}, "MASTER_ADDR");
  expect_refused(
      {{"RANK", "1"}, {"WORLD_SIZE", "2"}, {"MASTER_ADDR", host}, {"MASTER_PORT", "70000"}},
      "MASTER_PORT: expected a number from 1 to 65535, found '70000'");
}

}  // namespace
}  // namespace evax::train
