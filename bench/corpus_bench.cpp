// Deciding on the images of a corpus as large as Merged520k: hashes alone, no images.
//
//     cmake --build build --target evax_corpus_bench && build/bin/evax_corpus_bench
//
// Bits are drawn so that two hashes meet in a band as often as those of 1,165 real X-rays do
// (1.7e-5 of all pairs, five times as often as even bits would). One in a hundred is a copy of
// another.

#include <benchmark/benchmark.h>

#include <random>

#include "evax/data/corpus/decide.h"

namespace evax::data {
namespace {

constexpr size_t images = 520'000, tests = 30'000;
constexpr double one = 0.656;

std::vector<Mark> draw(size_t count, std::mt19937_64& random) {
  std::bernoulli_distribution bit(one);
  std::vector<Mark> marks(count);
  for (Mark& mark : marks) {
    mark.pixels = {random(), random(), 0, 0};
    mark.hash.emplace();
    for (uint64_t& word : *mark.hash)
      for (int i = 0; i < 64; ++i) word = 2 * word + (bit(random) ? 1 : 0);
    const Mark& other = marks[random() % (&mark - marks.data() + 1)];
    if (random() % 100 == 0 && other.hash) mark.hash = other.hash;
  }
  return marks;
}

void decide_520k(benchmark::State& state) {
  std::mt19937_64 random(0);
  const std::vector<Mark> corpus = draw(images, random), held_out = draw(tests, random);
  const std::vector<uint32_t> patients(images);
  const Candidates candidates{corpus, patients, held_out, std::vector<bool>(tests)};
  const DecideOptions options{.test_distance = near_identical,
                              .duplicate_distance = static_cast<int>(state.range(0))};
  ThreadPool pool(1);
  for (auto _ : state) benchmark::DoNotOptimize(decide(candidates, options, pool));
}
BENCHMARK(decide_520k)
    ->Arg(compressed_copy)
    ->Arg(near_identical)
    ->Unit(benchmark::kSecond)
    ->MeasureProcessCPUTime();

}  // namespace
}  // namespace evax::data

BENCHMARK_MAIN();
