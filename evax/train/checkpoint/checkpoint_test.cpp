#include "evax/train/checkpoint/checkpoint.h"

#include <ATen/Functions.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "evax/core/error.h"
#include "evax/core/file.h"

namespace evax::train {
namespace {

namespace fs = std::filesystem;

class Checkpoints : public ::testing::Test {
 protected:
  const fs::path run_ =
      fs::path(::testing::TempDir()) / ("evax_checkpoint_" + std::to_string(::getpid()));
  const fs::path folder_ = run_ / "checkpoints";

  void SetUp() override { fs::create_directories(run_); }
  void TearDown() override { fs::remove_all(run_); }

  static Checkpoint example(double value) {
    return {{{"model.weight", at::full({3, 4}, value)},
             {"optimizer.exp_avg.weight", at::full({3, 4}, value, at::kDouble)},
             {"ema.scalar", at::full({}, static_cast<int64_t>(value), at::kLong)}},
            {{"epoch", value}, {"best", 0.5}}};
  }
  void save(int64_t step) const { save_checkpoint(run_, step, example(static_cast<double>(step))); }
  fs::path path(int64_t step) const {
    return folder_ / fmt::format("step_{:08}.safetensors", step);
  }
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_))
      names.push_back(entry.path().filename());
    std::sort(names.begin(), names.end());
    return names;
  }
  // Loads the newest and gives the step it is from, -1 when there is none.
  double loaded() const {
    Checkpoint checkpoint = example(0);
    if (!load_newest_checkpoint(run_, checkpoint)) return -1;
    const double value = checkpoint.state.at("epoch");
    EXPECT_EQ(checkpoint.state.at("best"), 0.5);
    for (const auto& [name, tensor] : checkpoint.tensors)
      EXPECT_TRUE((tensor == value).all().item<bool>()) << name;
    return value;
  }
};

TEST_F(Checkpoints, ComeBackAsTheyWere) {
  EXPECT_EQ(loaded(), -1);
  save(7);
  EXPECT_EQ(loaded(), 7);
}

TEST_F(Checkpoints, TheLastTwoAreKept) {
  for (const int64_t step : {5, 10, 15, 20}) save(step);
  EXPECT_EQ(files(),
            (std::vector<std::string>{"step_00000015.safetensors", "step_00000020.safetensors"}));
  EXPECT_EQ(loaded(), 20);
  save(17);  // a rewound training: what lies ahead is dropped
  EXPECT_EQ(files(),
            (std::vector<std::string>{"step_00000015.safetensors", "step_00000017.safetensors"}));
}

TEST_F(Checkpoints, ADamagedOneIsPassedOver) {
  save(5);
  save(10);
  const auto whole = fs::file_size(path(10));
  for (const auto size : {whole - 1, whole / 2, uintmax_t{5}, uintmax_t{0}}) {
    fs::resize_file(path(10), size);
    EXPECT_EQ(loaded(), 5) << size;
  }
  fs::resize_file(path(10), whole);  // zeros, as after a power loss
  EXPECT_EQ(loaded(), 5);
  fs::resize_file(path(5), 9);
  EXPECT_THROW(loaded(), Error);
}

TEST_F(Checkpoints, AnotherTrainingsTensorsAreRefused) {
  save(5);
  const auto refused = [&](Checkpoint other, const std::string& part) {
    const at::Tensor first = other.tensors[0].second.clone();
    try {
      load_newest_checkpoint(run_, other);
      ADD_FAILURE() << "accepted; expected " << part;
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
    }
    EXPECT_TRUE(first.equal(other.tensors[0].second)) << "half-loaded";
  };
  Checkpoint other = example(0);
  other.tensors[2].second = at::zeros(2, at::kLong);
  refused(other, "'ema.scalar' to be I64 [2], found I64 []");
  other = example(0);
  other.tensors[1].second = at::zeros({3, 4});
  refused(other, "to be F32 [3, 4], found F64 [3, 4]");
  other = example(0);
  other.tensors.emplace_back("model.bias", at::zeros(3));
  refused(other, "expected 'model.bias', found nothing");
  other = example(0);
  other.tensors.pop_back();
  refused(other, "found 'ema.scalar', which this training does not have");
}

TEST_F(Checkpoints, LeftoversOfKilledProcessesAreRemoved) {
  save(5);
  write_file(folder_ / "step_00000010.safetensors.123.0.tmp", "half");
  write_file(folder_ / "notes.txt", "mine");
  EXPECT_EQ(loaded(), 5);
  EXPECT_EQ(files(), (std::vector<std::string>{"notes.txt", "step_00000005.safetensors"}));
}

// A limit on the size of files stands for the full disk.
TEST_F(Checkpoints, AFullDiskLeavesTheOlderOnesWhole) {
  save(5);
  save(10);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit full{fs::file_size(path(10)) - 1, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &full), 0);
  std::string message;
  try {
    save(15);
  } catch (const Error& error) {
    message = error.what();
  }
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, handler);
  EXPECT_NE(message.find("step_00000015.safetensors: cannot write"), std::string::npos) << message;
  EXPECT_EQ(files(),
            (std::vector<std::string>{"step_00000005.safetensors", "step_00000010.safetensors"}));
  EXPECT_EQ(loaded(), 10);
}

// kill -9 while saving, again and again: what is found is always whole and never older than what
// was reported as saved.
TEST_F(Checkpoints, AKillWhileSavingHarmsNothing) {
  for (int attempt = 0; attempt < 8; ++attempt) {
    const double first = std::max(0.0, loaded());
    int report[2];
    ASSERT_EQ(::pipe(report), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      for (auto step = static_cast<int64_t>(first) + 1;; ++step) {
        save(step);
        if (::write(report[1], &step, sizeof(step)) != sizeof(step)) ::_exit(1);
      }
    }
    ::close(report[1]);
    int64_t saved = 0;
    for (int i = 0; i <= attempt; ++i)
      ASSERT_EQ(::read(report[0], &saved, sizeof(saved)), static_cast<ssize_t>(sizeof(saved)));
    ::usleep(static_cast<useconds_t>(137 * attempt));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    while (::read(report[0], &saved, sizeof(saved)) > 0) {
    }
    ::close(report[0]);
    EXPECT_GE(loaded(), static_cast<double>(saved));
    EXPECT_LE(files().size(), 3U);
  }
}

}  // namespace
}  // namespace evax::train
