#include "evax/engine/cpu.h"

#include <gtest/gtest.h>
#if defined(__x86_64__) && defined(__linux__)
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "evax/core/error.h"
#include "evax/engine/choice.h"
#include "evax/engine/kernels/kernels.h"
#include "evax/engine/model.h"

namespace evax::engine {
namespace {

// The cap is read once, so each value needs a process of its own: the child of a death test.
void exit_with_kernel_name(const char* isa) {
  setenv("EVAX_MAX_ISA", isa, 1);
  try {
    const Kernels kernels = select_kernels(Precision::fp32);
    std::fprintf(stderr, "[%s] int8 [%s] bf16 %d amx %d", kernels.gemm->name,
                 kernels.gemm_int8->name, has_bf16(), has_amx());
  } catch (const Error& error) {
    std::fprintf(stderr, "%s", error.what());
  }
  std::exit(0);
}

class CpuDeathTest : public ::testing::Test {
 protected:
  void SetUp() override { GTEST_FLAG_SET(death_test_style, "fast"); }
};

#if defined(__x86_64__)
TEST_F(CpuDeathTest, CapChoosesTheKernels) {
  EXPECT_EXIT(exit_with_kernel_name("scalar"), ::testing::ExitedWithCode(0), "\\[SCALAR|EMU128");
  EXPECT_EXIT(exit_with_kernel_name("sse4"), ::testing::ExitedWithCode(0),
              "\\[SSE4\\] int8 \\[SSE4\\] bf16 0");
  if (__builtin_cpu_supports("avx2")) {
    EXPECT_EXIT(exit_with_kernel_name("avx2"), ::testing::ExitedWithCode(0),
                "\\[AVX2\\] int8 \\[AVX2\\] bf16 0");
  }
  if (__builtin_cpu_supports("avxvnni")) {
    EXPECT_EXIT(exit_with_kernel_name("avx_vnni"), ::testing::ExitedWithCode(0),
                "\\[AVX2\\] int8 \\[AVX-VNNI\\] bf16 0");
  }
  if (__builtin_cpu_supports("avx512bw")) {
    EXPECT_EXIT(exit_with_kernel_name("avx512"), ::testing::ExitedWithCode(0),
                "\\[AVX3\\] int8 .* bf16 0");
  }
  if (__builtin_cpu_supports("avx512vnni")) {
    EXPECT_EXIT(exit_with_kernel_name("avx512_vnni"), ::testing::ExitedWithCode(0),
                "\\[AVX3(_DL)?\\] int8 \\[AVX-512-VNNI\\] bf16 0");
  }
  if (__builtin_cpu_supports("avx512bf16")) {
    EXPECT_EXIT(exit_with_kernel_name("avx512_bf16"), ::testing::ExitedWithCode(0),
                "\\] bf16 1 amx 0");
    EXPECT_EXIT(exit_with_kernel_name("amx"), ::testing::ExitedWithCode(0), "\\] bf16 1 amx [01]");
  }
}
#endif

#if defined(__x86_64__) && defined(__linux__)
// As a container or a virtual machine may.
void forbid_arch_prctl() {
  sock_filter rules[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_arch_prctl, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog filter{std::size(rules), rules};
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) std::_Exit(2);
}

TEST_F(CpuDeathTest, TilesThatTheSystemRefusesAreNotUsed) {
  std::ifstream file("/proc/cpuinfo");
  const std::string cpu{std::istreambuf_iterator<char>(file), {}};
  if (cpu.find("amx_bf16") == std::string::npos) GTEST_SKIP() << "this CPU has no AMX";
  const auto run = [] {
    setenv("EVAX_MAX_ISA", "native", 1);
    forbid_arch_prctl();
    std::fprintf(stderr, "amx %d, bf16 on %s: %s", has_amx(),
                 select_kernels(Precision::bf16).gemm->name, kernels().c_str());
    std::exit(0);
  };
  EXPECT_EXIT(run(), ::testing::ExitedWithCode(0),
              "amx 0, bf16 on AVX-512-BF16: .*this CPU has AMX, but the operating system");
}
#endif

TEST_F(CpuDeathTest, UnknownCapIsNamed) {
  EXPECT_EXIT(exit_with_kernel_name("avx3000"), ::testing::ExitedWithCode(0),
              "EVAX_MAX_ISA: expected .*found 'avx3000'");
}

TEST(Cpu, DescribesItself) {
  EXPECT_FALSE(cpu_features().empty());
  EXPECT_NE(kernels().find("fp32: "), std::string::npos);
  EXPECT_NE(kernels().find("\nauto: "), std::string::npos);
}

TEST(Cpu, AutomaticPrecisionRunsHere) {
  const PrecisionChoice& choice = automatic_precision();
  EXPECT_FALSE(choice.reason.empty());
  if (has_amx()) {
    EXPECT_EQ(choice.precision, Precision::bf16);
  } else if (!has_bf16()) {
    EXPECT_EQ(choice.precision, Precision::fp32);
  }
  EXPECT_NE(choice.precision, Precision::automatic);
}

}  // namespace
}  // namespace evax::engine
