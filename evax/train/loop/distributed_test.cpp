#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

namespace evax::train {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using Variables = std::map<std::string, std::string>;

// A listening socket of the loopback interface.
class Listener {
 public:
  Listener() : descriptor_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(::bind(descriptor_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(descriptor_, 1), 0);
    EXPECT_EQ(::getsockname(descriptor_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
  }
  ~Listener() { ::close(descriptor_); }
  std::string port() const { return std::to_string(port_); }

 private:
  int descriptor_;
  int port_ = 0;
};

std::string free_port() { return Listener().port(); }

std::string content(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

// A started testing/rank.cpp; killed with the object.
class Process {
 public:
  Process(const std::string& scenario, const Variables& variables, const std::string& seconds)
      : output_(fs::path(::testing::TempDir()) /
                ("evax_rank_" + std::to_string(::getpid()) + "_" + std::to_string(counter++))) {
    id_ = ::fork();
    if (id_ != 0) return;
    for (const char* name : {"RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT"})
      ::unsetenv(name);
    for (const auto& [name, value] : variables) ::setenv(name.c_str(), value.c_str(), 1);
    ::setenv("OMP_NUM_THREADS", "1", 1);
    const bool redirected = std::freopen((output_.string() + ".out").c_str(), "w", stdout) &&
                            std::freopen((output_.string() + ".err").c_str(), "w", stderr);
    if (redirected)
      ::execl(EVAX_TRAIN_RANK, "train_rank", scenario.c_str(), seconds.c_str(), nullptr);
    ::_exit(127);
  }
  ~Process() {
    if (!ended_) ::kill(id_, SIGKILL);
    wait();
    fs::remove(output_.string() + ".out");
    fs::remove(output_.string() + ".err");
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  /// The exit code, or 128 + the signal.
  int wait() {
    if (!ended_) ::waitpid(id_, &status_, 0);
    ended_ = true;
    return WIFEXITED(status_) ? WEXITSTATUS(status_) : 128 + WTERMSIG(status_);
  }
  Json json() const { return Json::parse(content(output_.string() + ".out"), nullptr, false); }
  std::string errors() const { return content(output_.string() + ".err"); }

 private:
  static inline int counter = 0;
  fs::path output_;
  pid_t id_ = -1;
  int status_ = 0;
  bool ended_ = false;
};

Variables torchrun(int rank, const std::string& port) {
  return {{"RANK", std::to_string(rank)},
          {"WORLD_SIZE", "2"},
          {"MASTER_ADDR", "127.0.0.1"},
          {"LOCAL_RANK", std::to_string(rank)},
          {"MASTER_PORT", port}};
}

// One line and no other, which says `part`.
void expect_sentence(const Process& process, const std::string& part) {
  const std::string text = process.errors();
  EXPECT_TRUE(text.starts_with("error: ")) << text;
  EXPECT_EQ(text.find('\n'), text.size() - 1) << text;
  EXPECT_NE(text.find(part), std::string::npos) << text;
}

TEST(Distributed, CollectivesReachEveryRank) {
  const std::string port = free_port();
  Process first("collectives", torchrun(0, port), "20"),
      second("collectives", torchrun(1, port), "20");
  ASSERT_EQ(first.wait(), 0) << first.errors();
  ASSERT_EQ(second.wait(), 0) << second.errors();
  int rank = 0;
  for (const Process* process : {&first, &second}) {
    const Json found = process->json();
    EXPECT_EQ(found["rank"], rank);
    EXPECT_EQ(found["local_rank"], rank++);
    EXPECT_EQ(found["ranks"], 2);
    EXPECT_EQ(found["floats"], Json({2, 2, 2}));
    EXPECT_EQ(found["count"], (int64_t{1} << 40) + (int64_t{1} << 41));
    EXPECT_EQ(found["exact"], 0.1 + 0.2);
    EXPECT_EQ(found["first"], Json({7, 7}));
    EXPECT_EQ(found["gathered_shape"], Json({2, 3}));
    EXPECT_EQ(found["gathered"], Json({1, 1, 1, 1, 1, 1}));
  }
}

TEST(Distributed, GradientsAreThoseOfOneProcess) {
  const std::string port = free_port();
  Process alone("gradients", {}, "20"), first("gradients", torchrun(0, port), "20"),
      second("gradients", torchrun(1, port), "20");
  ASSERT_EQ(alone.wait(), 0) << alone.errors();
  ASSERT_EQ(first.wait(), 0) << first.errors();
  ASSERT_EQ(second.wait(), 0) << second.errors();
  const Json expected = alone.json();
  EXPECT_EQ(first.json(), second.json());
  ASSERT_EQ(expected.size(), 3U);
  for (const auto& [name, values] : expected.items()) {
    const double norm = values[0];
    EXPECT_GT(norm, 0.1) << name;
    for (size_t i = 0; i < values.size(); ++i)
      EXPECT_NEAR(first.json()[name][i].get<double>(), values[i].get<double>(), 2e-5 * norm)
          << name << " " << i;
  }
}

// 60 images are judged on: three batches, of which the second rank gets one.
TEST(Distributed, TheProbeIsThatOfOneProcess) {
  const std::string port = free_port();
  Process alone("probe", {}, "20"), first("probe", torchrun(0, port), "20"),
      second("probe", torchrun(1, port), "20");
  ASSERT_EQ(alone.wait(), 0) << alone.errors();
  ASSERT_EQ(first.wait(), 0) << first.errors();
  ASSERT_EQ(second.wait(), 0) << second.errors();
  EXPECT_EQ(first.json(), alone.json());
  EXPECT_EQ(second.json(), alone.json());
  EXPECT_GT(alone.json()["probe/linear_auc"], 0.5);
  EXPECT_GT(alone.json()["probe/feature_rank"], 2);
}

TEST(Distributed, ASingleProcessNeedsNoOthers) {
  Process alone("collectives", {}, "1");
  ASSERT_EQ(alone.wait(), 0) << alone.errors();
  EXPECT_EQ(alone.json()["ranks"], 1);
  EXPECT_EQ(alone.json()["floats"], Json({0.5, 0.5, 0.5}));
  EXPECT_EQ(alone.json()["gathered_shape"], Json({0, 3}));
}

TEST(Distributed, ALostRankEndsTheOthers) {
  for (const std::string scenario : {"lost", "lost backward"}) {
    const std::string port = free_port();
    Process first(scenario, torchrun(0, port), "10"), second(scenario, torchrun(1, port), "10");
    EXPECT_EQ(second.wait(), 9) << second.errors();
    EXPECT_EQ(first.wait(), 1) << scenario;
    expect_sentence(first, "rank 0: another process of the training was lost");
  }
}

TEST(Distributed, ARankThatHangsEndsTheOthersAtTheTimeOut) {
  const std::string port = free_port();
  Process first("hangs", torchrun(0, port), "5"), second("hangs", torchrun(1, port), "5");
  EXPECT_EQ(first.wait(), 1);
  expect_sentence(first, "rank 0: another process of the training was lost");
}

TEST(Distributed, AnUnreachableMasterIsOneSentence) {
  const std::string port = free_port();
  Process second("collectives", torchrun(1, port), "2");
  EXPECT_EQ(second.wait(), 1);
  expect_sentence(second, "127.0.0.1:" + port);
}

TEST(Distributed, AMissingRankIsOneSentence) {
  const std::string port = free_port();
  Process first("collectives", torchrun(0, port), "2");
  EXPECT_EQ(first.wait(), 1);
  expect_sentence(first, "2 processes should connect to 127.0.0.1:" + port);
}

TEST(Distributed, APortInUseIsOneSentence) {
  const Listener other;
  Process first("collectives", torchrun(0, other.port()), "5");
  EXPECT_EQ(first.wait(), 1);
  expect_sentence(first, "MASTER_PORT: expected a free port, found " + other.port() + " in use");
}

}  // namespace
}  // namespace evax::train
